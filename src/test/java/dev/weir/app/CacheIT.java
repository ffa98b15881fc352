package dev.weir.app;

import static dev.weir.testing.Turn.agentCompleted;
import static dev.weir.testing.Turn.answer;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.stream;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.net.http.HttpRequest;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the response cache does for callers, through the sockets of one running Weir. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheIT {
  private static final AtomicInteger TOPICS = new AtomicInteger();

  private FakeProvider fake;
  private RunningWeir weir;
  private TestDatabase database;
  private String key;

  /** So many answers are in the second level, or on their way to it. */
  private int stores;

  @BeforeAll
  void start(TestDatabase given) {
    database = given;
    fake = FakeProvider.start();
    weir = RunningWeir.start(database, fake, "WEIR_CACHE_MODE", "on", "WEIR_CACHE_PATIENCE", "5s");
    key = weir.serviceKey();
  }

  @AfterAll
  void stop() {
    weir.close();
    fake.close();
  }

  /** A chat that nobody had before; with the cache. */
  private static ObjectNode question(boolean stream) {
    var body = RunningWeir.chatBody("perplexity/sonar", stream);
    ((ObjectNode) body.withArray("messages").get(0))
        .put("content", "What is topic " + TOPICS.incrementAndGet() + "?");
    return body;
  }

  /** A call; what it stores is in the database, too, when this returns. */
  private RunningWeir.Got chat(JsonNode body, String... headers) {
    return kept(send(body, headers));
  }

  /**
   * Waits until the answer that a call got is stored: while word of invalidations is late the
   * database is asked, and not the memory.
   */
  private RunningWeir.Got kept(RunningWeir.Got got) {
    var cache = got.header("x-weir-cache");
    if (got.status() == 200 && (cache.equals("miss") || cache.equals("refresh"))) {
      stores++;
      Eventually.until("it is stored", () -> weir.meter("weir_cache_stored_total") >= stores);
      assertThat(weir.meter("weir_cache_stored_total")).isEqualTo(stores);
    }
    return got;
  }

  private RunningWeir.Got send(JsonNode body, String... headers) {
    var request = weir.request(weir.api("/v1/chat/completions"));
    request.setHeader("authorization", "Bearer " + key);
    request.setHeader("x-weir-user", "demo");
    request.setHeader("x-weir-cache-control", "use");
    for (var i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return weir.send(request.POST(HttpRequest.BodyPublishers.ofString(body.toString())).build());
  }

  private int asked() {
    return fake.requests().size();
  }

  @Test
  void theSecondCallIsAHitThatCostsNothingAndSaysHowOldItIs() {
    var body = question(false);
    fake.then(agentCompleted("Hello you.").tokens(1_000, 200));
    var before = asked();

    var began = System.nanoTime();
    var miss = chat(body);
    var hit = chat(body);
    var most = (System.nanoTime() - began) / 1_000_000_000;

    assertThat(miss.header("x-weir-cache")).as(miss.raw().body()).isEqualTo("miss");
    assertThat(hit.header("x-weir-cache")).as(hit.raw().body()).isEqualTo("hit");
    assertThat(Long.parseLong(hit.header("age"))).isBetween(0L, most);
    assertThat(hit.header("x-weir-cost-usd")).isEqualTo("0");
    assertThat(hit.header("x-weir-provider")).isEqualTo("perplexity");
    assertThat(hit.json().at("/choices/0/message/content").asText()).isEqualTo("Hello you.");
    assertThat(asked()).isEqualTo(before + 1);
    var rows =
        "SELECT count(*) FROM ai_usage_metrics WHERE id = ?::uuid AND cache_status = ? AND"
            + " cost_usd";
    Eventually.until(
        "both calls have one record, the hit at no cost",
        () ->
            database.count(rows + " > 0", miss.header("x-request-id"), "miss") == 1
                && database.count(rows + " = 0", hit.header("x-request-id"), "hit") == 1);
  }

  @Test
  void aFunctionsValueComesBackByteForByteFromMemoryAndFromTheDatabase() {
    var input = Json.object().set("input", weir.example("linkedin-post"));
    var fits = sandboxValue();
    fake.then(agentCompleted(fits));
    var before = asked();

    var miss = kept(weir.callFunction("linkedin-post", (ObjectNode) input));
    var hit = weir.callFunction("linkedin-post", (ObjectNode) input);
    try (var other =
        RunningWeir.start(database, fake, "WEIR_CACHE_MODE", "on", "WEIR_CACHE_PATIENCE", "5s")) {
      var elsewhere = other.callFunction("linkedin-post", (ObjectNode) input);

      assertThat(miss.status()).as(miss.raw().body()).isEqualTo(200);
      assertThat(hit.json().path("data")).isEqualTo(miss.json().path("data"));
      assertThat(elsewhere.json().path("data")).isEqualTo(miss.json().path("data"));
      assertThat(elsewhere.json().at("/meta/cache").asText()).isEqualTo("hit");
      assertThat(hit.json().at("/meta/cache").asText()).isEqualTo("hit");
      assertThat(hit.json().at("/meta/cost_usd").asInt(-1)).isZero();
      assertThat(hit.json().at("/meta/cache_age_s").asInt(-1)).isNotNegative();
      assertThat(asked()).isEqualTo(before + 1);
    }
  }

  private String sandboxValue() {
    try (var sandbox = RunningWeir.sandboxed(database)) {
      return sandbox.callFunction("linkedin-post").json().path("data").toString();
    }
  }

  @Test
  void fieldOrderWhiteSpaceAndTheSpellingOfNumbersDoNotMatterButParametersDo() {
    var before = asked();
    var topic = TOPICS.incrementAndGet();
    var one =
        """
        {"model": "perplexity/sonar", "temperature": 1, "max_tokens": 100,
         "messages": [{"role": "user", "content": "Topic %d"}]}\
        """
            .formatted(topic);
    var same =
        """
        {"messages":[{"content":"Topic %d","role":"user"}],"max_tokens":1e2,"temperature":1.0,"model":"perplexity/sonar"}\
        """
            .formatted(topic);
    var other = one.replace("\"temperature\": 1", "\"temperature\": 0.9");

    assertThat(chat(Json.parse(one)).header("x-weir-cache")).isEqualTo("miss");
    assertThat(chat(Json.parse(same)).header("x-weir-cache")).isEqualTo("hit");
    assertThat(chat(Json.parse(other)).header("x-weir-cache")).isEqualTo("miss");
    assertThat(asked()).isEqualTo(before + 2);
  }

  @Test
  void aStreamIsKeptAndReplayedAsAStreamAndAsAWholeAndTheOtherWayRound() {
    var first = question(true);
    fake.then(stream("Weirs ", "hold ", "water."));
    var before = asked();

    var miss = chat(first);
    var again = chat(first);
    var whole = chat(first.deepCopy().put("stream", false));

    assertThat(text(miss)).as(miss.raw().body()).isEqualTo("Weirs hold water.");
    assertThat(again.header("x-weir-cache")).isEqualTo("hit");
    assertThat(text(again)).as(again.raw().body()).isEqualTo("Weirs hold water.");
    assertThat(again.raw().body())
        .contains("finish_reason\":\"stop\"")
        .endsWith("data: [DONE]\n\n");
    assertThat(whole.header("x-weir-cache")).isEqualTo("hit");
    assertThat(whole.json().at("/choices/0/message/content").asText())
        .isEqualTo("Weirs hold water.");
    assertThat(asked()).isEqualTo(before + 1);

    var second = question(false);
    fake.then(answer("As a whole."));
    assertThat(chat(second).header("x-weir-cache")).isEqualTo("miss");
    var streamed = chat(second.deepCopy().put("stream", true));
    assertThat(streamed.header("x-weir-cache")).isEqualTo("hit");
    assertThat(text(streamed)).isEqualTo("As a whole.");
  }

  /** The text of all chunks of a stream. */
  private static String text(RunningWeir.Got got) {
    var text = new StringBuilder();
    for (var line : got.raw().body().split("\n")) {
      if (line.startsWith("data: {")) {
        text.append(Json.parse(line.substring(6)).at("/choices/0/delta/content").asText(""));
      }
    }
    return text.toString();
  }

  @Test
  void aCutOffStreamIsNeverKept() {
    var body = question(true);
    fake.then(stream("Weirs ", "hold ", "water.").cutAfter(1));

    send(body);

    fake.then(stream("All ", "of ", "it."));
    assertThat(text(chat(body))).isEqualTo("All of it.");
  }

  @Test
  void refreshOffNoCacheAndNoStoreMeanWhatTheySay() {
    var body = question(false);
    fake.then(answer("one")).then(answer("two")).then(answer("three"));
    fake.then(answer("four")).then(answer("five"));

    assertThat(chat(body).header("x-weir-cache")).isEqualTo("miss");
    var refreshed = chat(body, "x-weir-cache-control", "refresh");
    assertThat(refreshed.header("x-weir-cache")).isEqualTo("refresh");
    assertThat(content(chat(body))).as("the refreshed one").isEqualTo("two");
    assertThat(chat(body, "cache-control", "no-cache").header("x-weir-cache")).isEqualTo("refresh");
    assertThat(content(chat(body))).isEqualTo("three");
    var off = chat(body, "cache-control", "no-store");
    assertThat(off.header("x-weir-cache")).isEqualTo("off");
    assertThat(content(off)).isEqualTo("four");
    assertThat(content(chat(body, "x-weir-cache-control", "off"))).isEqualTo("five");
    assertThat(content(chat(body))).as("still the kept one").isEqualTo("three");
    assertThat(chat(body, "x-weir-cache-control", "perhaps").status()).isEqualTo(400);
  }

  @Test
  void whoWantsAKeptAnswerOrNoneCostsNothingWhereNoneIsKept() {
    var body = question(false);
    var before = asked();

    var none = chat(body, "cache-control", "only-if-cached");
    var fresh = chat(body, "x-weir-cache-control", "only-if-cached, no-cache");
    var off = chat(body, "x-weir-cache-control", "off", "cache-control", "Only-If-Cached");
    fake.then(answer("kept"));
    chat(body);
    var kept = chat(body, "cache-control", "MAX-AGE = \"60\", only-if-cached");
    var tooOld = chat(body, "cache-control", "max-age=\"0\", only-if-cached");

    for (var got : List.of(none, fresh, off, tooOld)) {
      assertThat(got.status()).as(got.raw().body()).isEqualTo(504);
      assertThat(got.json().at("/error/code").asText()).isEqualTo("not_cached");
      assertThat(got.json().at("/error/message").asText()).contains("only-if-cached");
      assertThat(got.header("x-should-retry")).isEqualTo("false");
    }
    assertThat(content(kept)).isEqualTo("kept");
    assertThat(kept.header("x-weir-cache")).isEqualTo("hit");
    assertThat(asked()).isEqualTo(before + 1);
  }

  private static String content(RunningWeir.Got got) {
    return got.json().at("/choices/0/message/content").asText();
  }

  @Test
  void theCompatibleEndpointAsksForItAndToolsNeverUseIt() {
    var body = question(false);
    var before = asked();

    var plain = weir.post("/v1/chat/completions", body);
    weir.post("/v1/chat/completions", body);

    assertThat(plain.header("x-weir-cache")).isEqualTo("off");
    assertThat(asked()).isEqualTo(before + 2);

    var tools = question(false).put("model", "openai/gpt-5-mini");
    tools
        .putArray("tools")
        .addObject()
        .put("type", "function")
        .putObject("function")
        .put("name", "f");
    assertThat(chat(tools).header("x-weir-cache")).isEqualTo("off");
    assertThat(chat(tools).header("x-weir-cache")).isEqualTo("off");
  }

  @Test
  void aKeyMayAskForItInTheNameOfItsCalls() {
    var made =
        weir.admin(
            "POST",
            "/api/keys",
            "{\"name\": \"caching\", \"role\": \"user\", \"user\": \"carol\", \"cache\": true}");
    var body = question(false);
    var before = asked();

    assertThat(made.json().path("cache").asBoolean()).as(made.raw().body()).isTrue();
    assertThat(plain(made, body).header("x-weir-cache")).isEqualTo("miss");
    assertThat(plain(made, body).header("x-weir-cache")).isEqualTo("hit");
    assertThat(asked()).isEqualTo(before + 1);
    assertThat(plain(made, body, "cache-control", "no-cache").header("x-weir-cache"))
        .isEqualTo("refresh");
    assertThat(plain(made, body, "x-weir-cache-control", "off").header("x-weir-cache"))
        .isEqualTo("off");
  }

  /** A chat by a new key that says nothing of the cache but what these headers do. */
  private RunningWeir.Got plain(RunningWeir.Got made, JsonNode body, String... headers) {
    var request = weir.request(weir.api("/v1/chat/completions"));
    request.setHeader("authorization", "Bearer " + made.json().path("key").asText());
    for (var i = 0; i < headers.length; i += 2) {
      request.setHeader(headers[i], headers[i + 1]);
    }
    return kept(
        weir.send(request.POST(HttpRequest.BodyPublishers.ofString(body.toString())).build()));
  }

  @Test
  void anAnswerOlderThanACallTakesIsNotUsed() {
    var body = question(false);
    chat(body);

    assertThat(chat(body, "x-weir-cache-control", "use, max-age=600").header("x-weir-cache"))
        .isEqualTo("hit");
    assertThat(chat(body, "x-weir-cache-control", "max-age=0").header("x-weir-cache"))
        .isEqualTo("off");
  }

  @Test
  void twoUsersWithEqualInputNeverShare() {
    var body = question(false);
    fake.then(answer("for ada")).then(answer("for bob"));

    var ada = chat(body, "x-weir-user", "ada");
    var bob = chat(body, "x-weir-user", "bob");

    assertThat(content(ada)).as(ada.raw().body()).isEqualTo("for ada");
    assertThat(bob.header("x-weir-cache")).isEqualTo("miss");
    assertThat(content(bob)).isEqualTo("for bob");
    assertThat(content(chat(body, "x-weir-user", "ada"))).isEqualTo("for ada");
    assertThat(content(chat(body, "x-weir-user", "bob"))).isEqualTo("for bob");
  }

  @Test
  void anErrorIsNotKept() {
    var body = question(false);
    fake.then(status(400).errorCode("invalid_request"));

    assertThat(chat(body).status()).isGreaterThanOrEqualTo(400);
    assertThat(chat(body).header("x-weir-cache")).isEqualTo("miss");
  }

  @Test
  void whoThrowsAnswersAwayWaitsForNoCountOfThem() throws SQLException {
    try (var blocker = database.connect();
        var statement = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      statement.execute("LOCK TABLE response_cache IN ACCESS EXCLUSIVE MODE");

      var began = System.nanoTime();
      var done = weir.admin("POST", "/api/cache/invalidate", "{\"function\": \"slow-count\"}");
      var took = Duration.ofNanos(System.nanoTime() - began);

      assertThat(done.status()).isEqualTo(200);
      assertThat(done.json().has("generation")).isTrue();
      assertThat(done.json().has("answers")).as("nobody could count them").isFalse();
      assertThat(took).as("less than a statement's ten seconds").isLessThan(Duration.ofSeconds(8));
    }
  }

  @Test
  void countsThatNobodyWaitsForKeepNoInvalidationFromTheDatabase() throws SQLException {
    try (var blocker = database.connect();
        var statement = blocker.createStatement()) {
      blocker.setAutoCommit(false);
      statement.execute("LOCK TABLE response_cache IN ACCESS EXCLUSIVE MODE");

      for (var i = 0; i < 4; i++) {
        var done = weir.admin("POST", "/api/cache/invalidate", "{\"function\": \"slow-count\"}");

        assertThat(done.status()).as(done.raw().body()).isEqualTo(200);
      }
    }
  }
}
