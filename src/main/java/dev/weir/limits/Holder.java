package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.Ids;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * All that this process has of one subject: its lease, what Postgres last said of it, who waits for
 * a unit, and with {@link Budget} and {@link AwayUnits} its money and what is let in without
 * Postgres. One per subject and process, shared by all event loops.
 *
 * <p>Units and money are taken on any thread by one atomic or one short lock. Whatever talks to the
 * ledger ({@link #ask} and what follows it, {@link #tend}) runs on the desk's own context alone.
 *
 * <pre>
 * a unit is wanted:  lease has one            -> taken
 *                    none, limit used up      -> refused, and for a second without asking again
 *                    none                     -> waits; the desk asks
 * the desk's answer: units                    -> as many waiters go on
 *                    none, none elsewhere     -> all are refused
 *                    none, but elsewhere      -> recalled; asks again until they return or end
 * </pre>
 */
final class Holder {
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
  private static final long IDLE = Duration.ofSeconds(60).toNanos();
  private static final Duration SOON = Duration.ofMillis(5);
  private static final long MANY = 8;

  private final Subject subject;
  private final LeaseDesk desk;
  private final Clock clock;
  private final Budget budget;
  private final AwayUnits away;

  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicBoolean queued = new AtomicBoolean();
  private final ConcurrentLinkedQueue<Waiter> units = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Waiter> looks = new ConcurrentLinkedQueue<>();
  private final TokenBucket burst = new TokenBucket();
  private final TokenBucket tokens = new TokenBucket();

  private volatile Lease lease = Lease.NONE;
  private volatile @Nullable Standing standing;
  private volatile @Nullable AIError refusal;
  private volatile long refusedUntil;
  private volatile boolean moreWanted;
  private volatile boolean retired;

  /** Confined to the desk, as are the next ones. */
  private long target = FIRST_UNITS;

  private long recallUntil;
  private int recalls;
  private long lastUsed;
  private long leftAtLastTending;

  Holder(Subject subject, LeaseDesk desk, Clock clock) {
    this.subject = subject;
    this.desk = desk;
    this.clock = clock;
    this.budget = new Budget(this, desk, clock);
    this.away = new AwayUnits(this, desk, clock);
    this.lastUsed = clock.nanoTime();
  }

  Subject subject() {
    return subject;
  }

  Optional<Standing> standing() {
    return Optional.ofNullable(standing);
  }

  /** Calls that hold a unit of it here and have not ended. */
  AtomicInteger inFlight() {
    return inFlight;
  }

  TokenBucket burst() {
    return burst;
  }

  TokenBucket tokens() {
    return tokens;
  }

  /** Tokens a minute that are this process's part of the limit, or no limit. */
  static long tokensPerMinute(Standing known) {
    var all = known.bounds().tokensPerMinute();
    return all == Standing.NO_LIMIT ? all : Math.max(1, all / known.replicas());
  }

  /** Tokens of the minute that this process may still let through. */
  long tokensLeft(long now) {
    var known = standing;
    return known == null || known.bounds().tokensPerMinute() == Standing.NO_LIMIT
        ? Standing.NO_LIMIT
        : tokens.level(tokensPerMinute(known), now);
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
      desk.wantCalmly(this);
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

  /** Waits for a unit; false if this holder is not the subject's any more. */
  synchronized boolean wait(Waiter waiter) {
    return wait(waiter, units);
  }

  /** Waits for money. */
  synchronized boolean waitForMoney(Waiter waiter) {
    return wait(waiter, budget.queue());
  }

  /** Waits for the next standing. */
  synchronized boolean look(Waiter waiter) {
    return wait(waiter, looks);
  }

  private boolean wait(Waiter waiter, Queue<Waiter> queue) {
    if (retired) {
      return false;
    }
    queue.add(waiter);
    desk.want(this);
    return true;
  }

  /** The account of a month, opened where there is none. */
  Purse purse(LocalDate month) {
    return budget.purse(month);
  }

  /** Marks it as waiting at the desk; false if it was. */
  boolean enqueue() {
    return queued.compareAndSet(false, true);
  }

  // ---- what follows is confined to the desk

  /** Asks for units ahead of need, where none are in hand: a call waits for another subject's. */
  void ready(long now) {
    if (inHand(now) == 0 && refusal(now).isEmpty()) {
      moreWanted = true;
      desk.want(this);
    }
  }

  /** Says what this subject wants now. */
  void ask(long now, LeaseDesk.Wishes wishes) {
    queued.set(false);
    if (desk.closed()) {
      turnAway(units, Refusals.closing());
      turnAway(budget.queue(), Refusals.closing());
      moreWanted = false;
    }
    var waiting = living(units);
    if (waiting > 0 && inHand(now) > 0) {
      // What is in hand was meant for those who were woken a moment ago; perhaps they leave some.
      wake(inHand(now));
      desk.wantLater(this, SOON);
    } else if (waiting > 0 || moreWanted) {
      moreWanted = false;
      var id = Ids.next(clock);
      if (waiting > 0) {
        end(lease);
      }
      wishes.take(
          this,
          new Ledger.Take(id, waiting, Math.max(waiting, target)),
          (answer, sent) -> granted(id, waiting, answer, sent));
      budget.openAhead();
    }
    budget.ask(now, wishes);
    if (!looks.isEmpty()) {
      wishes.look(
          this,
          (answer, _) -> {
            learned(answer.standing());
            for (var looker = looks.poll(); looker != null; looker = looks.poll()) {
              looker.wake();
            }
          });
    }
  }

  /** What a take says of the calls is newer than what an account of the same request says. */
  void learnedMoney(Standing news) {
    var known = standing;
    if (known != null && known.month().equals(news.month())) {
      standing = known.withMoneyOf(news);
    }
  }

  /** What an answer says that admits nothing. */
  void knows(Standing news) {
    standing = news;
  }

  /** The database's time, as well as it can be told. */
  Instant databaseTime(long now) {
    var current = lease;
    return current == Lease.NONE ? clock.now() : current.databaseTime(now);
  }

  /** A lease of an older epoch admits nothing more. */
  private void learned(Standing news) {
    standing = news;
    if (news.epoch() > lease.epoch()) {
      end(lease);
    }
  }

  private void granted(UUID id, long asked, Ledger.Answer answer, long sent) {
    learned(answer.standing());
    if (desk.closed()) {
      // It was under way when the leases were given back; nobody would give back this one.
      giveBack(id, answer.granted());
      turnAway(units, Refusals.closing());
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
    var waiting = living(units);
    if (waiting == 0) {
      return;
    }
    if (answer.granted() > 0 || asked == 0) {
      // Nobody waited when it was asked, so the ledger did not look at what others could give back.
      desk.want(this);
    } else if (answer.standing().disabled()) {
      refuse(Refusals.disabled(), now);
    } else if (answer.standing().room() > 0) {
      desk.want(this);
    } else if (answer.standing().room() + answer.elsewhere() <= 0) {
      refuse(Refusals.used(answer.standing()), now);
    } else {
      recalled(answer, now);
    }
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
    desk.active(this);
  }

  private void giveBack(UUID id, long unused) {
    if (unused > 0) {
      desk.giveBack(id, unused, true);
    }
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
      turnAway(units, Refusals.elsewhere());
      return;
    }
    desk.wantLater(this, Duration.ofMillis(Math.min(1000, 25L << Math.min(6, recalls++))));
  }

  private void wake(long most) {
    var woken = 0L;
    while (woken < most) {
      var waiter = units.poll();
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
    turnAway(units, why);
  }

  private static void turnAway(Queue<Waiter> queue, AIError why) {
    for (var waiter = queue.poll(); waiter != null; waiter = queue.poll()) {
      waiter.fail(why);
    }
  }

  private static long living(Queue<Waiter> queue) {
    queue.removeIf(Waiter::gone);
    return queue.size();
  }

  /** Another process waits for what this one may not need: gives all of it back. */
  void recall() {
    refusedUntil = clock.nanoTime();
    if (living(units) == 0) {
      end(lease);
    }
    desk.want(this);
  }

  /** The subject's limits changed: nothing is admitted any more on what was known before. */
  void changed() {
    refusedUntil = clock.nanoTime();
    end(lease);
    standing = null;
    desk.want(this);
  }

  /** The ledger cannot be asked: those who wait for units or money try again under the policy. */
  void ledgerAway() {
    for (var queue : List.of(units, budget.queue())) {
      for (var waiter = queue.poll(); waiter != null; waiter = queue.poll()) {
        waiter.wake();
      }
    }
    turnAway(looks, Refusals.away());
  }

  /** A unit of what the tier lets in while the ledger is away; null if that is nothing. */
  @Nullable Lease takeAway(long now) {
    return away.take(now);
  }

  /**
   * The ledger is back: what was let in meanwhile is charged.
   *
   * @return whether there was something, which is this request's take of the subject
   */
  boolean ledgerBack(LeaseDesk.Wishes wishes) {
    return away.ledgerBack(wishes);
  }

  /** Looks after it now and then: ends leases in time, renews those in use, lets go of the rest. */
  void tend(long now) {
    var current = lease;
    var left = current.left();
    if (left != leftAtLastTending || inFlight.get() > 0) {
      lastUsed = now;
    }
    leftAtLastTending = left;
    if (!current.sealed() && current != Lease.NONE) {
      var remaining = current.nanosLeft(now);
      if (remaining < MARGIN) {
        end(current);
      } else if (remaining < RENEWAL && current.granted() - left >= MANY) {
        moreWanted = true;
        desk.wantCalmly(this);
      }
    }
    budget.tend(now, current.month());
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

  /** Gives everything back, for the end of the process. */
  void close() {
    end(lease);
    budget.close();
    desk.want(this);
  }

  /** Whether it need not be tended. */
  boolean resting() {
    return (lease.sealed() || lease == Lease.NONE)
        && away.nothing()
        && units.isEmpty()
        && budget.empty();
  }

  /** Whether somebody waits here. */
  boolean awaited() {
    return !units.isEmpty() || !budget.queue().isEmpty() || !looks.isEmpty();
  }

  /** Retires it if nobody has used it for a while; a new one will then stand for the subject. */
  synchronized boolean retire(long now) {
    if (!retired
        && now - lastUsed > IDLE
        && inFlight.get() == 0
        && !queued.get()
        && looks.isEmpty()
        && resting()) {
      retired = true;
    }
    return retired;
  }
}
