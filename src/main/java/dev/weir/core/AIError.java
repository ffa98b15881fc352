package dev.weir.core;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The one failure that travels through Weir: a code of the catalogue, a message for the caller, and
 * optionally when to come back and machine-readable details.
 *
 * <p>The message says what happened, which limit, and what to do. It is sent to callers as it
 * stands, so it never carries a secret, a prompt, an answer, an upstream host or another user's
 * data. The cause is for the log only. Immutable; made without a stack trace, since it is an
 * outcome and not a fault of the code.
 */
public final class AIError extends RuntimeException {
  private final ErrorCode code;
  private final transient Optional<Duration> retryAfter;
  private final transient Map<String, Object> details;

  private AIError(
      ErrorCode code,
      String message,
      Optional<Duration> retryAfter,
      Map<String, Object> details,
      Optional<Throwable> cause) {
    super(message, cause.orElse(null), false, false);
    this.code = code;
    this.retryAfter = retryAfter;
    this.details = details;
  }

  /** An error with a code and a message for the caller. */
  public static AIError of(ErrorCode code, String message) {
    return new AIError(code, message, Optional.empty(), Map.of(), Optional.empty());
  }

  /** Shorthand for {@link ErrorCode#INVALID_REQUEST}. */
  public static AIError invalid(String message) {
    return of(ErrorCode.INVALID_REQUEST, message);
  }

  /**
   * Any failure as an {@code AIError}: itself if it is one, else {@link ErrorCode#INTERNAL} with it
   * as the cause.
   */
  public static AIError from(Throwable failure) {
    return failure instanceof AIError error
        ? error
        : of(
                ErrorCode.INTERNAL,
                "Something went wrong inside Weir; the log has it under this request id.")
            .causedBy(failure);
  }

  /** The same error with what lies behind it, which is logged and never sent. */
  public AIError causedBy(Throwable cause) {
    return new AIError(code, message(), retryAfter, details, Optional.of(cause));
  }

  /** The same error with the time after which trying again makes sense. */
  public AIError retryAfter(Duration wait) {
    return new AIError(
        code, message(), Optional.of(wait), details, Optional.ofNullable(getCause()));
  }

  /**
   * The same error with one more detail: a string, number, boolean, or a list or map of those. It
   * is sent to the caller, under the rules of the message.
   */
  public AIError with(String name, Object value) {
    var more = new LinkedHashMap<>(details);
    more.put(name, value);
    return new AIError(
        code, message(), retryAfter, Map.copyOf(more), Optional.ofNullable(getCause()));
  }

  /** The code of the catalogue. */
  public ErrorCode code() {
    return code;
  }

  /** The message for the caller; never empty. */
  public String message() {
    return String.valueOf(getMessage());
  }

  /** When to come back, where that is known. */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }

  /** Machine-readable details for the caller; empty if there are none. */
  public Map<String, Object> details() {
    return details;
  }
}
