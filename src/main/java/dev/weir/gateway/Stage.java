package dev.weir.gateway;

import io.vertx.core.Future;

/**
 * One concern in the story of a call. A stage does its part before and after {@code
 * next.proceed(x)}, may answer without proceeding, and may proceed more than once. It fails with an
 * {@link dev.weir.core.AIError} in the future and throws nothing. Called on the event loop of the
 * call; never blocks.
 */
@FunctionalInterface
public interface Stage {
  /** Handles the call {@code x}; {@code next} is the rest of the story. */
  Future<Reply> handle(Exchange x, Chain next);
}
