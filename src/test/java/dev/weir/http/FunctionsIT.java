package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Reply;
import io.vertx.core.Future;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** The function surface over real sockets. */
class FunctionsIT {
  @Test
  void aCallIsAnsweredInTheEnvelopeWithEveryMetaMember() throws Exception {
    try (var door = Door.open()) {
      var reply = door.post("/v1/functions/echo", "{\"input\": {\"text\": \"hi\"}}");

      assertThat(reply.statusCode()).isEqualTo(200);
      var body = Json.parse(reply.body());
      assertThat(body.path("success").booleanValue()).isTrue();
      assertThat(body.path("data").textValue()).isEqualTo("hello");
      assertThat(body.path("meta").fieldNames())
          .toIterable()
          .contains(
              "request_id",
              "function",
              "version",
              "experiment",
              "variant",
              "provider",
              "model",
              "cache",
              "usage",
              "cost_usd",
              "execution_time_ms",
              "retry_count",
              "citations",
              "repairs");
      assertThat(body.at("/meta/usage/output_tokens").intValue()).isEqualTo(34);
      assertThat(body.at("/meta/cost_usd").decimalValue()).isEqualByComparingTo("0.00125");
      assertThat(body.at("/meta/citations/0/url").textValue()).isEqualTo("https://example.org/a");
    }
  }

