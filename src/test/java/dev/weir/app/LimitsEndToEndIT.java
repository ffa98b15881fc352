package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import dev.weir.testing.Turn;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Limits as a caller and an administrator meet them, in one running Weir and in four. */
@ExtendWith(TestDatabase.Extension.class)
class LimitsEndToEndIT {
  private static final String DIFFERENCES =
      """
      SELECT count(*) FROM user_quotas q
      WHERE q.subject_kind = 'user' AND (
        q.usd_settled <> (SELECT coalesce(sum(cost_usd), 0) FROM ai_usage_metrics u
          WHERE u.user_id = q.subject_id AND u.billing_month = q.billing_month)
        OR q.usd_held <> 0)\
      """;

  @Test
  void aLimitIsSetSpentToldAndExplained(TestDatabase database) {
    database.execute("DELETE FROM subject_limits");
    database.execute("DELETE FROM api_rate_limits");
    try (var weir = RunningWeir.sandboxed(database)) {
      var set = admin(weir, "PUT", "/api/limits/user/demo", "{\"limits\": {\"calls_per_day\": 3}}");
      assertThat(set.status()).as(set.raw().body()).isEqualTo(200);
      assertThat(set.json().path("own_limits").path("calls_per_day").asInt()).isEqualTo(3);

      var first = weir.callFunction("linkedin-post");
      weir.callFunction("linkedin-post");
      weir.callFunction("linkedin-post");
      var over = weir.callFunction("linkedin-post");

      assertThat(first.status()).as(first.raw().body()).isEqualTo(200);
      assertThat(first.header("x-ratelimit-limit-requests")).isEqualTo("3");
      assertThat(first.header("x-ratelimit-remaining-requests")).isEqualTo("2");
      assertThat(first.header("x-ratelimit-policy")).isEqualTo("user;calls;day");
      assertThat(over.status()).isEqualTo(429);
      assertThat(over.header("x-should-retry")).isEqualTo("false");
      assertThat(over.header("x-ratelimit-remaining-requests")).isEqualTo("0");
      assertThat(over.json().path("error").path("code").asText()).isEqualTo("QUOTA_EXCEEDED");

      var standing = weir.get("/v1/limits").json().path("subjects").get(0);
      assertThat(standing.path("calls_per_day").path("used").asInt()).isEqualTo(3);
      var why = admin(weir, "GET", "/api/refusals/" + over.header("x-request-id"), "");
      assertThat(why.json().path("code").asText()).isEqualTo("QUOTA_EXCEEDED");
      assertThat(why.json().path("reason").path("details").path("allowed").asInt()).isEqualTo(3);
      assertThat(
              database.count(
                  "SELECT sum(refusals) FROM admission_refusals WHERE function_name ="
                      + " 'linkedin-post' AND code = 'QUOTA_EXCEEDED'"))
          .isEqualTo(1);
    }
    assertThat(database.count(DIFFERENCES)).as("quota tables that differ from the rows").isZero();
    assertThat(dayUsed(database)).isEqualTo(3);
  }

  /** The ledger would be asked for it again and again, and nothing else with it. */
  @Test
  void aLookAtSomebodyWhoCannotBeIsRefusedAndHoldsUpNobody(TestDatabase database) {
    database.execute("DELETE FROM subject_limits");
    database.execute("DELETE FROM api_rate_limits");
    try (var weir = RunningWeir.sandboxed(database)) {
      var looked = admin(weir, "GET", "/api/limits/user/" + "x".repeat(256), "");

      assertThat(looked.status()).as(looked.raw().body()).isEqualTo(400);
      assertThat(weir.callFunction("linkedin-post").status()).isEqualTo(200);
    }
  }

  @Test
  void absurdLimitsAndUnknownTiersAreRefused(TestDatabase database) {
    try (var weir = RunningWeir.sandboxed(database)) {
      assertThat(
              admin(weir, "PUT", "/api/limits/user/x", "{\"limits\": {\"calls_per_day\": -1}}")
                  .status())
          .isEqualTo(400);
      assertThat(
              admin(weir, "PUT", "/api/limits/user/x", "{\"limits\": {\"calls_per_week\": 1}}")
                  .status())
          .isEqualTo(400);
      assertThat(admin(weir, "PUT", "/api/limits/user/x", "{\"tier\": \"gold\"}").status())
          .isEqualTo(404);
      assertThat(admin(weir, "PUT", "/api/tiers/gold", "{\"calls_per_day\": 1e30}").status())
          .isEqualTo(400);
      assertThat(
              admin(weir, "PUT", "/api/tiers/gold", "{\"calls_per_day\": 7, \"usd_per_month\": 1}")
                  .status())
          .isEqualTo(200);
      assertThat(
              admin(weir, "PUT", "/api/limits/user/x", "{\"tier\": \"gold\"}")
                  .json()
                  .path("calls_per_day")
                  .path("limit")
                  .asInt())
          .isEqualTo(7);
    }
  }

