package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * All that this process has of one subject: what Postgres last said of it, its {@link Units}, its
 * money in {@link Budget}, and in {@link AwayUnits} what is let in without Postgres. One per
 * subject and process, shared by all event loops.
 *
 * <p>Units and money are taken on any thread by one atomic or one short lock. Whatever talks to the
 * ledger ({@link #ask} and what follows it, {@link #tend}) runs on the desk's own context alone.
 */
final class Holder {
  private static final long IDLE = Duration.ofSeconds(60).toNanos();

  private final Subject subject;
  private final LeaseDesk desk;
  private final Clock clock;
  private final Units units;
  private final Budget budget;
  private final AwayUnits away;

  private final AtomicInteger inFlight = new AtomicInteger();
  private final AtomicBoolean queued = new AtomicBoolean();
  private final ConcurrentLinkedQueue<Waiter> looks = new ConcurrentLinkedQueue<>();
  private final TokenBucket burst = new TokenBucket();
  private final TokenBucket tokens = new TokenBucket();

  private volatile @Nullable Standing standing;
  private volatile boolean retired;

  /** Confined to the desk. */
  private long lastUsed;

  Holder(Subject subject, LeaseDesk desk, Clock clock) {
    this.subject = subject;
    this.desk = desk;
    this.clock = clock;
    this.units = new Units(this, desk, clock);
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
    return units.inHand(now);
  }

  /** Takes a unit from the lease; null if that has none. */
  @Nullable Lease take(long now) {
    return units.take(now);
  }

  /** Puts a unit back where it came from. */
  void putBack(Lease from) {
    units.putBack(from);
  }

  /** Why the subject is refused without asking again, for the moment. */
  Optional<AIError> refusal(long now) {
    return units.refusal(now);
  }

  /** Asks for units ahead of need, where none are in hand: a call waits for another subject's. */
  void ready(long now) {
    units.ready(now);
  }

  /** Waits for a unit; false if this holder is not the subject's any more. */
  synchronized boolean wait(Waiter waiter) {
    return wait(waiter, units.queue());
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

  /** Says what this subject wants now. */
  void ask(long now, LeaseDesk.Wishes wishes) {
    queued.set(false);
    if (desk.closed()) {
      Waiter.turnAway(units.queue(), Refusals.closing());
      Waiter.turnAway(budget.queue(), Refusals.closing());
    } else if (units.ask(now, wishes)) {
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

  /** The database refuses one of its entries for its content: whoever waits for that is told. */
  void refused(Ledger.Entry entry) {
    if (entry.account().isPresent()) {
      budget.refused(entry.account().get().month());
    } else if (entry.take().isPresent()) {
      units.refused();
    } else {
      Waiter.turnAway(looks, Refusals.unkept());
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
    var current = units.lease();
    return current == Lease.NONE ? clock.now() : current.databaseTime(now);
  }

  /** A lease of an older epoch admits nothing more. */
  void learned(Standing news) {
    standing = news;
    units.epoch(news.epoch());
  }

  /** Another process waits for what this one may not need: gives all of it back. */
  void recall() {
    units.recall();
    desk.want(this);
  }

  /** The subject's limits changed: nothing is admitted any more on what was known before. */
  void changed() {
    units.changed();
    standing = null;
    desk.want(this);
  }

  /** The ledger cannot be asked: those who wait for units or money try again under the policy. */
  void ledgerAway() {
    for (var queue : List.of(units.queue(), budget.queue())) {
      for (var waiter = queue.poll(); waiter != null; waiter = queue.poll()) {
        waiter.wake();
      }
    }
    Waiter.turnAway(looks, Refusals.away());
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
    if (units.tend(now) || inFlight.get() > 0) {
      lastUsed = now;
    }
    budget.tend(now, units.lease().month());
  }

  /** Whether it would renew within moments: then it does so with whoever asks now. */
  boolean rides(long now) {
    return units.rides(now);
  }

  /** Gives everything back, for the end of the process. */
  void close() {
    units.close();
    budget.close();
    desk.want(this);
  }

  /** Whether it need not be tended. */
  boolean resting() {
    return units.resting() && away.nothing() && budget.empty();
  }

  /** Whether somebody waits here. */
  boolean awaited() {
    return !units.queue().isEmpty() || !budget.queue().isEmpty() || !looks.isEmpty();
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
