package dev.weir.app;

import static dev.weir.testing.Turn.answer;
import static dev.weir.testing.Turn.hang;
import static dev.weir.testing.Turn.raw;
import static dev.weir.testing.Turn.status;
import static dev.weir.testing.Turn.vectors;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import dev.weir.testing.FakeProvider;
import dev.weir.testing.TestDatabase;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vectors for callers of OpenAI's embeddings, and what they cost. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EmbeddingsEndToEndIT {
  private static final String SMALL = "perplexity/pplx-embed-v1-0.6b";
  private static final String LARGE = "perplexity/pplx-embed-v1-4b";
  private static final int SIZE = 128;

  private TestDatabase database;
  private FakeProvider fake;
  private RunningWeir weir;

  @BeforeAll
  void start(TestDatabase given) {
    database = given;
    fake = FakeProvider.start();
    weir = RunningWeir.start(database, fake);
  }

  @BeforeEach
  void plain() {
    fake.always(answer("plain"));
  }

  @AfterAll
  void stop() {
    weir.close();
    fake.close();
  }

  private static ObjectNode body(String model, String text) {
    return Json.object().put("model", model).put("input", text);
  }

  /** -128, -127, and so on to -1. */
  private static byte[] bytes() {
    var bytes = new byte[SIZE];
    for (var i = 0; i < SIZE; i++) {
      bytes[i] = (byte) (Byte.MIN_VALUE + i);
    }
    bytes[SIZE - 1] = Byte.MAX_VALUE;
    return bytes;
  }

  /** Nano-dollars of a call's row, once it is there. */
  private long nanos(RunningWeir.Got got, String column) {
    var id = got.header("x-request-id");
    Eventually.until(
        "its row is there",
        () -> database.count("SELECT count(*) FROM ai_usage_metrics WHERE id = ?::uuid", id) == 1);
    return database.count(
        "SELECT (" + column + " * 1000000000)::bigint FROM ai_usage_metrics WHERE id = ?::uuid",
        id);
  }

  @Test
  void aListOfNumbersIsWhatPerplexitysBytesSay() {
    fake.then(vectors(bytes(), bytes()).tokens(1_234, 0));
    var body = Json.object().put("model", SMALL).put("dimensions", SIZE).put("user", "u-1");
    body.putArray("input").add("one").add("two");

    var got = weir.post("/v1/embeddings", body);

    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    assertThat(got.json().path("object").asText()).isEqualTo("list");
    assertThat(got.json().path("model").asText()).isEqualTo(SMALL);
    assertThat(got.json().path("data")).hasSize(2);
    for (var i = 0; i < 2; i++) {
      var entry = got.json().path("data").get(i);
      assertThat(entry.path("object").asText()).isEqualTo("embedding");
      assertThat(entry.path("index").asInt(-1)).isEqualTo(i);
      assertThat(entry.path("embedding")).hasSize(SIZE);
      for (var at = 0; at < SIZE; at++) {
        assertThat(entry.path("embedding").get(at).doubleValue()).isEqualTo(bytes()[at]);
      }
    }
    assertThat(got.json().at("/usage/prompt_tokens").asInt()).isEqualTo(1_234);
    assertThat(got.json().at("/usage/total_tokens").asInt()).isEqualTo(1_234);
    assertThat(got.header("x-weir-provider")).isEqualTo("perplexity");
    assertThat(got.header("x-weir-cache")).isEqualTo("off");
    assertThat(got.header("x-weir-cost-usd")).isEqualTo("0.000004936");
    assertThat(nanos(got, "cost_usd")).as("at 0.004 a million").isEqualTo(4_936);
    assertThat(nanos(got, "provider_cost_usd")).isEqualTo(4_936);
    assertThat(
            database.count(
                "SELECT count(*) FROM ai_usage_metrics WHERE id = ?::uuid AND function_name ="
                    + " 'embeddings' AND door = 'embeddings' AND provider = 'perplexity' AND"
                    + " model = ? AND prompt_tokens = 1234 AND completion_tokens = 0 AND NOT"
                    + " estimated",
                got.header("x-request-id"),
                SMALL))
        .isEqualTo(1);
  }

  @Test
  void whoAsksForBase64AsOpenaisClientsDoGetsTheSameNumbersPacked() {
    fake.then(vectors(bytes()).tokens(1_000, 0));

    var got =
        weir.post(
            "/v1/embeddings",
            body("pplx-embed-v1-4b", "one")
                .put("dimensions", SIZE)
                .put("encoding_format", "base64"));

    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    var packed = Base64.getDecoder().decode(got.json().at("/data/0/embedding").asText());
    var numbers = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    assertThat(numbers.remaining()).isEqualTo(SIZE);
    for (var number : bytes()) {
      assertThat(numbers.get()).isEqualTo(number);
    }
    assertThat(nanos(got, "cost_usd")).as("at 0.03 a million").isEqualTo(30_000);
  }

  @Test
  void openaisVectorsGoTheSameWay() {
    fake.then(vectors(bytes()));

    var got =
        weir.post(
            "/v1/embeddings", body("openai/text-embedding-3-small", "one").put("dimensions", SIZE));

    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    assertThat(got.json().at("/data/0/embedding").get(0).doubleValue()).isEqualTo(-1.0);
    assertThat(got.header("x-weir-provider")).isEqualTo("openai");
  }

  @Test
  void tokensAsLangchainSendsThemGoToOpenai() {
    var body = Json.object().put("model", "openai/text-embedding-3-small");
    body.putArray("input").addArray().add(9906).add(1917);

    var got = weir.post("/v1/embeddings", body);

    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    assertThat(got.json().at("/data/0/embedding")).hasSize(1536);
    assertThat(fake.requests().getLast().body().path("input").toString()).isEqualTo("[9906,1917]");
  }

  @Test
  void perplexityGetsNoTokensAndNobodyPaysForThem() {
    var before = fake.requests().size();
    var body = Json.object().put("model", SMALL);
    body.putArray("input").addArray().add(9906).add(1917);

    var got = weir.post("/v1/embeddings", body);

    assertThat(got.status()).isEqualTo(400);
    assertThat(got.json().at("/error/message").asText()).contains("takes texts only");
    assertThat(nanos(got, "cost_usd")).isZero();
    assertThat(fake.requests()).hasSize(before);
  }

  @Test
  void aFullBatchComesWholeInEitherForm() {
    var body = Json.object().put("model", LARGE);
    var input = body.putArray("input");
    for (var i = 0; i < 512; i++) {
      input.add("text " + i);
    }

    var floats = weir.post("/v1/embeddings", body);
    var packed = weir.post("/v1/embeddings", body.put("encoding_format", "base64"));

    assertThat(floats.status()).isEqualTo(200);
    assertThat(floats.json().path("data")).hasSize(512);
    assertThat(floats.json().at("/data/511/embedding")).hasSize(2560);
    assertThat(floats.json().at("/data/511/index").asInt()).isEqualTo(511);
    assertThat(packed.json().path("data")).hasSize(512);
    assertThat(Base64.getDecoder().decode(packed.json().at("/data/7/embedding").asText()))
        .hasSize(2560 * Float.BYTES);
  }

  @Test
  void whereTheProviderReportsNoUsageTheReplySaysWhatTheBillDoes() {
    fake.then(vectors(bytes()).withoutUsage());

    var got = weir.post("/v1/embeddings", body(SMALL, "a weir").put("dimensions", SIZE));

    assertThat(got.json().at("/usage/prompt_tokens").asLong()).isPositive();
    assertThat(nanos(got, "prompt_tokens / 1000000000.0"))
        .isEqualTo(got.json().at("/usage/prompt_tokens").asLong());
  }

  @Test
  void aFailureIsTriedAgainAndBothAttemptsStandOnTheBill() {
    fake.then(status(503)).then(vectors(bytes()));

    var got = weir.post("/v1/embeddings", body(SMALL, "one").put("dimensions", SIZE));

    assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
    assertThat(nanos(got, "cost_usd")).as("11 tokens").isEqualTo(44);
    assertThat(
            database.count(
                "SELECT jsonb_array_length(attempts) FROM ai_usage_metrics WHERE id = ?::uuid",
                got.header("x-request-id")))
        .isEqualTo(2);
  }

  @Test
  void aDeadlineEndsTheRequest() {
    fake.always(hang());

    var got =
        weir.send(
            weir.request(weir.api("/v1/embeddings"))
                .header("x-weir-timeout-ms", "1000")
                .POST(HttpRequest.BodyPublishers.ofString(body(SMALL, "one").toString()))
                .build());

    assertThat(got.status()).isEqualTo(504);
    Eventually.until("nobody is asked any more", () -> fake.active() == 0);
  }

  @Test
  void aSenselessVectorReachesNobody() {
    fake.always(raw("{\"data\": [{\"embedding\": \"AAAA\"}], \"usage\": {\"prompt_tokens\": 5}}"));

    var got = weir.post("/v1/embeddings", body(LARGE, "one"));

    assertThat(got.status()).isEqualTo(502);
    assertThat(got.json().at("/error/weir_code").asText()).isEqualTo("PROVIDER_ERROR");
    assertThat(got.json().at("/error/message").asText()).contains("instead of 2560");
    assertThat(nanos(got, "cost_usd")).as("it was paid for").isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"model\": \"M\"} | input",
        "{\"model\": \"M\", \"input\": \"\"} | input",
        "{\"model\": \"M\", \"input\": []} | input",
        "{\"model\": \"M\", \"input\": [1, 2]} | input[0]",
        "{\"model\": \"M\", \"input\": [[1]]} | input[0]",
        "{\"model\": \"M\", \"input\": [\"a\", \"\"]} | input[1]",
        "{\"model\": \"M\", \"input\": [\"a\", 1]} | input[1]",
        "{\"model\": \"M\", \"input\": [[1], \"a\"]} | input[1]",
        "{\"model\": \"M\", \"input\": [[1], []]} | input[1]",
        "{\"model\": \"M\", \"input\": [[1], [-1]]} | input[1][0]",
        "{\"model\": \"M\", \"input\": [1, 2.5]} | input[1]",
        "{\"model\": \"M\", \"input\": [1, \"a\"]} | input[1]",
        "{\"model\": \"M\", \"input\": [3000000000]} | input[0]",
        "{\"model\": \"M\", \"input\": {}} | input",
        "{\"model\": \"M\", \"input\": [\"a\", null]} | input[1]",
        "{\"input\": \"a\"} | model",
        "{\"model\": 7, \"input\": \"a\"} | model",
        "[] | body",
        "{\"model\": \"M\", \"input\": \"a\", \"encoding_format\": \"base64_int8\"} |"
            + " encoding_format",
        "{\"model\": \"M\", \"input\": \"a\", \"dimensions\": 0} | dimensions",
        "{\"model\": \"M\", \"input\": \"a\", \"dimensions\": 9000} | dimensions",
        "{\"model\": \"M\", \"input\": \"a\", \"dimension\": 256} | dimension",
      })
  void whatIsWrongWithARequestIsSaidByItsField(String body, String param) {
    var before = fake.requests().size();

    var got = weir.post("/v1/embeddings", Json.parse(body.replace("M", SMALL)));

    assertThat(got.status()).as(got.raw().body()).isEqualTo(400);
    assertThat(got.json().at("/error/param").asText()).isEqualTo(param);
    assertThat(fake.requests()).hasSize(before);
  }

  @Test
  void withoutAKeyTheSandboxStandsInAtThePriceOfTheModel() {
    try (var alone = RunningWeir.sandboxed(database)) {
      var got = alone.post("/v1/embeddings", body(SMALL, "a weir holds back water"));

      assertThat(got.status()).as(got.raw().body()).isEqualTo(200);
      assertThat(got.header("x-weir-provider")).isEqualTo("sandbox");
      assertThat(got.json().at("/data/0/embedding")).hasSize(1024);
      assertThat(got.json().at("/usage/prompt_tokens").asInt()).isEqualTo(6);
      assertThat(nanos(got, "cost_usd")).isEqualTo(24);
      assertThat(
              database.count(
                  "SELECT count(*) FROM ai_usage_metrics WHERE id = ?::uuid AND simulated",
                  got.header("x-request-id")))
          .isEqualTo(1);
    }
  }
}
