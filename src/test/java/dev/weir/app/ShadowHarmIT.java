package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a candidate does to callers, and what the end of a node does to a candidate: nothing. */
@ExtendWith(TestDatabase.Extension.class)
class ShadowHarmIT {
  private static final String FUNCTION = "job-analysis";

  private TestDatabase database;
  private FakeProvider fake;
  private Management weir;
  private boolean open;

  @BeforeEach
  void start(TestDatabase given) {
    database = given;
    database.execute("DELETE FROM shadow_pairs");
    database.execute("UPDATE shadow_runs SET status = 'deleted'");
    database.execute("DELETE FROM prompt_labels");
    fake = FakeProvider.start();
    weir = new Management(RunningWeir.start(database, fake));
    open = true;
  }

  @AfterEach
  void stop() {
    if (open) {
      weir.close();
    }
    fake.close();
  }

  private String serving() {
    return weir.weir().get("/v1/functions/" + FUNCTION).json().at("/data/version").asText();
  }

  private String version(ObjectNode changes) {
    var body = Json.object().put("base", serving());
    body.set("changes", changes);
    var made = weir.post("/api/prompts/" + FUNCTION + "/versions", body.toString());
    assertThat(made.status()).as(made.raw().body()).isEqualTo(201);
    return made.json().path("version").asText();
  }

  private void serve(String version) {
    var moved =
        weir.put(
            "/api/prompts/" + FUNCTION + "/labels/production",
            Json.object().put("version", version).toString());
    assertThat(moved.status()).as(moved.raw().body()).isEqualTo(200);
    Eventually.until("it is served", () -> serving().equals(version));
  }

  private void begin(String name, String version) {
    var started =
        weir.post(
            "/api/shadows",
            Json.object()
                .put("name", name)
                .put("function", FUNCTION)
                .put("version", version)
                .put("share", 1)
                .put("usd_per_month", 10)
                .toString());
    assertThat(started.status()).as(started.raw().body()).isEqualTo(201);
  }

  private static ObjectNode of(String model) {
    var changes = Json.object().put("model", model);
    changes.putArray("fallbacks");
    changes.withObject("/retry").put("max_attempts", 1);
    return changes;
  }

  private static ObjectNode warmer(ObjectNode changes) {
    changes.withObject("/parameters").put("temperature", 0.77);
    return changes;
  }

  @Test
  void aCandidateThatFailsClosesNoBreakerToCallers() {
    serve(version(of("sandbox/slow-1ms")));
    begin("failing", version(of("openai/gpt-5-mini")));
    fake.always(Turn.status(500));
    for (var n = 1; n <= 12; n++) {
      var pairs = n;
      assertThat(weir.weir().callFunction(FUNCTION).status()).isEqualTo(200);
      Eventually.until(
          "the copy has failed",
          () -> database.count("SELECT count(*) FROM shadow_pairs") == pairs);
    }

    assertThat(
            database.count(
                "SELECT count(*) FROM shadow_pairs WHERE shadow_outcome = 'PROVIDER_ERROR'"))
        .isEqualTo(12);
    assertThat(weir.get("/api/breakers").raw().body()).doesNotContain("OPEN", "HALF_OPEN");
  }

  @Test
  void aCallersShortTimeIsTheCandidatesToo() {
    serve(version(of("sandbox/slow-1500ms")));
    begin("short", version(warmer(of("sandbox/slow-1500ms"))));
    // Both accounts have their leases once each has called.
    assertThat(weir.weir().callFunction(FUNCTION).status()).isEqualTo(200);
    Eventually.until("a pair", () -> database.count("SELECT count(*) FROM shadow_pairs") == 1);
    var body = Json.object();
    body.set("input", weir.weir().example(FUNCTION));
    body.putObject("options").put("cache", "off").put("timeout_ms", 1_000);

    assertThat(weir.weir().callFunction(FUNCTION, body).status()).isEqualTo(504);

    Eventually.until(
        "the other pair", () -> database.count("SELECT count(*) FROM shadow_pairs") == 2);
    assertThat(
            database.count(
                "SELECT count(*) FROM shadow_pairs WHERE live_outcome = 'TIMEOUT' AND"
                    + " shadow_outcome = 'TIMEOUT'"))
        .isEqualTo(1);
  }

  @Test
  void copiesUnderWayWhenANodeGoesDownLeaveTheirRecordsAndSayNothingOfTheCandidate() {
    serve(version(of("sandbox/slow-1ms")));
    begin("down", version(of("openai/gpt-5-mini")));
    fake.always(Turn.hang());
    for (var n = 0; n < 4; n++) {
      assertThat(weir.weir().callFunction(FUNCTION).status()).isEqualTo(200);
    }
    Eventually.until("four copies are under way", () -> fake.requests().size() == 4);

    open = false;
    weir.close();

    assertThat(database.count("SELECT count(*) FROM shadow_pairs")).isZero();
    assertThat(
            database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id LIKE 'weir-shadow.down.%'"))
        .isEqualTo(4);
    assertThat(
            database.count(
                "SELECT count(*) FROM user_quotas WHERE subject_id LIKE 'weir-shadow.down.%' AND"
                    + " usd_held > 0"))
        .isZero();
  }
}
