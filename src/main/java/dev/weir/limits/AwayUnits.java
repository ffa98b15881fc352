package dev.weir.limits;

import dev.weir.core.Clock;
import dev.weir.core.Ids;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a tier lets in while the ledger is away and the leases are used up: so many units of one
 * subject in this process, counted like a lease's and charged when the ledger is back (LEDGER
 * section 7). Thread-safe.
 */
final class AwayUnits {
  private static final Duration LONG = Duration.ofDays(1);

  private final Holder holder;
  private final LeaseDesk desk;
  private final Clock clock;

  /** Guarded by this. */
  private @Nullable Lease open;

  AwayUnits(Holder holder, LeaseDesk desk, Clock clock) {
    this.holder = holder;
    this.desk = desk;
    this.clock = clock;
  }

  /** One unit; null if the policy has none. */
  synchronized @Nullable Lease take(long now) {
    var known = holder.standing();
    if (known.isEmpty() || !lenient(known.get())) {
      return null;
    }
    var units = open;
    if (units == null) {
      units = units(known.get(), now);
      open = units;
      desk.owes(holder);
    }
    return units.take(now) ? units : null;
  }

  private Lease units(Standing known, long now) {
    var moment = holder.databaseTime(now);
    return new Lease(
        Ids.next(clock),
        moment,
        moment.atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1),
        known.epoch(),
        isUser() ? known.away().calls() : Long.MAX_VALUE,
        now,
        LONG,
        Long.MIN_VALUE);
  }

  /** Keys and teams have no policy of their own: without limits they follow the user's. */
  private boolean lenient(Standing known) {
    return isUser() ? known.away().open() : !known.limited();
  }

  private boolean isUser() {
    return holder.subject().kind() == Subject.Kind.USER;
  }

  /** Charges what was let in; whether that was something. */
  synchronized boolean ledgerBack(LeaseDesk.Wishes wishes) {
    var units = open;
    if (units == null) {
      return false;
    }
    open = null;
    var used = units.granted() - Math.max(0, units.seal());
    if (used > 0) {
      wishes.take(
          holder,
          new Ledger.Take(units.id(), 0, -used, Optional.of(units.month())),
          (answer, _) -> {
            holder.knows(answer.standing());
            desk.giveBack(units.id(), 0, true);
          });
    }
    return used > 0;
  }

  synchronized boolean nothing() {
    return open == null;
  }
}
