package dev.weir.gateway;

import dev.weir.core.AIError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Ends a call early, from whichever side: the client went away, the deadline passed, the node
 * stops. The first reason counts. Confined to the call's event loop.
 */
public final class Cancellation {
  private final List<Consumer<AIError>> listeners = new ArrayList<>(2);
  private Optional<AIError> reason = Optional.empty();

  /**
   * Ends the call for this reason, which every listener is told at once; later reasons are ignored.
   */
  public void cancel(AIError why) {
    if (reason.isEmpty()) {
      reason = Optional.of(why);
      var told = List.copyOf(listeners);
      listeners.clear();
      told.forEach(listener -> listener.accept(why));
    }
  }

  /** Why the call ended early, or empty while it may go on. */
  public Optional<AIError> reason() {
    return reason;
  }

  /**
   * Tells {@code listener} when the call is cancelled; at once if it already is.
   *
   * @return removes the listener; harmless after it was told
   */
  public Runnable onCancel(Consumer<AIError> listener) {
    if (reason.isPresent()) {
      listener.accept(reason.get());
      return () -> {};
    }
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }
}
