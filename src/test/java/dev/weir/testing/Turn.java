package dev.weir.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What {@link FakeProvider} does with one request: a line of its script. Made by the static
 * methods, refined by the fluent ones: {@code status(429).retryAfter(2)}, {@code stream("a",
 * "b").cutAfter(1)}.
 */
public final class Turn {
  /** The kinds of behaviour. */
  enum Kind {
    ANSWER,
    RAW,
    HANG,
    RESET,
    FLOOD
  }

  final Kind kind;
  final List<String> parts;
  final Map<String, String> headers = new LinkedHashMap<>();
  final List<String> sources = new ArrayList<>();
  final List<byte[]> vectors = new ArrayList<>();
  int status = 200;
  Optional<String> body = Optional.empty();
  Optional<String> errorCode = Optional.empty();
  Optional<String> errorParam = Optional.empty();
  Duration delay = Duration.ZERO;
  Duration pace = Duration.ZERO;
  CompletableFuture<?> gate = CompletableFuture.completedFuture(null);
  int cutAfter = -1;
  int endAfter = -1;
  int errorAfter = -1;
  int stallAfter = -1;
  int slice;
  boolean usage = true;
  boolean done = true;
  String end = "completed";
  Optional<String> reason = Optional.empty();
  long inputTokens = 11;
  long outputTokens = 7;
  long searches = 1;

  private Turn(Kind kind, List<String> parts) {
    this.kind = kind;
    this.parts = parts;
  }

  /** A whole answer, in the protocol of the request; streamed word by word if it asks for that. */
  public static Turn answer(String text) {
    return new Turn(Kind.ANSWER, List.of(text.split("(?<= )")));
  }

  /** An answer in these pieces; joined if the request asks for a whole one. */
  public static Turn stream(String... parts) {
    return new Turn(Kind.ANSWER, List.of(parts));
  }

  /** An error status with the provider's error envelope. */
  public static Turn status(int status) {
    var turn = new Turn(Kind.RAW, List.of());
    turn.status = status;
    return turn;
  }

  /** A status 200 with exactly this body. */
  public static Turn raw(String body) {
    var turn = new Turn(Kind.RAW, List.of());
    turn.body = Optional.of(body);
    return turn;
  }

  /**
   * These vectors for the texts of a request, in its form. Other answers give vectors of the words
   * in each text: texts that share words have like ones.
   */
  public static Turn vectors(byte[]... vectors) {
    var turn = answer("");
    turn.vectors.addAll(List.of(vectors));
    return turn;
  }

  /** A page of HTML with status 200. */
  public static Turn garbage() {
    return raw("<html><body>It works!</body></html>").header("content-type", "text/html");
  }

  /** A body of so many bytes of valid JSON. */
  public static Turn oversized(int bytes) {
    return raw("{\"pad\":\"" + "x".repeat(bytes) + "\"}");
  }

  /** The request is read and never answered. */
  public static Turn hang() {
    return new Turn(Kind.HANG, List.of());
  }

  /** The connection is closed instead of an answer. */
  public static Turn reset() {
    return new Turn(Kind.RESET, List.of());
  }

  /** A stream without an end, written as fast as the reader takes it. */
  public static Turn flood() {
    return new Turn(Kind.FLOOD, List.of());
  }

  /** An Agent answer of status {@code completed}. */
  public static Turn agentCompleted(String text) {
    return answer(text);
  }

  /** An Agent answer that hit its cap. */
  public static Turn agentIncomplete(String text) {
    return answer(text).ending("incomplete").because("max_output_tokens");
  }

  /** An Agent failure under status 200. */
  public static Turn agentFailed(String code) {
    return answer("").ending("failed").errorCode(code);
  }

  /** An Agent cancellation under status 200. */
  public static Turn agentCancelled() {
    return answer("").ending("cancelled").errorCode("cancelled");
  }

  /** An Agent answer of any status, e.g. {@code queued}. */
  public static Turn agentStatus(String status) {
    return answer("").ending(status);
  }

  /**
   * Ends an Agent answer with this status, or a stream with this event; {@code error} is the bare
   * error event.
   */
  public Turn ending(String status) {
    end = status;
    return this;
  }

  /** The reason of an incomplete answer; for chat, the finish reason. */
  public Turn because(String why) {
    reason = Optional.of(why);
    return this;
  }

  /** The code of the error. */
  public Turn errorCode(String code) {
    errorCode = Optional.of(code);
    return this;
  }

  /** The field that the error names. */
  public Turn errorParam(String param) {
    errorParam = Optional.of(param);
    return this;
  }

  /** The body, whatever the status. */
  public Turn body(String text) {
    body = Optional.of(text);
    return this;
  }

  /** One more response header. */
  public Turn header(String name, String value) {
    headers.put(name, value);
    return this;
  }

  /** A {@code Retry-After} of so many seconds. */
  public Turn retryAfter(int seconds) {
    return header("retry-after", Integer.toString(seconds));
  }

  /** Waits before the head of the answer. */
  public Turn after(Duration wait) {
    delay = wait;
    return this;
  }

  /** Waits for this before the head of the answer; every request with this turn does. */
  public Turn once(CompletableFuture<?> opened) {
    gate = opened;
    return this;
  }

  /** Waits before each part of a stream. */
  public Turn drip(Duration wait) {
    pace = wait;
    return this;
  }

  /** Closes the connection after so many parts. */
  public Turn cutAfter(int sent) {
    cutAfter = sent;
    return this;
  }

  /** Ends the body properly after so many parts, but without the end of the answer. */
  public Turn endAfter(int sent) {
    endAfter = sent;
    return this;
  }

  /** Sends an error event after so many parts. */
  public Turn errorAfter(int sent) {
    errorAfter = sent;
    return this;
  }

  /** Falls silent after so many parts. */
  public Turn stallAfter(int sent) {
    stallAfter = sent;
    return this;
  }

  /** Writes a stream in slices of so many bytes, so that events and characters are torn apart. */
  public Turn slicedBy(int bytes) {
    slice = bytes;
    return this;
  }

  /** Reports no usage. */
  public Turn withoutUsage() {
    usage = false;
    return this;
  }

  /** Ends a chat stream without {@code [DONE]}. */
  public Turn withoutDone() {
    done = false;
    return this;
  }

  /** Reports these tokens. */
  public Turn tokens(long input, long output) {
    inputTokens = input;
    outputTokens = output;
    return this;
  }

  /** Names these pages as sources. */
  public Turn sources(String... urls) {
    sources.addAll(List.of(urls));
    return this;
  }
}
