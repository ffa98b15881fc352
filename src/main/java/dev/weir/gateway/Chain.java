package dev.weir.gateway;

import dev.weir.core.AIError;
import io.vertx.core.Future;
import java.util.List;

/**
 * The rest of a call's story, seen from one stage: a position in the list of stages. Immutable,
 * made once for all calls.
 */
public final class Chain {
  private final Stage stage;
  private final Chain rest;

  private Chain(Stage stage, Chain rest) {
    this.stage = stage;
    this.rest = rest;
  }

  /** The end of every chain, where nobody should arrive. */
  private Chain() {
    this.stage = Chain::refuse;
    this.rest = this;
  }

  /** The chain of these stages in this order; the last one must answer and never proceed. */
  public static Chain of(List<Stage> stages) {
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("a chain needs at least one stage");
    }
    var chain = new Chain();
    for (var stage : stages.reversed()) {
      chain = new Chain(stage, chain);
    }
    return chain;
  }

  /** Hands the call to the next stage. Whatever that throws becomes a failed future. */
  public Future<Reply> proceed(Exchange x) {
    try {
      return stage.handle(x, rest);
    } catch (RuntimeException e) {
      return Future.failedFuture(AIError.from(e));
    }
  }

  private static Future<Reply> refuse(Exchange x, Chain next) {
    throw new IllegalStateException("the last stage must answer, not proceed");
  }
}
