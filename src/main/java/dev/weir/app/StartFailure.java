package dev.weir.app;

/** Why the service does not start, in a sentence for the operator that says what to do. */
final class StartFailure extends RuntimeException {
  StartFailure(String message) {
    super(message);
  }

  StartFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
