package dev.weir.app;

import static dev.weir.testing.Turn.answer;
import static dev.weir.testing.Turn.raw;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.vectors;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Matches by meaning with Perplexity's vectors, which it makes where nothing else is said. */
@ExtendWith(TestDatabase.Extension.class)
class CacheMeaningByPerplexityIT {
  private static final String EMBEDDINGS = "/v1/embeddings";
  private static final String KEPT = "SELECT count(*) FROM response_cache";

  @TempDir private Path functions;
  private final FakeProvider fake = FakeProvider.start();
  private TestDatabase database;
  private RunningWeir weir;

  @BeforeEach
  void start(TestDatabase given) throws IOException {
    database = given;
    database.execute("TRUNCATE response_cache, ai_usage_metrics, cache_savings");
    Files.writeString(
        functions.resolve("meant.yaml"),
        """
        name: meant
        model: perplexity/sonar
        prompt: {user: "Tell of {{topic}}."}
        input: {type: object, required: [topic], properties: {topic: {type: string}}}
        cache: {ttl_s: 600, similarity: 0.8}
        """);
    fake.always(answer("Weirs hold back water."));
    weir =
        RunningWeir.start(
            database,
            fake,
            "WEIR_CACHE_MODE",
            "on",
            "WEIR_CACHE_PATIENCE",
            "5s",
            "WEIR_FUNCTIONS_DIR",
            functions.toString());
  }

  @AfterEach
  void stop() {
    weir.close();
    fake.close();
  }

  private RunningWeir.Got ask(String topic) {
    return weir.callFunction(
        "meant", Json.object().set("input", Json.object().put("topic", topic)));
  }

  private RunningWeir.Got askAndKeep(String topic) {
    var before = database.count(KEPT);
    var got = ask(topic);
    Eventually.until("it is kept", () -> database.count(KEPT) == before + 1);
    return got;
  }

  private List<FakeProvider.Seen> vectorsAsked() {
    return fake.requests().stream().filter(seen -> seen.path().equals(EMBEDDINGS)).toList();
  }

  @Test
  void anAnswerIsTakenWithItsSimilarityItsReasonAndItsPrice() {
    var first = askAndKeep("how do weirs hold back water in rivers");

    var near = ask("How do weirs  hold back the water in rivers");
    var far = ask("the price of tea in a distant town");

    assertThat(first.header("x-weir-cache")).as(first.raw().body()).isEqualTo("miss");
    assertThat(near.header("x-weir-cache")).as(near.raw().body()).isEqualTo("semantic");
    assertThat(near.json().path("data")).isEqualTo(first.json().path("data"));
    // Nine words of ten in common, each of the same weight: 9 / sqrt(9 * 10).
    assertThat(near.json().at("/meta/cache_similarity").asDouble()).isEqualTo(0.9487);
    assertThat(near.json().at("/meta/cache_reason").asText()).contains("cosine of 0.9487");
    assertThat(far.header("x-weir-cache")).isEqualTo("miss");
    assertThat(vectorsAsked())
        .extracting(seen -> seen.body().toString())
        .first()
        .isEqualTo(
            Json.parse(
                    """
                    {"model": "pplx-embed-v1-0.6b",
                     "input": "topic: how do weirs hold back water in rivers",
                     "encoding_format": "base64_int8"}\
                    """)
                .toString());
    assertThat(
            database.count(
                "SELECT count(*) FROM response_cache WHERE embedding_model ="
                    + " 'perplexity/pplx-embed-v1-0.6b@perplexity' AND cardinality(embedding) ="
                    + " 1024"))
        .isPositive();
    Eventually.until(
        "the match cost its vector, 11 tokens at 0.004 a million",
        () ->
            database.count(
                    "SELECT count(*) FROM ai_usage_metrics WHERE id = ?::uuid AND cache_status ="
                        + " 'semantic' AND cost_usd = 0.000000044 AND"
                        + " jsonb_array_length(attempts) = 1",
                    near.header("x-request-id"))
                == 1);
    Eventually.until(
        "the figures' spending, the match's vector in it, is that of the records",
        () ->
            database.count(
                    "SELECT count(*) FROM (SELECT sum(spent_usd) AS told, sum(misses + semantic) AS"
                        + " calls FROM cache_savings) AS f WHERE calls = 3 AND told = (SELECT"
                        + " sum(cost_usd) FROM ai_usage_metrics)")
                == 1);
  }

  @Test
  void vectorsThatCannotBeUsedMatchNothingAndTheCallGoesOn() {
    askAndKeep("how do weirs hold back water in rivers");
    var hostile =
        List.of(
            vectors(new byte[128]),
            vectors(new byte[1024]),
            raw("{\"data\": [{\"embedding\": \"****\"}]}"),
            status(500));

    for (var turn : hostile) {
      fake.then(turn).then(answer("Another answer."));
      var got =
          ask(
              "how do weirs hold back the water in rivers"
                  + " again".repeat(hostile.indexOf(turn)));

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      assertThat(got.header("x-weir-cache")).isEqualTo("miss");
      assertThat(got.json().at("/data/text").asText()).isEqualTo("Another answer.");
    }
    assertThat(vectorsAsked()).hasSize(1 + hostile.size());
  }
}
