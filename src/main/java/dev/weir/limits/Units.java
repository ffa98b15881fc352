package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.Ids;
import java.time.Duration;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * One subject's units in this process: its lease, how many are worth asking for, and those who wait
 * for one.
 *
 * <pre>
 * a unit is wanted:  lease has one            -> taken
 *                    none, limit used up      -> refused, and for a second without asking again
 *                    none                     -> waits; the desk asks
 * the desk's answer: units                    -> as many waiters go on
 *                    none, none elsewhere     -> all are refused
 *                    none, but elsewhere      -> recalled; asks again until they return or end
 * </pre>
 *
 * <p>Units are taken and put back on any thread; what talks to the ledger is confined to the desk.
 */
final class Units {
  /** Units that a subject asks for that was not seen lately. */
  private static final long FIRST_UNITS = 4;

  /**
   * A lease ends on our side so long before it does in Postgres, so that its report comes first.
   */
  private static final long MARGIN = Duration.ofSeconds(1).toNanos();

  /** A lease in use is followed by the next one so long before its end. */
  private static final long RENEWAL = Duration.ofMillis(2500).toNanos();

  private static final long WINDOW = Duration.ofSeconds(10).toNanos();
  private static final long TENTH = Duration.ofMillis(100).toNanos();
  private static final long REFUSAL = Duration.ofSeconds(1).toNanos();
  private static final Duration SOON = Duration.ofMillis(5);
  private static final long MANY = 8;

  private final Holder holder;
  private final LeaseDesk desk;
  private final Clock clock;
  private final Queue<Waiter> waiting = new ConcurrentLinkedQueue<>();

  private volatile Lease lease = Lease.NONE;
  private volatile @Nullable AIError refusal;
  private volatile long refusedUntil;
  private volatile boolean moreWanted;

  /** Confined to the desk, as are the next ones. */
  private long target = FIRST_UNITS;

  private long recallUntil;
  private int recalls;
  private long leftAtLastTending;

  Units(Holder holder, LeaseDesk desk, Clock clock) {
    this.holder = holder;
    this.desk = desk;
    this.clock = clock;
  }

  /** Those who wait for a unit. */
  Queue<Waiter> queue() {
    return waiting;
  }

  /** The newest lease, over or not; {@link Lease#NONE} before the first one. */
  Lease lease() {
    return lease;
  }

  /** Units that are in this process's hand. */
  long inHand(long now) {
    var current = lease;
    return current.fresh(now) ? current.left() : 0;
  }

  /** Takes a unit from the lease; null if that has none. */
  @Nullable Lease take(long now) {
    var current = lease;
    if (!current.take(now)) {
      return null;
    }
    if (current.low()) {
      moreWanted = true;
      desk.wantCalmly(holder);
    }
    return current;
  }

  /** Puts a unit back where it came from. */
  void putBack(Lease from) {
    if (!from.putBack()) {
      desk.giveBack(from.id(), 1, false);
    }
  }

  /** Why the subject is refused without asking again, for the moment. */
  Optional<AIError> refusal(long now) {
    return now - refusedUntil < 0 ? Optional.ofNullable(refusal) : Optional.empty();
  }

  /** Asks for units ahead of need, where none are in hand. */
  void ready(long now) {
    if (inHand(now) == 0 && refusal(now).isEmpty()) {
      moreWanted = true;
      desk.want(holder);
    }
  }

  // ---- what follows is confined to the desk

  /** Says what is wanted now; whether that is a lease. */
  boolean ask(long now, LeaseDesk.Wishes wishes) {
    var count = living();
    if (count > 0 && inHand(now) > 0) {
      // What is in hand was meant for those who were woken a moment ago; perhaps they leave some.
      wake(inHand(now));
      desk.wantLater(holder, SOON);
      return false;
    }
    if (count == 0 && !moreWanted) {
      return false;
    }
    moreWanted = false;
    var id = Ids.next(clock);
    if (count > 0) {
      end(lease);
    }
    wishes.take(
        holder,
        new Ledger.Take(id, count, Math.max(count, target)),
        (answer, sent) -> granted(id, count, answer, sent));
    return true;
  }

  /** The subject's limits are of this epoch: a lease of an older one admits nothing more. */
  void epoch(long newest) {
    if (newest > lease.epoch()) {
      end(lease);
    }
  }

