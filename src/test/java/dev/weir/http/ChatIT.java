package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions.CacheUse;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The OpenAI-compatible surface over real sockets. */
class ChatIT {
  private static final String CHAT =
      "{\"model\": \"sonar\", \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}],"
          + " \"unknown_field\": {\"kept\": true}}";

  @Test
  void anAnswerInAnotherShapeIsRenderedAsACompletion() throws Exception {
    try (var door = Door.open()) {
      var reply = door.post("/v1/chat/completions", CHAT);

      assertThat(reply.statusCode()).isEqualTo(200);
      var body = Json.parse(reply.body());
      assertThat(body.path("object").textValue()).isEqualTo("chat.completion");
      assertThat(body.path("id").textValue())
          .isEqualTo("chatcmpl-" + reply.headers().firstValue("x-request-id").orElseThrow());
      assertThat(body.at("/choices/0/message/content").textValue()).isEqualTo("hello");
      assertThat(body.at("/choices/0/finish_reason").textValue()).isEqualTo("stop");
      assertThat(body.at("/usage/total_tokens").intValue()).isEqualTo(46);
      assertThat(body.at("/citations/0").textValue()).isEqualTo("https://example.org/a");
      assertThat(body.at("/search_results/0/title").textValue()).isEqualTo("A page");
      assertThat(reply.headers().firstValue("x-weir-cost-usd")).contains("0.00125");
    }
  }

  @Test
  void tagsTravelWithTheCall() throws Exception {
    var seen = new CompletableFuture<Map<String, String>>();
    try (var door =
        Door.open(
            (x, _) -> {
              seen.complete(x.call().options().tags());
              return Future.succeededFuture(new Reply.Whole(Door.tallied(x, Door.answer("hello"))));
            })) {
      door.send(
          door.request("/v1/chat/completions")
              .header("x-weir-tags", "team=growth")
              .POST(HttpRequest.BodyPublishers.ofString(CHAT)));

      assertThat(seen.getNow(Map.of())).isEqualTo(Map.of("team", "growth"));
    }
  }

  @Test
  void aProvidersOwnBodyIsForwardedByteForByte() throws Exception {
    var own = "{ \"id\":\"abc\" ,\"strange\": [1,  2], \"choices\":[] }";
    try (var door =
        Door.open(
            (_, _) ->
                Future.succeededFuture(
                    new Reply.Whole(
                        new Answer(
                            "",
                            Optional.empty(),
                            Answer.Finish.STOP,
                            "m",
                            dev.weir.core.Usage.NONE,
                            Optional.empty(),
                            List.of(),
                            Optional.of(Buffer.buffer(own))))))) {
      assertThat(door.post("/v1/chat/completions", CHAT).body()).isEqualTo(own);
    }
  }

  @Test
  void theWholeBodyAndTheHeadersReachTheGateway() throws Exception {
    var seen = new CompletableFuture<Call.OfModel>();
    try (var door =
        Door.open(
            (x, _) -> {
              seen.complete((Call.OfModel) x.call());
              return Future.succeededFuture(new Reply.Whole(Door.answer("ok")));
            })) {
      door.send(
          door.request("/v1/chat/completions")
              .header("x-weir-cache-control", "refresh")
              .header("x-weir-timeout-ms", "1500")
              .POST(HttpRequest.BodyPublishers.ofString(CHAT)));

      var call = seen.getNow(null);
      assertThat(call.body().at("/unknown_field/kept").booleanValue()).isTrue();
      assertThat(call.options().cache()).isEqualTo(CacheUse.REFRESH);
      assertThat(call.options().timeout()).contains(Duration.ofMillis(1500));
    }
  }

