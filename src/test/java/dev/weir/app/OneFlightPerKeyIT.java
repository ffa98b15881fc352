package dev.weir.app;

import static dev.weir.testing.Turn.answer;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.stream;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Identical calls at the same time ask a provider once. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OneFlightPerKeyIT {
  private static final AtomicInteger TOPICS = new AtomicInteger();
  private static final int CALLS = Integer.getInteger("weir.test.flight", 1_000);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private TestDatabase database;
  private FakeProvider fake;
  private RunningWeir weir;
  private String key;

  @BeforeAll
  void start(TestDatabase given) {
    database = given;
    // As many calls as the crowd makes, and not one more.
    database.execute(
        "INSERT INTO tiers (name, calls_per_month, calls_per_day, usd_per_month) VALUES ('crowded',"
            + " ?, ?, 5)",
        CALLS,
        CALLS);
    fake = FakeProvider.start();
    weir = RunningWeir.start(database, fake, "WEIR_CACHE_MODE", "on", "WEIR_CACHE_PATIENCE", "5s");
    key = weir.serviceKey();
  }

  @AfterAll
  void stop() {
    client.close();
    weir.close();
    fake.close();
  }

  private static ObjectNode question() {
    var body = RunningWeir.chatBody("perplexity/sonar", false);
    ((ObjectNode) body.withArray("messages").get(0))
        .put("content", "What is flight " + TOPICS.incrementAndGet() + "?");
    return body;
  }

  private CompletableFuture<HttpResponse<String>> call(ObjectNode body, String... headers) {
    var request =
        weir.request(weir.api("/v1/chat/completions"))
            .setHeader("authorization", "Bearer " + key)
            .setHeader("x-weir-user", "crowd")
            .setHeader("x-weir-cache-control", "use");
    for (var i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return client.sendAsync(
        request.POST(HttpRequest.BodyPublishers.ofString(body.toString())).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String cache(HttpResponse<String> reply) {
    return reply.statusCode() + " " + reply.headers().firstValue("x-weir-cache").orElse("none");
  }

  /** So many calls wait for the answer of another. */
  private void awaitWaiting(int calls) {
    Eventually.until(
        calls + " wait for the leader's answer", () -> weir.meter("weir_cache_waiting") == calls);
  }

  @Test
  void aThousandCallsAtOnceMakeOneRequestUseAUnitEachAndAreBilledOnce() {
    database.execute("INSERT INTO users (user_id, tier) VALUES ('thousand', 'crowded')");
    fake.then(answer("One for all.").after(Duration.ofMillis(800)));
    var before = fake.requests().size();
    var body = question().toString();

    var counts = Crowd.call(weir.api("/v1/chat/completions"), key, "thousand", CALLS, body);

    assertThat(counts).containsEntry("200 miss", 1).containsKey("200 coalesced");
    assertThat(counts.keySet()).isSubsetOf("200 miss", "200 coalesced", "200 hit");
    assertThat(counts.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(CALLS);
    assertThat(fake.requests()).hasSize(before + 1);
    Eventually.until(
        "every call has its record",
        () ->
            database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'thousand' AND"
                        + " error_code IS NULL")
                == CALLS);
    assertThat(
            database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'thousand' AND cost_usd > 0"
                    + " AND cache_status = 'miss'"))
        .as("the leader's cost, once")
        .isEqualTo(1);
    assertThat(
            database.value(
                "SELECT sum(usd_settled) - (SELECT sum(cost_usd) FROM ai_usage_metrics WHERE"
                    + " user_id = 'thousand') FROM user_quotas WHERE subject_kind = 'user' AND"
                    + " subject_id = 'thousand'"))
        .asInstanceOf(InstanceOfAssertFactories.BIG_DECIMAL)
        .as("and all that was settled")
        .isZero();
    Eventually.until(
        "as many units are used",
        () ->
            database.count(
                    "SELECT sum(calls_used) FROM user_quotas WHERE subject_kind = 'user' AND"
                        + " subject_id = 'thousand'")
                == CALLS);
    var oneMore = Crowd.call(weir.api("/v1/chat/completions"), key, "thousand", 1, body);
    assertThat(oneMore.keySet()).singleElement().asString().startsWith("429 ").contains("QUOTA");
  }

  @Test
  void aLeadersDeadlineLetsTheNextOneLead() {
    var body = question();
    fake.then(answer("Too late.").after(Duration.ofSeconds(20))).then(answer("In time."));
    var before = fake.requests().size();

    var leader = call(body, "x-weir-timeout-ms", "1500");
    Eventually.until("the leader has asked", () -> fake.requests().size() == before + 1);
    var follower = call(body);

    assertThat(leader.join().statusCode()).isEqualTo(504);
    assertThat(cache(follower.join())).isEqualTo("200 miss");
    assertThat(follower.join().body()).contains("In time.");
    assertThat(fake.requests()).hasSize(before + 2);
  }

  @Test
  void aLeaderThatGoesAwayLetsTheNextOneLead() {
    var body = question();
    fake.then(answer("To nobody.").after(Duration.ofSeconds(20))).then(answer("To who stayed."));
    var before = fake.requests().size();

    var leader = call(body);
    Eventually.until("the leader has asked", () -> fake.requests().size() == before + 1);
    var follower = call(body);
    awaitWaiting(1);
    leader.cancel(true);

    assertThat(follower.join().body()).contains("To who stayed.");
  }

  @Test
  void aFollowerKeepsItsOwnDeadlineAndTheOthersGoOn() {
    var body = question();
    var gate = new CompletableFuture<Void>();
    fake.then(answer("For the patient.").once(gate));
    var before = fake.requests().size();

    var leader = call(body);
    Eventually.until("the leader has asked", () -> fake.requests().size() == before + 1);
    var hasty = call(body, "x-weir-timeout-ms", "100");
    var patient = call(body);

    assertThat(hasty.join().statusCode()).isEqualTo(504);
    awaitWaiting(1);
    gate.complete(null);
    assertThat(cache(leader.join())).isEqualTo("200 miss");
    assertThat(cache(patient.join())).isEqualTo("200 coalesced");
    assertThat(fake.requests()).hasSize(before + 1);
  }

  @Test
  void anErrorOfTheProviderIsEveryonesAndAskedForOnce() {
    var body = question();
    var gate = new CompletableFuture<Void>();
    fake.then(status(400).errorCode("invalid_request").once(gate));
    var before = fake.requests().size();

    var leader = call(body);
    Eventually.until("the leader has asked", () -> fake.requests().size() == before + 1);
    var follower = call(body);
    awaitWaiting(1);
    gate.complete(null);

    assertThat(leader.join().statusCode()).isGreaterThanOrEqualTo(400);
    assertThat(follower.join().statusCode()).isEqualTo(leader.join().statusCode());
    assertThat(fake.requests()).hasSize(before + 1);
  }

  @Test
  void whoeverWaitsForAStreamGetsItWholeOrAsAStream() {
    var body = question();
    var gate = new CompletableFuture<Void>();
    fake.then(stream("Weirs ", "hold ", "water.").drip(Duration.ofMillis(100)).once(gate));
    var before = fake.requests().size();

    var leader = call(body.deepCopy().put("stream", true));
    Eventually.until("the leader has asked", () -> fake.requests().size() == before + 1);
    var whole = call(body);
    var streamed = call(body.deepCopy().put("stream", true));
    awaitWaiting(2);
    gate.complete(null);

    assertThat(leader.join().body()).contains("hold");
    assertThat(whole.join().body()).contains("Weirs hold water.");
    assertThat(cache(whole.join())).isEqualTo("200 coalesced");
    assertThat(streamed.join().body()).contains("Weirs hold water.").endsWith("data: [DONE]\n\n");
    assertThat(fake.requests()).hasSize(before + 1);
  }
}
