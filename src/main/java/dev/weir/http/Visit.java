package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Origin;
import dev.weir.wire.CorrelationId;
import dev.weir.wire.Envelope;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * One HTTP request with its id and its one reply. Every reply leaves through here, so none lacks
 * the headers that all carry. Confined to its event loop.
 */
final class Visit {
  private static final int CLIENT_CLOSED = ErrorCode.CANCELLED.status();

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Clock clock;
  private final UUID id;
  private final Optional<String> correlation;
  private final long arrived;
  private final BooleanSupplier draining;
  private final Consumer<Visit> onOver;

  private String route = "none";
  private Envelope envelope = Envelope.FUNCTIONS;
  private Optional<Exchange> call = Optional.empty();
  private Optional<AIError> failure = Optional.empty();
  private Runnable onGone = () -> {};
  private boolean closing;
  private boolean over;
  private boolean gone;

  /**
   * A request whose head is here.
   *
   * @param draining whether the node is shutting down: connections are closed after their reply
   * @param onOver told once, when the reply is written or the caller is gone
   */
  Visit(
      HttpServerRequest request,
      Clock clock,
      Cors cors,
      BooleanSupplier draining,
      Consumer<Visit> onOver) {
    this.request = request;
    this.response = request.response();
    this.clock = clock;
    this.id = Ids.next(clock);
    this.correlation =
        CorrelationId.valid(request.getHeader("x-correlation-id"))
            .or(() -> CorrelationId.valid(request.getHeader("x-request-id")));
    this.arrived = clock.nanoTime();
    this.draining = draining;
    this.onOver = onOver;
    cors.mark(request.headers(), response.headers());
    var headers = response.headers();
    headers.set("x-request-id", id.toString());
    correlation.ifPresent(value -> headers.set("x-correlation-id", value));
    headers.set("x-content-type-options", "nosniff").set(HttpHeaders.CACHE_CONTROL, "no-store");
    response.closeHandler(_ -> leave());
  }

  HttpServerRequest request() {
    return request;
  }

  HttpServerResponse response() {
    return response;
  }

  MultiMap headers() {
    return request.headers();
  }

  UUID id() {
    return id;
  }

  Clock clock() {
    return clock;
  }

  /** Where and when the call came in. */
  Origin origin(Origin.Door door) {
    return new Origin(id, correlation, door, arrived);
  }

  /** Whether the caller went away before the reply was written. */
  boolean gone() {
    return gone;
  }

  /** Remembers which endpoint it is and how that writes errors. */
  void at(String route, Envelope envelope) {
    this.route = route;
    this.envelope = envelope;
  }

  /** Remembers the call it became. */
  void became(Exchange exchange) {
    call = Optional.of(exchange);
  }

  /** Sets what happens when the caller goes away before the reply is written. */
  void onGone(Runnable action) {
    onGone = action;
    if (gone) {
      action.run();
    }
  }

  /** Closes the connection after the reply. */
  void closeAfterwards() {
    closing = true;
  }

  /** Goes on with a result; whatever fails before or then becomes the reply. */
  <T> void with(Future<T> result, Consumer<T> then) {
    result
        .map(
            value -> {
              then.accept(value);
              return value;
            })
        .onFailure(e -> fail(AIError.from(e)));
  }

  /** The reply: JSON. */
  void reply(int status, JsonNode body) {
    reply(status, "application/json", Json.write(body));
  }

  /** The reply: bytes of some type. */
  void reply(int status, String contentType, Buffer body) {
    if (over || response.ended()) {
      return;
    }
    response.setStatusCode(status).putHeader(HttpHeaders.CONTENT_TYPE, contentType);
    finishHead();
    if (request.method().equals(HttpMethod.HEAD)) {
      response.putHeader(HttpHeaders.CONTENT_LENGTH, String.valueOf(body.length()));
      end(Buffer.buffer());
    } else {
      end(body);
    }
  }

  /** A reply without a body. */
  void replyEmpty(int status) {
    response.setStatusCode(status);
    finishHead();
    end(Buffer.buffer());
  }

