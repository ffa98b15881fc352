package dev.weir.providers;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import io.netty.handler.codec.DecoderException;
import io.vertx.core.http.ConnectionPoolTooBusyException;
import java.time.Duration;
import javax.net.ssl.SSLException;

/** Failures of the connection to a provider, in words that name no host. */
final class Failures {
  private Failures() {}

  /**
   * The error for what the HTTP client reports.
   *
   * @param sent whether the request had gone out
   */
  static AIError of(Throwable failure, boolean sent) {
    var error =
        switch (failure) {
          case AIError already -> already;
          case ConnectionPoolTooBusyException _ ->
              AIError.of(
                  ErrorCode.OVERLOADED,
                  "Every connection to this provider is in use; try again in a moment.");
          case SSLException _ ->
              AIError.of(
                  ErrorCode.PROVIDER_UNREACHABLE,
                  "No trusted TLS connection to the provider could be made; an operator has to"
                      + " look at its base URL and certificate.");
          case DecoderException _, IllegalArgumentException _, IllegalStateException _ ->
              AIError.of(
                  ErrorCode.PROVIDER_ERROR, "The provider answered something that is not HTTP.");
          default ->
              AIError.of(
                  ErrorCode.PROVIDER_UNREACHABLE,
                  sent
                      ? "The connection to the provider broke before its answer was complete."
                      : "The provider could not be reached.");
        };
    return error == failure ? error : error.causedBy(failure);
  }

  /** The error for a call that comes, or still waits, when the connections close. */
  static AIError closing() {
    return AIError.of(ErrorCode.DRAINING, "This node is shutting down; try again.")
        .retryAfter(Duration.ofSeconds(1));
  }

  /** The error for an answer that stops in the middle. */
  static AIError truncated() {
    return AIError.of(
        ErrorCode.PROVIDER_ERROR,
        "The provider's stream ended before its answer was complete; what came is cut off.");
  }

  /** The error for an answer that is none. */
  static AIError senseless() {
    return AIError.of(
        ErrorCode.PROVIDER_ERROR, "The provider answered something that is no answer.");
  }

  /** The error for an answer over the bound. */
  static AIError oversized(int limit) {
    return AIError.of(
        ErrorCode.PROVIDER_ERROR,
        "The provider's answer is larger than " + (limit >> 20) + " MiB, the most that is read.");
  }
}
