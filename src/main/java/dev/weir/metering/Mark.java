package dev.weir.metering;

import dev.weir.core.Usd;
import dev.weir.gateway.Debit;
import dev.weir.gateway.Target;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/** What the journal knows of a call, one mark after the other. */
sealed interface Mark {
  /** Whose mark it is. */
  UUID call();

  /** The call was admitted; the record is how it would be kept if nothing more came. */
  record Admitted(UsageRecord record) implements Mark {
    @Override
    public UUID call() {
      return record.id();
    }
  }

  /**
   * An attempt was about to go upstream.
   *
   * @param call whose attempt
   * @param attempt the attempt's id
   * @param at when
   * @param target whom it asks
   * @param promptCharacters the length of its prompt
   * @param searches searches that it makes in any case
   * @param debit on which accounts the call stands from here on: a lease may have been exchanged
   *     for another since it was admitted
   * @param progress how far it came, as its cell says: see {@link Progress}
   */
  record Sent(
      UUID call,
      UUID attempt,
      Instant at,
      Target target,
      long promptCharacters,
      int searches,
      Debit debit,
      Progress progress)
      implements Mark {}

  /** The call has ended. */
  record Finished(UsageRecord record) implements Mark {
    @Override
    public UUID call() {
      return record.id();
    }
  }

  /**
   * How far an attempt has come, in the one number that a cell holds: characters of the answer
   * while it runs; once it is settled, its cost.
   *
   * @param cell 0 or more: characters; below 0: {@code -2 - nano-dollars}, or -1 for a settled
   *     attempt whose model has no price
   */
  record Progress(long cell) {
    static final Progress NONE = new Progress(0);

    private static final long UNPRICED = -1;

    static Progress settled(Optional<Usd> cost) {
      return new Progress(cost.map(c -> UNPRICED - 1 - c.nanos()).orElse(UNPRICED));
    }

    boolean settled() {
      return cell < 0;
    }

    /** Of a settled attempt. */
    Optional<Usd> cost() {
      return cell == UNPRICED ? Optional.empty() : Optional.of(new Usd(UNPRICED - 1 - cell));
    }

    /** Of one that was under way. */
    long characters() {
      return Math.max(0, cell);
    }
  }
}