  @Test
  void aTierWithAFieldThatNobodyKnowsKeepsItsLimits(TestDatabase database) {
    try (var weir = RunningWeir.sandboxed(database)) {
      assertThat(admin(weir, "PUT", "/api/tiers/silver", "{\"calls_per_day\": 7}").status())
          .isEqualTo(200);

      // As a subject's limits are set: taken for a tier, it would have had none any more.
      var nested = admin(weir, "PUT", "/api/tiers/silver", "{\"limits\": {\"calls_per_day\": 9}}");
      var misspelt = admin(weir, "PUT", "/api/limits/user/x", "{\"tier\": \"pro\", \"limit\": {}}");

      assertThat(nested.status()).isEqualTo(400);
      assertThat(nested.raw().body()).contains("'limits' is not a field of this request");
      assertThat(misspelt.status()).isEqualTo(400);
      assertThat(database.count("SELECT calls_per_day FROM tiers WHERE name = 'silver'"))
          .isEqualTo(7);
    }
  }

  @Test
  void aSaturatedNodeShedsCallsButNeitherProbesNorTheAdminApi(TestDatabase database)
      throws Exception {
    database.execute("DELETE FROM subject_limits");
    database.execute("DELETE FROM api_rate_limits");
    try (var fake = FakeProvider.start().always(Turn.hang());
        var weir = RunningWeir.start(database, fake, "WEIR_LIMITS_OVERLOAD_MAX_CALLS", "1");
        var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var first = callers.submit(() -> weir.chat("perplexity/sonar", false));
      fake.awaitRequest();

      var shed = weir.chat("perplexity/sonar", false);

      assertThat(shed.status()).isEqualTo(503);
      assertThat(shed.json().path("error").path("code").asText()).isEqualTo("overloaded");
      assertThat(shed.header("retry-after")).isEqualTo("1");
      assertThat(weir.management("/livez").status()).isEqualTo(200);
      assertThat(weir.management("/metrics").raw().body()).contains("weir_overload_shed 1.0");
      assertThat(admin(weir, "GET", "/api/tiers", "").status()).isEqualTo(200);
      assertThat(first.isDone()).isFalse();
      first.cancel(true);
    }
  }

  @Test
  void fourProcessesAdmitExactlyTheLimit(TestDatabase database, @TempDir Path data)
      throws Exception {
    var calls = Integer.getInteger("weir.test.calls", 400);
    var nodes = new ArrayList<WeirProcess>();
    try (var callers = Executors.newFixedThreadPool(64)) {
      for (var i = 0; i < 4; i++) {
        nodes.add(
            WeirProcess.launch(
                data.resolve("node-" + i),
                Map.of(
                    "WEIR_DATABASE_URL",
                    database.url(),
                    "WEIR_DATABASE_MIGRATION_URL",
                    database.administratorUrl().withPassword())));
      }
      nodes.forEach(WeirProcess::up);
      database.execute("DELETE FROM subject_limits");
      database.execute("DELETE FROM api_rate_limits");
      database.execute("INSERT INTO subject_limits VALUES ('user', 'demo', 'calls', 'day', 20)");

      var statuses = new ArrayList<Future<Integer>>();
      for (var i = 0; i < calls; i++) {
        var node = nodes.get(i % 4);
        statuses.add(callers.submit(() -> chat(node)));
      }
      var codes = new ArrayList<Integer>();
      for (var status : statuses) {
        codes.add(status.get());
      }

      assertThat(codes.stream().filter(code -> code == 200)).hasSize(20);
      assertThat(codes).containsOnly(200, 429);
      nodes.forEach(node -> node.signal("TERM"));
      nodes.forEach(WeirProcess::awaitEnd);
      assertThat(dayUsed(database)).isEqualTo(20);
      assertThat(database.count(DIFFERENCES)).isZero();
    } finally {
      nodes.forEach(WeirProcess::close);
    }
  }

  /** Who is told that the database is away, as a machine that is busy enough says, asks again. */
  private static int chat(WeirProcess node) {
    var code = new AtomicInteger();
    Eventually.until(
        "the database is there",
        () -> {
          code.set(node.chat("perplexity/sonar"));
          return code.get() != 503;
        });
    return code.get();
  }

  private static long dayUsed(TestDatabase database) {
    return database.count(
        "SELECT coalesce(sum(b), 0) FROM api_rate_limits, unnest(buckets) AS b WHERE subject_kind ="
            + " 'user' AND subject_id = 'demo'");
  }

  private static RunningWeir.Got admin(RunningWeir weir, String verb, String path, String body) {
    return weir.send(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + weir.weir().ports().management() + path))
            .header("authorization", "Bearer " + weir.key("WEIR_ADMIN_KEY"))
            .header("content-type", "application/json")
            .method(
                verb,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build());
  }
}