  @Test
  void everyReplyCarriesTheRequestIdTheCorrelationAndTheWeirHeaders() throws Exception {
    try (var door = Door.open()) {
      var reply =
          door.send(
              door.request("/v1/functions/echo")
                  .header("x-correlation-id", "my-id.7")
                  .POST(HttpRequest.BodyPublishers.ofString("{\"input\": {\"text\": \"hi\"}}")));

      var headers = reply.headers();
      assertThat(headers.firstValue("x-request-id").orElseThrow())
          .matches("[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
          .isEqualTo(Json.parse(reply.body()).at("/meta/request_id").textValue());
      assertThat(headers.firstValue("x-correlation-id")).contains("my-id.7");
      assertThat(headers.firstValue("x-weir-cache")).contains("off");
      assertThat(headers.firstValue("x-weir-provider")).contains("sandbox");
      assertThat(headers.firstValue("x-weir-cost-usd")).contains("0.00125");
      assertThat(headers.firstValue("server-timing").orElseThrow()).contains("upstream;dur=7.00");
      assertThat(headers.firstValue("x-content-type-options")).contains("nosniff");
    }
  }

  @Test
  void tagsTravelWithTheCall() throws Exception {
    var seen = new AtomicReference<Map<String, String>>(Map.of());
    try (var door =
        Door.open(
            (x, _) -> {
              seen.set(x.call().options().tags());
              return Future.succeededFuture(new Reply.Whole(Door.tallied(x, Door.answer("hello"))));
            })) {
      door.send(
          door.request("/v1/functions/echo")
              .header("x-weir-tags", "team=growth")
              .header("x-weir-tags", "feature=export")
              .POST(HttpRequest.BodyPublishers.ofString("{\"input\": {\"text\": \"hi\"}}")));

      assertThat(seen.get()).isEqualTo(Map.of("team", "growth", "feature", "export"));
    }
  }

  @Test
  void aTagThatIsTooLongIsRefusedBeforeAnythingIsSpent() throws Exception {
    try (var door =
        Door.open((_, _) -> Future.failedFuture(new AssertionError("the call went on")))) {
      var reply =
          door.send(
              door.request("/v1/functions/echo")
                  .header("x-weir-tags", "team=" + "x".repeat(65))
                  .POST(HttpRequest.BodyPublishers.ofString("{\"input\": {\"text\": \"hi\"}}")));

      assertThat(reply.statusCode()).isEqualTo(400);
      assertThat(Json.parse(reply.body()).at("/error/message").textValue())
          .contains("x-weir-tags 'team' is 65 characters long");
    }
  }

  @Test
  void anErrorOfTheChainKeepsItsCodeAndTellsAboutRetrying() throws Exception {
    try (var door =
        Door.open(
            (_, _) ->
                Future.failedFuture(
                    AIError.of(ErrorCode.RATE_LIMITED, "Too many at once.")
                        .retryAfter(Duration.ofMillis(1500))))) {
      var reply = door.post("/v1/functions/echo", "{\"input\": {\"text\": \"hi\"}}");

      assertThat(reply.statusCode()).isEqualTo(429);
      assertThat(reply.headers().firstValue("retry-after")).contains("2");
      assertThat(reply.headers().firstValue("retry-after-ms")).contains("1500");
      assertThat(reply.headers().firstValue("x-should-retry")).contains("true");
      var error = Json.parse(reply.body()).path("error");
      assertThat(error.path("code").textValue()).isEqualTo("RATE_LIMITED");
      assertThat(error.path("retry_after_ms").intValue()).isEqualTo(1500);
      assertThat(error.path("request_id").textValue())
          .isEqualTo(reply.headers().firstValue("x-request-id").orElseThrow());
    }
  }

  @Test
  void aFullQuotaIsNotWorthRetrying() throws Exception {
    try (var door =
        Door.open(
            (_, _) -> Future.failedFuture(AIError.of(ErrorCode.QUOTA_EXCEEDED, "Used up.")))) {
      var reply = door.post("/v1/functions/echo", "{\"input\": {\"text\": \"hi\"}}");

      assertThat(reply.headers().firstValue("x-should-retry")).contains("false");
    }
  }

  @Test
  void anUnexpectedFailureIsInternalAndLeaksNothing() throws Exception {
    try (var door =
        Door.open(
            (_, _) -> {
              throw new IllegalStateException("secret-detail at /etc/passwd");
            })) {
      var reply = door.post("/v1/functions/echo", "{\"input\": {\"text\": \"hi\"}}");

      assertThat(reply.statusCode()).isEqualTo(500);
      assertThat(reply.body()).contains("INTERNAL").doesNotContain("secret-detail");
      assertThat(door.served().failure().orElseThrow().getCause())
          .hasMessageContaining("secret-detail");
    }
  }

  @Test
  void theCatalogueIsListedWithSchemasAndExample() throws Exception {
    try (var door = Door.open()) {
      var list = Json.parse(door.get("/v1/functions").body());
      var one = Json.parse(door.get("/v1/functions/echo").body());

      assertThat(list.at("/data/0/name").textValue()).isEqualTo("echo");
      assertThat(list.at("/data/0/priced").booleanValue()).isTrue();
      assertThat(list.at("/meta/total").intValue()).isEqualTo(1);
      assertThat(one.at("/data/input_schema/type").textValue()).isEqualTo("object");
      assertThat(one.at("/data/example/text").textValue()).isEqualTo("hi");
      assertThat(door.get("/v1/functions/ecko").body()).contains("NOT_FOUND", "echo");
      assertThat(door.get("/v1/functions?limit=0").statusCode()).isEqualTo(400);
    }
  }

  @Test
  void aStrangerIsRefusedBeforeTheBodyIsRead() throws Exception {
    try (var door = Door.open();
        var raw = door.raw()) {
      raw.send(
          "POST /v1/functions/echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n{");

      assertThat(raw.readReply()).contains("401 ", "UNAUTHENTICATED", "x-request-id: ");
    }
  }

  @Test
  void aDrainingNodeRefusesAndCloses() throws Exception {
    try (var door = Door.open();
        var raw = door.raw()) {
      door.drain();

      raw.post("{\"input\": {\"text\": \"hi\"}}");

      assertThat(raw.readAll()).contains("503 ", "DRAINING", "connection: close");
    }
  }

  @Test
  void aDrainingNodeSpeaksTheShapeOfTheSurface() throws Exception {
    try (var door = Door.open();
        var raw = door.raw()) {
      door.drain();

      raw.send(
          "POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n\r\n{}");

      assertThat(raw.readAll()).contains("503 ", "\"weir_code\":\"DRAINING\"");
    }
  }
}
