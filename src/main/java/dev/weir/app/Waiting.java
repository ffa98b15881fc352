package dev.weir.app;

import io.vertx.core.Future;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Waits for a future on the thread that starts and stops the service; never on an event loop. */
final class Waiting {
  private Waiting() {}

  /**
   * The future's value.
   *
   * @throws StartFailure if it fails or takes longer than {@code patience}; the message says what
   *     was waited for
   */
  static <T> T on(Future<T> future, Duration patience, String what) {
    try {
      return future
          .toCompletionStage()
          .toCompletableFuture()
          .get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      var cause = e.getCause() == null ? e : e.getCause();
      throw new StartFailure(what + ": " + cause.getMessage(), cause);
    } catch (TimeoutException e) {
      throw new StartFailure(what + ": not done within " + patience.toSeconds() + " s", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartFailure(what + ": interrupted", e);
    }
  }
}
