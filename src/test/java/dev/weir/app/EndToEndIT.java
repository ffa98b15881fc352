package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.agentFailed;
import static dev.weir.testing.Turn.hang;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.stream;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The whole service through its sockets, as an application sees it. */
@ExtendWith(TestDatabase.Extension.class)
class EndToEndIT {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "resume-generation",
        "job-analysis",
        "interview-prep",
        "linkedin-post",
        "cover-letter"
      })
  void everyShippedFunctionAnswersItsOwnExampleWithoutAKey(String name, TestDatabase database) {
    try (var weir = RunningWeir.sandboxed(database)) {
      var got = weir.callFunction(name);

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      assertThat(got.json().path("success").asBoolean()).isTrue();
      assertThat(got.json().path("data").isObject()).isTrue();
      assertThat(got.json().path("meta").path("provider").asText()).isEqualTo("sandbox");
    }
  }

  @Test
  void aCallLeavesOneRowWithItsTokensAndItsCost(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(agentCompleted("Hello you.").tokens(1_000, 200));

      var got = weir.chat("perplexity/sonar", false);

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      var row = row(weir, database, got.header("x-request-id"));
      assertThat(row)
          .containsEntry("status", "ok")
          .containsEntry("door", "chat")
          .containsEntry("provider", "perplexity")
          .containsEntry("prompt_tokens", 1_000L)
          .containsEntry("completion_tokens", 200L)
          .containsEntry("estimated", false)
          // 997 x 0.25, 3 cached x 0.0625 and 200 x 2.50 dollars per million, and one search
          .containsEntry("cost_usd", new BigDecimal("0.005749438"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ", \"usage\": null",
        ", \"usage\": \"much\"",
        ", \"usage\": {\"prompt_tokens\": -7, \"completion_tokens\": 3}",
        ", \"usage\": {\"prompt_tokens\": 1e18, \"completion_tokens\": 3}",
        ", \"usage\": {\"prompt_tokens\": \"12\", \"completion_tokens\": 3}"
      })
  void usageThatCannotBeLeavesARowThatIsEstimated(String usage, TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(
          status(200)
              .body(
                  """
                  {"id": "c", "object": "chat.completion", "model": "gpt-5-mini", "choices": [{"index": 0,
                   "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}]%s}\
                  """
                      .formatted(usage)));

      var got = weir.chat("openai/gpt-5-mini", false);

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      var row = row(weir, database, got.header("x-request-id"));
      assertThat(row).containsEntry("estimated", true).containsEntry("status", "ok");
      assertThat((Long) row.get("prompt_tokens")).isBetween(1L, 100L);
      assertThat((BigDecimal) row.get("cost_usd")).isPositive();
    }
  }

  @Test
  void aModelWithoutAPriceAndAFigureThatDiffersAreSeen(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake, "WEIR_LIMITS_MODE", "off")) {
      weir.chat("openai/unheard-of", false);
      weir.chat("perplexity/sonar", false);

      var metrics = weir.management("/metrics").raw().body();
      assertThat(metrics)
          .contains(
              "weir_unpriced_attempts_total{model=\"openai/unheard-of\",provider=\"openai\"} 1.0",
              "weir_cost_differences_total{model=\"perplexity/sonar\",provider=\"perplexity\"}");
      Eventually.until(
          "the row without a cost",
          () ->
              database.count(
                      "SELECT count(*) FROM ai_usage_metrics WHERE model = 'openai/unheard-of' AND"
                          + " cost_usd IS NULL")
                  == 1);
      Eventually.until(
          "ours and theirs",
          () ->
              database.count(
                      "SELECT count(*) FROM cost_differences WHERE model = 'perplexity/sonar' AND"
                          + " provider_cost_usd > 0 AND difference_usd = cost_usd -"
                          + " provider_cost_usd")
                  == 1);
    }
  }

  @Test
  void brokenJsonInProseIsRepairedAndTold(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      var sandboxed = RunningWeir.sandboxed(database);
      var good = sandboxed.callFunction("linkedin-post").json().path("data").toString();
      sandboxed.close();
      var broken =
          "Sure! Here you are:\n```json\n" + good.substring(0, good.length() - 1) + ",}\n```";
      fake.then(agentCompleted(broken));

      var got = weir.callFunction("linkedin-post");

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      assertThat(got.json().path("data")).isEqualTo(Json.parse(good));
      assertThat(got.json().path("meta").path("repairs")).isNotEmpty();
    }
  }

  @Test
  void anOutageIsRetriedWithinTheCallAndBilledOnce(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(status(503)).then(agentFailed("server_error")).then(agentCompleted("At last."));

      var got = weir.chat("perplexity/sonar", false);

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      assertThat(fake.requests()).hasSize(3);
      assertThat(row(weir, database, got.header("x-request-id"))).containsEntry("retry_count", 2);
    }
  }

  @Test
  void aMistakeThatTheProviderFindsIsNotRetried(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(status(400));

      var got = weir.chat("perplexity/sonar", false);

      assertThat(got.status()).isEqualTo(400);
      assertThat(fake.requests()).hasSize(1);
      assertThat(row(weir, database, got.header("x-request-id")))
          .containsEntry("status", "error")
          .containsEntry("error_code", "INVALID_REQUEST");
    }
  }

  @Test
  void aHangingProviderIsLeftAtTheDeadlineAndTheConnectionReset(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      // Its time is for the provider: leases and connections are there by then.
      weir.chat("perplexity/sonar", false);
      fake.always(hang());
      var body = Json.object();
      body.set("input", weir.example("linkedin-post"));
      body.putObject("options").put("timeout_ms", 2_000);

      var got = weir.callFunction("linkedin-post", body);

      assertThat(got.status()).isEqualTo(504);
      assertThat(got.json().path("error").path("code").asText()).isEqualTo("TIMEOUT");
      fake.awaitReset();
      var row = row(weir, database, got.header("x-request-id"));
      assertThat(row).containsEntry("error_code", "TIMEOUT").containsEntry("estimated", true);
      assertThat((BigDecimal) row.get("cost_usd")).isPositive();
    }
  }

  private static final String BROKEN_POST =
      "Sure! Here it is:\n{'post': 'Fewer tests, safer releases, and nobody misses them.',"
          + " 'hashtags': ['testing',], alternative_openings: ['We deleted tests.'],"
          + " 'image_idea': None";

  @Test
  void brokenJsonIsMendedToldAndCounted(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(agentCompleted(BROKEN_POST));

      var got = weir.callFunction("linkedin-post");

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      assertThat(got.json().at("/data/hashtags/0").asText()).isEqualTo("testing");
      assertThat(got.json().at("/meta/repairs").valueStream().map(JsonNode::asText))
          .anyMatch(line -> line.startsWith("quote_style: "))
          .anyMatch(line -> line.startsWith("trailing_comma: "))
          .anyMatch(line -> line.startsWith("truncated: "));
      assertThat(weir.management("/metrics").raw().body())
          .contains(
              "weir_output_repairs_total{kind=\"trailing_comma\"} 1.0",
              "weir_outputs_total{function=\"linkedin-post\",outcome=\"rescued\"} 1.0");
    }
  }

  @Test
  void aStreamShowsItsValueGrowingAndTellsAtItsEndWhatWasMended(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(agentCompleted(BROKEN_POST));
      var body = Json.object().put("stream", true);
      body.set("input", weir.example("linkedin-post"));
      body.putObject("options").put("partial", true);

      var got = weir.callFunction("linkedin-post", body);

      var events = List.of(got.raw().body().split("\n\n"));
      assertThat(events).anyMatch(e -> e.startsWith("event: partial\ndata: {\"post\":\""));
      assertThat(events.get(events.size() - 2))
          .startsWith("event: result\n")
          .contains("\"hashtags\":[\"testing\"]");
      assertThat(events.getLast())
          .startsWith("event: meta\n")
          .contains("\"repairs\":[\"", "truncated: ");
    }
  }

  @Test
  void aStreamArrivesPieceByPieceAndEndsAsOpenAisDo(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(stream("Hel", "lo"));

      var got = weir.chat("openai/gpt-5-mini", true);

      assertThat(got.header("content-type")).startsWith("text/event-stream");
      assertThat(text(got.raw().body())).isEqualTo("Hello");
      assertThat(got.raw().body().lines())
          .contains("data: [DONE]")
          .noneMatch(line -> line.startsWith("data:") && line.contains("\"usage\""));
      var row = row(weir, database, got.header("x-request-id"));
      assertThat(row).containsEntry("streamed", true).containsEntry("status", "ok");
      assertThat((Long) row.get("completion_tokens")).isPositive();
      assertThat(row).containsEntry("estimated", false);
    }
  }

  @Test
  void sonarKeepsTheShapeThatItsCallersKnew(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(agentCompleted("Paris.").sources("https://example.org/paris"));

      var got = weir.chat("sonar", false);

      assertThat(got.json().at("/choices/0/message/content").asText()).isEqualTo("Paris.");
      assertThat(got.json().path("citations").get(0).asText())
          .isEqualTo("https://example.org/paris");
      assertThat(got.json().path("search_results").get(0).path("url").asText())
          .isEqualTo("https://example.org/paris");
      assertThat(fake.requests().getFirst().body().path("tool_choice").path("type").asText())
          .isEqualTo("web_search");
    }
  }

  @Test
  void aStreamThatBreaksEndsWithAnErrorEventAndNoDone(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(stream("one ", "two ", "three ").cutAfter(2));

      var got = weir.chat("openai/gpt-5-mini", true);

      assertThat(got.raw().body()).contains("\"error\"").doesNotContain("[DONE]");
      assertThat(row(weir, database, got.header("x-request-id")))
          .containsEntry("status", "error")
          .containsEntry("estimated", true);
    }
  }

  @Test
  void aCallerThatGoesAwayResetsTheProviderAndPaysForWhatWasDelivered(TestDatabase database)
      throws Exception {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake)) {
      fake.then(stream("word ", "word ", "word ", "word ").stallAfter(2));
      var body = RunningWeir.chatBody("openai/gpt-5-mini", true).toString();

      String id;
      try (var socket = new Socket("127.0.0.1", weir.port())) {
        socket
            .getOutputStream()
            .write(
                ("POST /v1/chat/completions HTTP/1.1\r\nhost: weir\r\nauthorization: Bearer "
                        + weir.key("WEIR_KEY")
                        + "\r\ncontent-type: application/json\r\ncontent-length: "
                        + body.length()
                        + "\r\n\r\n"
                        + body)
                    .getBytes(StandardCharsets.UTF_8));
        id = readUntilSecondWord(socket);
      }

      fake.awaitReset();
      var row = row(weir, database, id);
      assertThat(row).containsEntry("status", "cancelled").containsEntry("estimated", true);
      assertThat((Long) row.get("completion_tokens")).isPositive();
    }
  }

  @Test
  void aDeadProviderOpensItsBreakerSoThatCallsFailAtOnce(TestDatabase database) {
    try (var fake = FakeProvider.start();
        var weir = RunningWeir.start(database, fake, "WEIR_BREAKER_FAILURES", "3")) {
      fake.always(status(500));

      var codes =
          IntStream.range(0, 4)
              .mapToObj(_ -> weir.chat("perplexity/sonar", false))
              .map(got -> got.json().path("error").path("code").asText())
              .toList();

      assertThat(codes.getLast()).isEqualTo("circuit_open");
      assertThat(fake.requests().size()).isLessThan(12);
    }
  }

  @Test
  void fiveHundredCallsAtOnceLeaveFiveHundredRows(TestDatabase database) {
    try (var weir = RunningWeir.sandboxed(database)) {
      var before = answered(database);

      var replies =
          Crowd.call(
              weir.api("/v1/chat/completions"),
              weir.key("WEIR_KEY"),
              "demo",
              500,
              RunningWeir.chatBody("perplexity/sonar", false).toString());

      assertThat(replies).isEqualTo(Map.of("200 off", 500));
      weir.weir().stop();
      assertThat(answered(database) - before).isEqualTo(500);
    }
  }

  @Test
  void rowsCarryTheUserAndOtherUsersSeeNone(TestDatabase database) {
    try (var weir = RunningWeir.sandboxed(database)) {
      var got = weir.chat("perplexity/sonar", false);

      assertThat(row(weir, database, got.header("x-request-id"))).containsEntry("user_id", "demo");
    }
  }

  @Test
  void probesMetricsAndTheAdminApiAnswer(TestDatabase database) {
    try (var weir = RunningWeir.sandboxed(database)) {
      weir.chat("perplexity/sonar", false);

      assertThat(weir.management("/livez").status()).isEqualTo(200);
      assertThat(weir.management("/readyz").status()).isEqualTo(200);
      assertThat(weir.management("/startupz").status()).isEqualTo(200);
      assertThat(weir.management("/metrics").raw().body()).contains("weir_").contains("jvm_");
      assertThat(weir.management("/api/keys").status()).isEqualTo(401);
    }
  }

  @Test
  void aSiblingVerticleGetsTheSameReplyAndLeavesTheSameRowOverTheBus(TestDatabase database)
      throws Exception {
    try (var weir = RunningWeir.sandboxed(database)) {
      var call =
          new JsonObject()
              .put("key", weir.key("WEIR_KEY"))
              .put("function", "linkedin-post")
              .put("input", new JsonObject(weir.example("linkedin-post").toString()));

      var reply = ask(weir, call);

      assertThat(reply.getBoolean("success")).as(reply.encode()).isTrue();
      assertThat(reply.getJsonObject("data").getString("post")).isNotEmpty();
      assertThat(row(weir, database, reply.getJsonObject("meta").getString("request_id")))
          .containsEntry("door", "bus")
          .containsEntry("user_id", "demo");
      var refused = ask(weir, call.copy().put("key", "wrong"));
      assertThat(refused.getJsonObject("error").getString("code")).isEqualTo("UNAUTHENTICATED");
    }
  }

  private static JsonObject ask(RunningWeir weir, JsonObject call) throws Exception {
    return weir.weir()
        .vertx()
        .eventBus()
        .<JsonObject>request("weir.invoke", call)
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS)
        .body();
  }

  private static String readUntilSecondWord(Socket socket) throws IOException {
    socket.setSoTimeout(10_000);
    var seen = new StringBuilder();
    var buffer = new byte[4096];
    while (count(seen, "word ") < 2) {
      var read = socket.getInputStream().read(buffer);
      assertThat(read).as("the stream ended early:\n%s", seen).isPositive();
      seen.append(new String(buffer, 0, read, StandardCharsets.UTF_8));
    }
    return seen.toString()
        .lines()
        .filter(line -> line.regionMatches(true, 0, "x-request-id:", 0, 13))
        .map(line -> line.substring(13).strip())
        .findFirst()
        .orElseThrow();
  }

  private static int count(CharSequence text, String word) {
    return text.toString().split(word, -1).length - 1;
  }

  private static String text(String events) {
    var text = new StringBuilder();
    events
        .lines()
        .filter(line -> line.startsWith("data: {"))
        .map(line -> Json.parse(line.substring(6)))
        .map(event -> event.at("/choices/0/delta/content"))
        .filter(JsonNode::isTextual)
        .forEach(delta -> text.append(delta.textValue()));
    return text.toString();
  }

  /** The one row of a call, waiting for the writer. */
  private static Map<String, Object> row(RunningWeir weir, TestDatabase database, String id) {
    var rows = new ArrayList<Map<String, Object>>();
    Eventually.until(
        "the row of " + id,
        () ->
            rows.addAll(
                database.query(
                    "SELECT * FROM ai_usage_metrics WHERE id = ?", UUID.fromString(id))));
    assertThat(rows).hasSize(1);
    return rows.getFirst();
  }

  private static long answered(TestDatabase database) {
    return database.count("SELECT count(*) FROM ai_usage_metrics WHERE error_code IS NULL");
  }
}
