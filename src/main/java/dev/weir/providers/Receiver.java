package dev.weir.providers;

import dev.weir.core.AIError;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;

/**
 * Receives what a provider sends back over one call: at most one head, bytes, and exactly one end.
 * Confined to the call's event loop.
 */
interface Receiver {
  /** The head of the response, before its body. */
  void head(int status, MultiMap headers);

  /** More of the body. */
  void bytes(Buffer chunk);

  /** The body is complete. */
  void end();

  /** There will be no more: it broke, was refused, was never sent, or was cancelled. */
  void fail(AIError error);
}
