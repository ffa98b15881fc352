package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.testing.Eventually;
import io.vertx.core.Future;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Streams over real sockets: what is written, how fast, and what happens when a caller leaves. */
class StreamingIT {
  private static final String CALL = "{\"input\": {\"text\": \"hi\"}, \"stream\": true}";

  @Test
  void aFunctionStreamsDeltasThenResultThenMeta() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      var reply = CompletableFuture.supplyAsync(() -> post(door, "/v1/functions/echo", CALL));
      stream.text("hel");
      stream.text("lo");
      stream.end(Door.answer("hello"));

      var events = reply.get(10, TimeUnit.SECONDS).split("\n\n");

      assertThat(events[0]).isEqualTo("event: delta\ndata: {\"text\":\"hel\"}");
      assertThat(events[1]).isEqualTo("event: delta\ndata: {\"text\":\"lo\"}");
      assertThat(events[2]).isEqualTo("event: result\ndata: \"hello\"");
      assertThat(events[3]).startsWith("event: meta\ndata: {").contains("\"request_id\"");
      assertThat(events).hasSize(4);
    }
  }

  @Test
  void aPartialValueFollowsTheDeltaThatMadeIt() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      var reply = CompletableFuture.supplyAsync(() -> post(door, "/v1/functions/echo", CALL));
      stream.partial("{\"a\": 1", Json.parse("{\"a\": 1}"));
      stream.end(Door.answer("{}"));

      var events = reply.get(10, TimeUnit.SECONDS).split("\n\n");

      assertThat(events[0]).startsWith("event: delta\n");
      assertThat(events[1]).isEqualTo("event: partial\ndata: {\"a\":1}");
      assertThat(events[2]).startsWith("event: result\n");
    }
  }

  @Test
  void aBrokenFunctionStreamEndsWithAnErrorEventAndMeta() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      var reply = CompletableFuture.supplyAsync(() -> post(door, "/v1/functions/echo", CALL));
      stream.text("hel");
      stream.fail(AIError.of(ErrorCode.PROVIDER_ERROR, "The provider broke off."));

      var events = reply.get(10, TimeUnit.SECONDS).split("\n\n");

      assertThat(events[1]).startsWith("event: error\ndata: {\"code\":\"PROVIDER_ERROR\"");
      assertThat(events[2]).startsWith("event: meta");
    }
  }

  @Test
  void aStreamThatFailsBeforeItsFirstPartHasAProperStatus() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      var reply =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return door.post("/v1/functions/echo", CALL);
                } catch (Exception e) {
                  throw new IllegalStateException(e);
                }
              });
      stream.fail(AIError.of(ErrorCode.PROVIDER_UNREACHABLE, "Not there."));

      assertThat(reply.get(10, TimeUnit.SECONDS).statusCode()).isEqualTo(502);
    }
  }

  @Test
  void aWholeAnswerIsStreamedToACallerWhoAskedForAStream() throws Exception {
    try (var door = Door.open()) {
      var body = post(door, "/v1/functions/echo", CALL);

      assertThat(body).contains("event: delta", "event: result\ndata: \"hello\"", "event: meta");
    }
  }

  @Test
  void aCallerWhoLeavesCancelsItsStreamAtOnce() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      try (var raw = door.raw()) {
        raw.post(CALL);
        stream.text("hel");
        raw.readUntil("hel");
      }

      assertThat(stream.cancelled.get(10, TimeUnit.SECONDS).code()).isEqualTo(ErrorCode.CANCELLED);
      assertThat(door.served().status()).isEqualTo(499);
      assertThat(door.api().inFlight()).isZero();
    }
  }

  @Test
  void aCallerWhoLeavesWhileItWaitsCancelsItsCall() throws Exception {
    var cancelled = new CompletableFuture<AIError>();
    var arrived = new CompletableFuture<Void>();
    try (var door =
        Door.open(
            (x, _) -> {
              x.cancellation().onCancel(cancelled::complete);
              arrived.complete(null);
              return Future.future(_ -> {});
            })) {
      try (var raw = door.raw()) {
        raw.post("{\"input\": {\"text\": \"hi\"}}");
        arrived.get(10, TimeUnit.SECONDS);
        assertThat(door.api().inFlight()).isEqualTo(1);
      }

      assertThat(cancelled.get(10, TimeUnit.SECONDS).code()).isEqualTo(ErrorCode.CANCELLED);
    }
  }

  @Test
  void aCallerWhoDoesNotReadPausesTheProviderAndOneWhoReadsAgainResumesIt() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x));
        var raw = door.raw()) {
      raw.post(CALL);
      var piece = "x".repeat(100_000);
      var pieces = 0;
      // A short rest is one in which the socket takes a little more; the last one stays.
      for (var still = 0; pieces < 200 && still < 500; still++) {
        if (!stream.resting()) {
          stream.text(piece);
          pieces++;
          still = 0;
        }
        stream.turn();
      }
      assertThat(pieces).as("paused for good within 20 MB").isLessThan(200);

      raw.readUntil("x".repeat(50_000));
      CompletableFuture.runAsync(() -> drain(raw));

      Eventually.until("the provider is resumed", () -> !stream.resting());
      stream.end(Door.answer("all"));
      assertThat(door.served().status()).isEqualTo(200);
    }
  }

  @Test
  void theChatSurfaceRendersWhatNoProviderWroteInItsShape() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      var reply =
          CompletableFuture.supplyAsync(
              () ->
                  post(
                      door,
                      "/v1/chat/completions",
                      """
                      {"model": "sonar", "stream": true, "stream_options": {"include_usage": true},
                       "messages": [{"role": "user", "content": "hi"}]}
                      """));
      stream.text("hel");
      stream.text("lo");
      stream.end(Door.answer("hello"));

      var events = reply.get(10, TimeUnit.SECONDS).split("\n\n");

      assertThat(chunk(events[0]).at("/choices/0/delta/role").textValue()).isEqualTo("assistant");
      assertThat(chunk(events[1]).at("/choices/0/delta/content").textValue()).isEqualTo("hel");
      assertThat(chunk(events[1]).path("object").textValue()).isEqualTo("chat.completion.chunk");
      assertThat(chunk(events[1]).path("model").textValue()).isEqualTo("sonar");
      assertThat(chunk(events[2]).at("/choices/0/delta/content").textValue()).isEqualTo("lo");
      assertThat(chunk(events[3]).at("/choices/0/finish_reason").textValue()).isEqualTo("stop");
      assertThat(chunk(events[3]).at("/citations/0").textValue())
          .isEqualTo("https://example.org/a");
      assertThat(chunk(events[4]).path("choices")).isEmpty();
      assertThat(chunk(events[4]).at("/usage/completion_tokens").intValue()).isEqualTo(34);
      assertThat(events[5]).startsWith(": weir {");
      assertThat(events[6]).isEqualTo("data: [DONE]");
    }
  }

  @Test
  void theChatSurfaceForwardsAProvidersOwnEventsUntouched() throws Exception {
    var stream = new ScriptedStream();
    var own = "data: {\"id\":\"x\",  \"odd\":1,\"choices\":[{\"delta\":{\"content\":\"hi\"}}]}\n\n";
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      var reply = CompletableFuture.supplyAsync(() -> post(door, "/v1/chat/completions", chat()));
      stream.wire("hi", own);
      stream.end(Door.answer("hi"));

      assertThat(reply.get(10, TimeUnit.SECONDS))
          .startsWith(own + ": weir {")
          .endsWith("\n\ndata: [DONE]\n\n");
    }
  }

  @Test
  void aBrokenChatStreamEndsWithAnErrorAndWithoutDone() throws Exception {
    var stream = new ScriptedStream();
    try (var door = Door.open((x, _) -> stream.answer(x))) {
      var reply = CompletableFuture.supplyAsync(() -> post(door, "/v1/chat/completions", chat()));
      stream.text("hi");
      stream.fail(AIError.of(ErrorCode.TIMEOUT, "Too late."));

      assertThat(reply.get(10, TimeUnit.SECONDS))
          .contains("data: {\"error\":{\"message\":\"Too late.\",\"type\":\"server_error\"")
          .doesNotContain("[DONE]");
    }
  }

  private static String chat() {
    return "{\"model\": \"sonar\", \"stream\": true,"
        + " \"messages\": [{\"role\": \"user\", \"content\": \"hi\"}]}";
  }

  private static com.fasterxml.jackson.databind.JsonNode chunk(String event) {
    return Json.parse(event.substring("data: ".length()));
  }

  private static String post(Door door, String path, String body) {
    try {
      return door.post(path, body).body();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void drain(RawClient raw) {
    try {
      raw.readAll();
    } catch (java.io.IOException _) {
      // The test is over.
    }
  }
}
