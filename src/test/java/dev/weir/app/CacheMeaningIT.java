package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Matches by meaning, and answers that are asked for before anybody does. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CacheMeaningIT {
  @TempDir private static Path functions;
  private TestDatabase database;
  private RunningWeir weir;
  private String key;

  private static void function(String name, String cache) throws IOException {
    Files.writeString(
        functions.resolve(name + ".yaml"),
        """
        name: %s
        model: perplexity/sonar
        prompt: {user: "Tell of {{topic}}."}
        input: {type: object, required: [topic], properties: {topic: {type: string}}}
        cache: %s
        """
            .formatted(name, cache));
  }

  @BeforeAll
  void start(TestDatabase given) throws IOException {
    database = given;
    function("meant", "{ttl_s: 600, similarity: 0.8}");
    function("warmed", "{ttl_s: 45}");
    function("all-share", "{ttl_s: 600, scope: shared}");
    weir =
        RunningWeir.sandboxed(
            database,
            "WEIR_CACHE_MODE",
            "on",
            "WEIR_CACHE_PATIENCE",
            "5s",
            "WEIR_CACHE_WARM_UP_EVERY",
            "1s",
            "WEIR_CACHE_WARM_UP_USD_PER_DAY",
            "5",
            "WEIR_FUNCTIONS_DIR",
            functions.toString());
    key = weir.serviceKey();
  }

  @AfterAll
  void stop() {
    weir.close();
  }

  private static ObjectNode input(String topic) {
    var body = Json.object();
    body.putObject("input").put("topic", topic);
    return body;
  }

  private RunningWeir.Got call(String function, String user, String topic) {
    return weir.send(
        weir.request(weir.api("/v1/functions/" + function))
            .setHeader("authorization", "Bearer " + key)
            .setHeader("x-weir-user", user)
            .POST(HttpRequest.BodyPublishers.ofString(input(topic).toString()))
            .build());
  }

  private void awaitKept(String function, String user) {
    Eventually.until(
        "it is in the database",
        () ->
            database.count(
                    "SELECT count(*) FROM response_cache WHERE function_name = ? AND"
                        + " coalesce(user_id, '') = ?",
                    function,
                    user)
                >= 1);
  }

  @Test
  void anAnswerToAnInputOfTheSameMeaningIsTakenWithinItsScopeAndSaysWhy() {
    var first = call("meant", "ada", "how do weirs hold back water in rivers");
    awaitKept("meant", "ada");

    var near = call("meant", "ada", "How do  weirs hold back the water in rivers");
    var far = call("meant", "ada", "the price of tea in a distant town");
    var another = call("meant", "bob", "how do weirs hold back the water in rivers");

    assertThat(first.header("x-weir-cache")).as(first.raw().body()).isEqualTo("miss");
    assertThat(near.header("x-weir-cache")).as(near.raw().body()).isEqualTo("semantic");
    assertThat(near.json().path("data")).isEqualTo(first.json().path("data"));
    assertThat(near.json().at("/meta/cache_similarity").asDouble()).isBetween(0.8, 1.0);
    assertThat(near.json().at("/meta/cache_reason").asText()).contains("cosine");
    assertThat(near.header("x-weir-cache-key"))
        .as("the key of the answer that it got")
        .hasSize(64)
        .isEqualTo(first.header("x-weir-cache-key"));
    assertThat(far.header("x-weir-cache")).isEqualTo("miss");
    assertThat(another.header("x-weir-cache")).as("another user").isEqualTo("miss");
    Eventually.until(
        "the embedding stands in the bill beside the answer",
        () ->
            database.count(
                    "SELECT coalesce(max(jsonb_array_length(attempts)), 0) FROM ai_usage_metrics"
                        + " WHERE id = ?::uuid",
                    first.header("x-request-id"))
                == 2);
  }

  /** As after a logical name was given to another model: the exact key would be another too. */
  @Test
  void anAnswerOfAnotherModelIsNoMatch() {
    call("meant", "fay", "how do dams hold back water in rivers");
    awaitKept("meant", "fay");
    database.execute("UPDATE response_cache SET model = 'perplexity/other' WHERE user_id = 'fay'");

    var near = call("meant", "fay", "how do dams hold back the water in rivers");

    assertThat(near.header("x-weir-cache")).as(near.raw().body()).isEqualTo("miss");
  }

  @Test
  void aFileOfInputsIsAskedForOnceAndBelongsToItsUsers() {
    var body = Json.object().put("function", "meant").put("user", "eve");
    body.putObject("input").put("topic", "weirs of the north");

    var asked = weir.admin("POST", "/api/cache/warm", body.toString());
    awaitKept("meant", "eve");
    var again = weir.admin("POST", "/api/cache/warm", body.toString());

    assertThat(asked.json().path("cache").asText()).as(asked.raw().body()).isEqualTo("miss");
    assertThat(again.json().path("cache").asText()).as(again.raw().body()).isEqualTo("hit");
    assertThat(call("meant", "eve", "weirs of the north").header("x-weir-cache")).isEqualTo("hit");
    Eventually.until(
        "its call has a row of its own payer",
        () ->
            database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE user_id = 'weir-warm-up' AND"
                        + " cache_status = 'miss'")
                >= 1);
    body.remove("user");
    assertThat(weir.admin("POST", "/api/cache/warm", body.toString()).status()).isEqualTo(400);
    body.put("function", "all-share");
    assertThat(weir.admin("POST", "/api/cache/warm", body.toString()).status()).isEqualTo(200);
    awaitKept("all-share", "");
    assertThat(call("all-share", "ada", "weirs of the north").header("x-weir-cache"))
        .as("shared by all")
        .isEqualTo("hit");
    assertThat(call("all-share", "bob", "weirs of the north").header("x-weir-cache"))
        .isEqualTo("hit");
  }

  @Test
  void theMostValuableAnswersAreAskedForAgainBeforeTheirTimeIsOver() {
    call("warmed", "ada", "weirs at dawn");
    awaitKept("warmed", "ada");
    for (var i = 0; i < 3; i++) {
      call("warmed", "ada", "weirs at dawn");
    }
    var made =
        "SELECT extract(epoch FROM created_at)::bigint FROM response_cache WHERE function_name ="
            + " 'warmed'";
    var first = database.count(made);

    Eventually.until("it was made again", () -> database.count(made) > first);

    assertThat(database.count("SELECT count(*) FROM cache_warm_ups WHERE spent_usd >= 0"))
        .isEqualTo(1);
    assertThat(call("warmed", "ada", "weirs at dawn").header("x-weir-cache")).isEqualTo("hit");
  }
}