  @Test
  void theCacheIsAsTheKeySaysUnlessAskedFor() throws Exception {
    var seen = new CompletableFuture<CacheUse>();
    try (var door =
        Door.open(
            (x, _) -> {
              seen.complete(x.call().options().cache());
              return Future.succeededFuture(new Reply.Whole(Door.answer("ok")));
            })) {
      door.post("/v1/chat/completions", CHAT);

      assertThat(seen.getNow(null)).isEqualTo(CacheUse.AS_KEY);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {"messages": [{"role": "user", "content": "a"}]}                                | model
          {"model": 7, "messages": [{"role": "user", "content": "a"}]}                    | model
          {"model": "sonar"}                                                              | messages
          {"model": "sonar", "messages": []}                                              | messages
          {"model": "sonar", "messages": ["a"]}                                           | messages[0]
          {"model": "sonar", "messages": [{"role": "boss", "content": "a"}]}              | messages[0].role
          {"model": "sonar", "messages": [{"role": "user"}]}                              | messages[0].content
          {"model": "sonar", "messages": [{"role": "user", "content": 5}]}                | messages[0].content
          {"model": "sonar", "stream": 1, "messages": [{"role": "user", "content": "a"}]} | stream
          """)
  void aWrongBodyNamesItsParameter(String body, String param) throws Exception {
    try (var door = Door.open()) {
      var reply = door.post("/v1/chat/completions", body);

      assertThat(reply.statusCode()).isEqualTo(400);
      var error = Json.parse(reply.body()).path("error");
      assertThat(error.path("type").textValue()).isEqualTo("invalid_request_error");
      assertThat(error.path("param").textValue()).isEqualTo(param);
      assertThat(error.path("weir_code").textValue()).isEqualTo("INVALID_REQUEST");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "RATE_LIMITED, 429, rate_limit_error, rate_limit_exceeded",
    "BUDGET_EXCEEDED, 429, insufficient_quota, insufficient_quota",
    "CONTEXT_LENGTH_EXCEEDED, 400, invalid_request_error, context_length_exceeded",
    "PROVIDER_ERROR, 502, server_error, provider_error",
  })
  void errorsSpeakOpenAisWords(ErrorCode code, int status, String type, String word)
      throws Exception {
    try (var door = Door.open((_, _) -> Future.failedFuture(AIError.of(code, "So.")))) {
      var reply = door.post("/v1/chat/completions", CHAT);

      assertThat(reply.statusCode()).isEqualTo(status);
      var error = Json.parse(reply.body()).path("error");
      assertThat(error.path("type").textValue()).isEqualTo(type);
      assertThat(error.path("code").textValue()).isEqualTo(word);
    }
  }

  @Test
  void aWrongHeaderAnUnknownModelAndAMissingKeyAreToldApart() throws Exception {
    try (var door = Door.open()) {
      var header =
          door.send(
              door.request("/v1/chat/completions")
                  .header("x-weir-timeout-ms", "-5")
                  .POST(HttpRequest.BodyPublishers.ofString(CHAT)));
      var model = door.post("/v1/chat/completions", CHAT.replace("sonar", "nope"));
      var key =
          door.send(
              door.request("/v1/chat/completions")
                  .setHeader("authorization", "Bearer bad")
                  .POST(HttpRequest.BodyPublishers.ofString(CHAT)));

      assertThat(header.statusCode()).isEqualTo(400);
      assertThat(header.body()).contains("x-weir-timeout-ms");
      assertThat(model.statusCode()).isEqualTo(404);
      assertThat(key.statusCode()).isEqualTo(401);
      assertThat(Json.parse(key.body()).at("/error/code").textValue()).isEqualTo("invalid_api_key");
    }
  }

  @Test
  void theModelsAreListedAndFoundAlsoWithSlashes() throws Exception {
    try (var door = Door.open()) {
      var list = Json.parse(door.get("/v1/models").body());
      var one = Json.parse(door.get("/v1/models/sandbox/org/deep").body());
      var escaped = Json.parse(door.get("/v1/models/sandbox%2Forg%2Fdeep").body());
      var none = door.get("/v1/models/nope");

      assertThat(list.path("object").textValue()).isEqualTo("list");
      assertThat(list.at("/data/0/id").textValue()).isEqualTo("sandbox/echo");
      assertThat(list.at("/data/0/priced")).isEqualTo(Json.parse("{\"p\": false}").path("p"));
      assertThat(list.at("/data/2/priced").booleanValue()).isTrue();
      assertThat(one.path("id").textValue()).isEqualTo("sandbox/org/deep");
      assertThat(one.path("owned_by").textValue()).isEqualTo("sandbox");
      assertThat(escaped).isEqualTo(one);
      assertThat(none.statusCode()).isEqualTo(404);
      assertThat(none.body()).contains("\"type\":\"invalid_request_error\"");
    }
  }
}
