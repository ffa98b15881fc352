package dev.weir.http;

import dev.weir.config.HttpSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Locale;

/**
 * Reads a paused request's body into memory, within a size and a time. One per request; confined to
 * its event loop.
 */
final class BodyReader {
  private static final long MOST_DISCARDED = 64L << 20;

  private final HttpServerRequest request;
  private final HttpSettings settings;
  private final Promise<Buffer> whole = Promise.promise();
  private Buffer body = Buffer.buffer(0);
  private boolean growing;
  private boolean done;

  private BodyReader(HttpServerRequest request, HttpSettings settings) {
    this.request = request;
    this.settings = settings;
  }

  /**
   * Reads a JSON body.
   *
   * @return the bytes; or {@code UNSUPPORTED_MEDIA_TYPE}, {@code PAYLOAD_TOO_LARGE}, {@code
   *     REQUEST_TIMEOUT}, or {@code INVALID_REQUEST} for a broken one
   */
  static Future<Buffer> read(Vertx vertx, HttpServerRequest request, HttpSettings settings) {
    return new BodyReader(request, settings).read(vertx);
  }

  /**
   * Drops what is still coming of a request that was answered early, so that the caller reads the
   * reply instead of a reset connection; a caller who sends far too much is cut off.
   */
  static void discard(HttpServerRequest request) {
    var left = new long[] {MOST_DISCARDED};
    request.handler(
        chunk -> {
          left[0] -= chunk.length();
          if (left[0] < 0) {
            request.connection().close();
          }
        });
    request.resume();
  }

  private Future<Buffer> read(Vertx vertx) {
    checkType(request.getHeader(HttpHeaders.CONTENT_TYPE));
    checkEncoding(request.getHeader(HttpHeaders.CONTENT_ENCODING));
    if (declared() > settings.maxBodyBytes()) {
      throw tooLarge();
    }
    var timer = vertx.setTimer(settings.bodyTimeout().toMillis(), _ -> fail(late()));
    request.handler(this::chunk);
    request.endHandler(_ -> end());
    request.exceptionHandler(e -> fail(AIError.invalid("The body broke off.").causedBy(e)));
    if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
      var _ = request.response().writeContinue();
    }
    request.resume();
    return whole.future().onComplete(_ -> vertx.cancelTimer(timer));
  }

  private void chunk(Buffer chunk) {
    if (done) {
      return;
    }
    if ((long) body.length() + chunk.length() > settings.maxBodyBytes()) {
      fail(tooLarge());
    } else if (body.length() == 0) {
      body = chunk;
    } else {
      append(chunk);
    }
  }

  /** Grows with what has come, never with what was only announced. */
  private void append(Buffer chunk) {
    if (!growing) {
      growing = true;
      body = Buffer.buffer(2 * (body.length() + chunk.length())).appendBuffer(body);
    }
    body.appendBuffer(chunk);
  }

  private void end() {
    ConnectionGuard.bodyFault(request.connection()).ifPresentOrElse(this::fail, this::complete);
  }

  private void complete() {
    if (!done) {
      done = true;
      whole.complete(body);
    }
  }

  private void fail(AIError why) {
    if (!done) {
      done = true;
      body = Buffer.buffer(0);
      whole.fail(why);
    }
  }

  /** The Content-Length, which Netty has checked; 0 if there is none. */
  private long declared() {
    var length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    try {
      return length == null ? 0 : Long.parseLong(length);
    } catch (NumberFormatException _) {
      return 0;
    }
  }

  private AIError tooLarge() {
    return AIError.of(
            ErrorCode.PAYLOAD_TOO_LARGE,
            "The body is over the limit of " + settings.maxBodyBytes() + " bytes; send less.")
        .with("limit_bytes", settings.maxBodyBytes());
  }

  private AIError late() {
    return AIError.of(
            ErrorCode.REQUEST_TIMEOUT,
            "The body was not complete within "
                + settings.bodyTimeout().toMillis()
                + " ms; send it faster.")
        .retryAfter(Duration.ofSeconds(1));
  }

  private static void checkType(@org.jspecify.annotations.Nullable String header) {
    if (header == null) {
      return;
    }
    var parts = header.toLowerCase(Locale.ROOT).split(";", -1);
    var type = parts[0].strip();
    if (!type.equals("application/json")
        && !(type.startsWith("application/") && type.endsWith("+json"))) {
      throw AIError.of(
          ErrorCode.UNSUPPORTED_MEDIA_TYPE,
          "The body must be JSON; send content-type: application/json.");
    }
    for (var i = 1; i < parts.length; i++) {
      var parameter = parts[i].strip().replace("\"", "");
      if (parameter.startsWith("charset=") && !parameter.equals("charset=utf-8")) {
        throw AIError.of(
            ErrorCode.UNSUPPORTED_MEDIA_TYPE, "JSON is UTF-8; send the body in that charset.");
      }
    }
  }

  private static void checkEncoding(@org.jspecify.annotations.Nullable String header) {
    if (header != null && !header.strip().equalsIgnoreCase("identity")) {
      throw AIError.of(
          ErrorCode.UNSUPPORTED_MEDIA_TYPE,
          "Compressed bodies are not read; send the body without content-encoding.");
    }
  }
}