  private void granted(UUID id, long asked, Ledger.Answer answer, long sent) {
    holder.learned(answer.standing());
    if (desk.closed()) {
      // It was under way when the leases were given back; nobody would give back this one.
      if (answer.granted() > 0) {
        desk.giveBack(id, answer.granted(), true);
      }
      Waiter.turnAway(waiting, Refusals.closing());
      return;
    }
    var now = clock.nanoTime();
    if (answer.granted() > 0) {
      open(id, answer, sent);
      recallUntil = 0;
      recalls = 0;
      refusedUntil = now;
      wake(answer.granted());
    }
    if (living() == 0) {
      return;
    }
    if (answer.granted() > 0 || asked == 0) {
      // Nobody waited when it was asked, so the ledger did not look at what others could give back.
      desk.want(holder);
    } else if (answer.standing().disabled()) {
      refuse(Refusals.disabled(), now);
    } else if (answer.standing().room() > 0) {
      desk.want(holder);
    } else if (answer.standing().room() + answer.elsewhere() <= 0) {
      refuse(Refusals.used(answer.standing()), now);
    } else {
      recalled(answer, now);
    }
  }

  /** The database refuses the subject: for a moment nobody asks again. */
  void refused() {
    recallUntil = 0;
    recalls = 0;
    refuse(Refusals.unkept(), clock.nanoTime());
  }

  private void open(UUID id, Ledger.Answer answer, long sent) {
    var granted = answer.granted();
    var lowWater = granted >= MANY ? granted / 5 : Long.MIN_VALUE;
    var before = lease;
    lease =
        new Lease(
            id,
            answer.standing().moment(),
            answer.standing().month(),
            answer.standing().epoch(),
            granted,
            sent,
            answer.timeToLive(),
            lowWater);
    leftAtLastTending = granted;
    replace(before);
    desk.active(holder);
  }

  /** Ends a lease and reports it; learns from it how much is worth asking for. */
  private void end(Lease ended) {
    var unused = seal(ended);
    if (unused >= 0) {
      desk.giveBack(ended.id(), unused, true);
    }
  }

  /** Ends one in whose place stands another: its report is in no hurry. */
  private void replace(Lease ended) {
    var unused = seal(ended);
    if (unused >= 0) {
      desk.giveBackCalmly(ended.id(), unused, true);
    }
  }

  private long seal(Lease ended) {
    var unused = ended.seal();
    if (unused < 0 || ended == Lease.NONE) {
      return -1;
    }
    var used = ended.granted() - unused;
    var elapsed = Math.max(TENTH, clock.nanoTime() - ended.anchorNanos());
    var perWindow = (long) Math.ceil((double) used / elapsed * WINDOW * 1.1);
    target = Math.max(FIRST_UNITS, Math.min(perWindow, 8 * Math.max(ended.granted(), FIRST_UNITS)));
    return unused;
  }

  /** Units are in other processes' hands, which were told; asks again until they return. */
  private void recalled(Ledger.Answer answer, long now) {
    if (recallUntil == 0) {
      recallUntil = now + answer.elsewhereFor().toNanos() + TENTH;
    }
    if (now - recallUntil > 0) {
      recallUntil = 0;
      recalls = 0;
      Waiter.turnAway(waiting, Refusals.elsewhere());
      return;
    }
    desk.wantLater(holder, Duration.ofMillis(Math.min(1000, 25L << Math.min(6, recalls++))));
  }

  private void wake(long most) {
    var woken = 0L;
    while (woken < most) {
      var waiter = waiting.poll();
      if (waiter == null) {
        return;
      }
      if (waiter.wake()) {
        woken++;
      }
    }
  }

  private void refuse(AIError why, long now) {
    refusal = why;
    refusedUntil = now + REFUSAL;
    Waiter.turnAway(waiting, why);
  }

  private long living() {
    waiting.removeIf(Waiter::gone);
    return waiting.size();
  }

  /** Another process waits for what this one may not need. */
  void recall() {
    refusedUntil = clock.nanoTime();
    if (living() == 0) {
      end(lease);
    }
  }

  /** The subject's limits changed. */
  void changed() {
    refusedUntil = clock.nanoTime();
    end(lease);
  }

  /** Ends the lease in time, or renews it; whether units were taken since the last tending. */
  boolean tend(long now) {
    var current = lease;
    var left = current.left();
    var used = left != leftAtLastTending;
    leftAtLastTending = left;
    if (!current.sealed() && current != Lease.NONE) {
      var remaining = current.nanosLeft(now);
      if (remaining < MARGIN) {
        end(current);
      } else if (remaining < RENEWAL && current.granted() - left >= MANY) {
        moreWanted = true;
        desk.wantCalmly(holder);
      }
    }
    return used;
  }

  /** Whether it would renew within moments: then it does so with whoever asks now. */
  boolean rides(long now) {
    var current = lease;
    var soon =
        !current.sealed()
            && current != Lease.NONE
            && current.nanosLeft(now) < 2 * RENEWAL
            && current.granted() - current.left() >= MANY;
    moreWanted |= soon;
    return soon;
  }

  /** Gives the lease back, for the end of the process. */
  void close() {
    end(lease);
  }

  /** Whether there is no lease, and nobody waits for one. */
  boolean resting() {
    return (lease.sealed() || lease == Lease.NONE) && waiting.isEmpty();
  }
}
