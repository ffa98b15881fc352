package dev.weir.gateway;

import dev.weir.core.Usd;
import io.vertx.core.Future;
import java.util.Optional;

/**
 * Where a call leaves durable marks of how far it has come, for whoever has to bill it when the
 * process dies in between. Confined to the call's event loop.
 */
public interface CallMarks {
  /** Of a call that nobody would bill: nothing is kept. */
  CallMarks NONE =
      new CallMarks() {
        @Override
        public Future<Void> admitted(Exchange x) {
          return Future.succeededFuture();
        }

        @Override
        public Optional<OfAttempt> attempt(Exchange x) {
          return Optional.of(OfAttempt.NONE);
        }
      };

  /**
   * Marks that the call is admitted. It is, whatever becomes of the future, which succeeds when the
   * mark is as durable as the settings demand.
   */
  Future<Void> admitted(Exchange x);

  /**
   * Takes room for the marks of the attempt under way; empty if there is none, and then the attempt
   * must not be sent.
   */
  Optional<OfAttempt> attempt(Exchange x);

  /** The marks of one attempt. */
  interface OfAttempt {
    /** Nothing is kept. */
    OfAttempt NONE =
        new OfAttempt() {
          @Override
          public void sent() {}

          @Override
          public void produced(int characters) {}

          @Override
          public void settled(Optional<Usd> cost) {}
        };

    /** The first byte is about to go upstream: from here on it may cost money. */
    void sent();

    /** So many characters of an answer have come. */
    void produced(int characters);

    /** It has ended; its cost is known, or known to have no price. */
    void settled(Optional<Usd> cost);
  }
}