  /** The reply: an error in the surface's own envelope, with what it advises about retrying. */
  void fail(AIError error) {
    if (over || response.headWritten()) {
      return;
    }
    failed(error);
    if (error.code() == ErrorCode.CANCELLED && gone) {
      return;
    }
    var headers = response.headers();
    error.retryAfter().ifPresent(wait -> retryAfter(headers, wait));
    call.ifPresent(x -> WeirHeaders.failed(x, headers));
    headers.set("x-should-retry", String.valueOf(error.code().retryable()));
    closing |= error.code() == ErrorCode.REQUEST_TIMEOUT;
    reply(error.code().status(), envelope.error(error, id));
  }

  /** Notes a failure that is told in some other way than by the status. */
  void failed(AIError error) {
    failure = Optional.of(error);
  }

  /** Begins a streamed reply; the stream then writes to the response and calls {@link #end}. */
  void beginStream() {
    response.setStatusCode(200).setChunked(true);
    response.putHeader(HttpHeaders.CONTENT_TYPE, "text/event-stream; charset=utf-8");
    response.putHeader("x-accel-buffering", "no");
    finishHead();
  }

  /**
   * Begins a reply that is saved as a file; its bytes then go to the response, and {@link #end}.
   */
  void beginDownload(String contentType, String file) {
    response.setStatusCode(200).setChunked(true);
    response.putHeader(HttpHeaders.CONTENT_TYPE, contentType);
    response.putHeader("content-disposition", "attachment; filename=\"" + file + "\"");
    finishHead();
  }

  /**
   * Ends a reply that cannot be finished: by an error if nothing of it is sent yet, else by cutting
   * the connection, which tells the reader that this is not all.
   */
  void breakOff(AIError error) {
    if (response.headWritten()) {
      failed(error);
      request.connection().close();
    } else {
      response.headers().remove("content-disposition");
      fail(error);
    }
  }

  /** Ends the reply with these last bytes. */
  void end(Buffer last) {
    if (over) {
      return;
    }
    over = true;
    var written = response.end(last);
    if (closing || !request.isEnded()) {
      written.onComplete(_ -> settle());
    }
    onOver.accept(this);
  }

  /** What became of it. */
  AccessListener.Served served() {
    return new AccessListener.Served(
        id,
        correlation,
        request.method().name(),
        route,
        gone ? CLIENT_CLOSED : response.getStatusCode(),
        failure,
        call,
        Duration.ofNanos(clock.nanoTime() - arrived));
  }

  private void finishHead() {
    closing |= draining.getAsBoolean();
    if (closing) {
      response.putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
    }
    call.flatMap(x -> x.tally().allowance())
        .ifPresent(left -> RateLimitHeaders.set(left, response.headers()));
    response.putHeader("server-timing", timing());
  }

  private String timing() {
    var total = "total;dur=" + millis(clock.nanoTime() - arrived);
    return call.flatMap(
            x -> x.tally().attempts().stream().map(a -> a.took()).reduce(Duration::plus))
        .map(took -> total + ", upstream;dur=" + millis(took.toNanos()))
        .orElse(total);
  }

  private static String millis(long nanos) {
    var micros = nanos / 1000;
    return micros / 1000 + "." + String.valueOf(1000 + micros % 1000).substring(1, 3);
  }

  private static void retryAfter(MultiMap headers, Duration wait) {
    var millis = Math.max(0, wait.toMillis());
    headers
        .set("retry-after", String.valueOf(Math.ceilDiv(millis, 1000)))
        .set("retry-after-ms", String.valueOf(millis));
  }

  /** After the reply: what is still coming of the request is read and dropped, within bounds. */
  private void settle() {
    if (request.isEnded() || tooSlow()) {
      if (closing) {
        request.connection().close();
      }
      return;
    }
    if (closing) {
      request.endHandler(_ -> request.connection().close());
    }
    BodyReader.discard(request);
  }

  private boolean tooSlow() {
    return failure.filter(e -> e.code() == ErrorCode.REQUEST_TIMEOUT).isPresent();
  }

  private void leave() {
    if (!over) {
      over = true;
      gone = true;
      try {
        onGone.run();
      } finally {
        onOver.accept(this);
      }
    }
  }
}
