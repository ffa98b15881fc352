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
      tell(told, why);
    }
  }

  /** All of them, even if one throws: each has something to give back. What they threw goes on. */
  private static void tell(List<Consumer<AIError>> told, AIError why) {
    Optional<RuntimeException> thrown = Optional.empty();
    for (var listener : told) {
      try {
        listener.accept(why);
      } catch (RuntimeException e) {
        thrown.ifPresent(e::addSuppressed);
        thrown = Optional.of(e);
      }
    }
    if (thrown.isPresent()) {
      throw thrown.get();
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
