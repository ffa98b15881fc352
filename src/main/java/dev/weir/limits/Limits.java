package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Allowance;
import dev.weir.gateway.Cancellation;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/**
 * The limits of users, keys and teams, for the stages and for other code of the house.
 *
 * <p>{@link #check} looks without a debit; {@link #enforce} takes a unit from every subject of a
 * call or fails; {@link #record} notes a call that happens in any case; {@link #recordCost} holds
 * money against the budgets. A warm subject is served from memory by a few atomics; a cold one
 * waits for one statement that it shares with everyone who waits.
 *
 * <p>One per process, shared by all event loops. Futures complete on the context of whoever asked.
 */
public final class Limits {
  private final LeaseDesk desk;
  private final Clock clock;
  private final Enforcement enforcement;
  private final Subjects subjects;
  private final ConcurrentMap<UUID, Charge> charges = new ConcurrentHashMap<>();
  private final LongAdder admitted = new LongAdder();
  private final LongAdder watched = new LongAdder();
  private final LongAdder overruns = new LongAdder();
  private volatile BiConsumer<Who, AIError> onWatched = (_, _) -> {};

  /** What becomes of a call that is over a limit. */
  public enum Enforcement {
    /** It is refused. */
    ENFORCE,
    /** It is let through and reported: for trying limits out. */
    DRY_RUN,
    /** Nothing is counted. */
    OFF
  }

  Limits(LeaseDesk desk, Clock clock, Enforcement enforcement) {
    this.desk = desk;
    this.clock = clock;
    this.enforcement = enforcement;
    this.subjects = new Subjects(desk, clock);
  }

  /** Limits that nobody keeps: everything is admitted and nothing counted. */
  public static Limits off() {
    var nobody =
        new LeaseDesk.Loop() {
          @Override
          public void run(Runnable work) {}

          @Override
          public void after(Duration delay, Runnable work) {}
        };
    return new Limits(
        new LeaseDesk(_ -> Future.succeededFuture(List.of()), Clock.system(), nobody),
        Clock.system(),
        Enforcement.OFF);
  }

  /**
   * Takes one unit from every subject, or fails.
   *
   * @param call the call's id; its row of usage bears the same
   * @param who its subjects
   * @param cancellation ends the waiting
   * @return the charge; fails with {@code QUOTA_EXCEEDED}, {@code RATE_LIMITED}, {@code FORBIDDEN}
   *     or {@code STORAGE_UNAVAILABLE}
   */
  public Future<Charge> enforce(UUID call, Who who, Cancellation cancellation) {
    return enforce(call, who, 0, cancellation);
  }

  /**
   * As {@link #enforce(UUID, Who, Cancellation)}, for a call that will need tokens.
   *
   * @param tokens so many by an estimate; what it really needed is told at its {@link #end}
   */
  Future<Charge> enforce(UUID call, Who who, long tokens, Cancellation cancellation) {
    if (enforcement == Enforcement.OFF) {
      return Future.succeededFuture(new Charge(call, new Holder[0], true));
    }
    var charge = new Charge(call, subjects.holders(who), false);
    var now = clock.nanoTime();
    AIError bounded = Bounds.enter(charge, tokens, now);
    var entered =
        bounded == null
            ? enter(charge, who, cancellation, now)
            : Future.<Charge>failedFuture(bounded);
    if (entered.succeeded()) {
      admitted(charge);
      return entered;
    }
    return entered
        .onSuccess(this::admitted)
        .recover(
            e -> {
              var why = refusal(charge, AIError.from(e));
              Bounds.leave(charge, clock.nanoTime());
              return enforcement == Enforcement.DRY_RUN
                  ? watched(call, who, why)
                  : Future.failedFuture(why);
            });
  }

  /**
   * Why it is refused: bounds come before units, also where both became known together. Of many
   * first calls at once some are refused by the day that would be by the minute a moment later.
   */
  private AIError refusal(Charge charge, AIError refusal) {
    var bounded =
        refusal.code() == ErrorCode.QUOTA_EXCEEDED
            ? Bounds.enterLate(charge, clock.nanoTime())
            : null;
    return bounded == null ? refusal : bounded;
  }

  private void admitted(Charge charge) {
    admitted.increment();
    if (!charge.free()) {
      charges.put(charge.call(), charge);
    }
  }

  private Future<Charge> watched(UUID call, Who who, AIError refusal) {
    watched.increment();
    onWatched.accept(who, refusal);
    var charge = new Charge(call, new Holder[0], true);
    return Future.succeededFuture(charge);
  }

  /** Whoever wants to know what a dry run would have refused. */
  public void onWatched(BiConsumer<Who, AIError> listener) {
    onWatched = listener;
  }

  private Future<Charge> enter(Charge charge, Who who, Cancellation cancellation, long since) {
    var now = clock.nanoTime();
    AIError bounded = Bounds.enterLate(charge, now);
    if (bounded != null) {
      return Future.failedFuture(bounded);
    }
    var lacking = charge.take(now, desk.away());
    if (lacking < 0) {
      lacking = charge.firstUnbounded();
      if (lacking < 0) {
        return Future.succeededFuture(charge);
      }
      // Its limits changed in this moment: they must be known before its unit counts.
      charge.release();
    }
    var holder = charge.holders()[lacking];
    var refusal = holder.refusal(now);
    if (refusal.isPresent()) {
      return Future.failedFuture(refusal.get());
    }
    if (desk.away()) {
      return Future.failedFuture(Refusals.away());
    }
    for (var i = 0; i < lacking; i++) {
      charge.holders()[i].ready(now);
    }
    var waiter = new Waiter(since);
    if (!holder.wait(waiter)) {
      subjects.replaceRetired(charge, who);
      return enter(charge, who, cancellation, since);
    }
    return waiter.awaited(cancellation).compose(_ -> enter(charge, who, cancellation, since));
  }

  /**
   * Just before something is first sent for the call: its lease must still be good, else the call
   * would fall into a window that no longer counts it. A stale one is exchanged for another.
   */
  Future<Void> freshen(Charge charge, Who who, Cancellation cancellation) {
    var now = clock.nanoTime();
    if (charge.free() || charge.isUsed() || charge.fresh(now)) {
      return Future.succeededFuture();
    }
    charge.release();
    return enter(charge, who, cancellation, now).mapEmpty();
  }

  /**
   * Reserves an attempt's worst price from the budgets of all subjects.
   *
   * @return fails with {@code BUDGET_EXCEEDED}, or with a retryable {@code RATE_LIMITED} where only
   *     what is in flight stands in the way
   */
  Future<Void> reserve(Charge charge, Usd price, Cancellation cancellation) {
    if (charge.free()) {
      return Future.succeededFuture();
    }
    var reserved = reserve(charge, price.nanos(), cancellation, clock.nanoTime());
    return enforcement == Enforcement.ENFORCE
        ? reserved
        : reserved.recover(
            e -> {
              watched.increment();
              charge.owe(price.nanos(), clock.nanoTime());
              return Future.succeededFuture();
            });
  }

  private Future<Void> reserve(Charge charge, long price, Cancellation cancellation, long since) {
    var lacking = charge.reserve(price, clock.nanoTime(), desk.away());
    if (lacking == null) {
      return Future.succeededFuture();
    }
    if (desk.away()) {
      return Future.failedFuture(Refusals.away());
    }
    var waiter = new Waiter(charge.month(), price, since);
    lacking.waitForMoney(waiter);
    return waiter.awaited(cancellation).compose(_ -> reserve(charge, price, cancellation, since));
  }

  /** The charge of a call that was admitted here; empty where no limits are in force. */
  Optional<Charge> charge(UUID call) {
    return Optional.ofNullable(charges.get(call));
  }

  /**
   * At the very last moment before the first byte goes upstream: a lease that ran out while the
   * attempt waited for a connection is exchanged for a live one, or the attempt is refused.
   */
  Optional<AIError> mayBeSent(Charge charge) {
    var now = clock.nanoTime();
    if (charge.isUsed() || charge.fresh(now)) {
      return Optional.empty();
    }
    charge.release();
    return charge.take(now, desk.away()) < 0 ? Optional.empty() : Optional.of(Refusals.elsewhere());
  }

  /** An attempt cost more than its worst price. */
  void overran() {
    overruns.increment();
  }

  /** Attempts that cost more than they had reserved. */
  public long overruns() {
    return overruns.sum();
  }

  /** What is left for these subjects, by the last standing; never more than there is. */
  Optional<Allowance> allowance(Who who) {
    if (enforcement == Enforcement.OFF) {
      return Optional.empty();
    }
    var now = clock.nanoTime();
    return Allowances.of(
        Stream.of(subjects.holders(who))
            .filter(h -> h.standing().isPresent())
            .map(
                h ->
                    new Allowances.Of(h.standing().orElseThrow(), h.inHand(now), h.tokensLeft(now)))
            .toList());
  }

  /** Whether any of the call's subjects has a budget. */
  boolean budgeted(Charge charge) {
    return enforcement == Enforcement.ENFORCE
        && charge.standings().stream().anyMatch(Standing::budgeted);
  }

  /** The call has ended; its units come back if nothing was sent for it. */
  void end(Charge charge, boolean failed) {
    end(charge, failed, 0);
  }

  /**
   * As {@link #end(Charge, boolean)}.
   *
   * @param tokens that the call used, whatever was estimated
   */
  void end(Charge charge, boolean failed, long tokens) {
    if (charge.end(failed)) {
      Bounds.settle(charge, tokens, clock.nanoTime());
    }
    if (!charge.owes()) {
      charges.remove(charge.call());
    }
  }

  /**
   * The row of this call is in the database: what it cost is settled there and no longer held here.
   * Any thread; calls of other processes are ignored.
   */
  public void written(UUID call) {
    var charge = charges.remove(call);
    if (charge != null) {
      charge.recorded();
    }
  }

  /** What Postgres knows of one subject now; nothing is debited. */
  public Future<Standing> check(Subject subject) {
    return look(subjects.holder(subject));
  }

  /** What Postgres knows of the subjects now; nothing is debited. */
  public Future<List<Standing>> check(Who who) {
    if (enforcement == Enforcement.OFF) {
      return Future.succeededFuture(List.of());
    }
    var looks = new ArrayList<Future<Standing>>();
    for (var holder : subjects.holders(who)) {
      looks.add(look(holder));
    }
    return Future.all(looks).map(_ -> looks.stream().map(Future::result).toList());
  }

  private Future<Standing> look(Holder holder) {
    if (desk.away()) {
      return holder
          .standing()
          .map(Future::succeededFuture)
          .orElseGet(() -> Future.failedFuture(Refusals.away()));
    }
    var waiter = new Waiter(clock.nanoTime());
    if (!holder.look(waiter)) {
      return Future.failedFuture(Refusals.away());
    }
    return waiter
        .here()
        .compose(
            _ ->
                holder
                    .standing()
                    .map(Future::succeededFuture)
                    .orElseGet(() -> Future.failedFuture(Refusals.away())));
  }

  /** Notes a call that other code of the house made, over the limit or not. */
  public Future<Charge> record(UUID call, Who who, Cancellation cancellation) {
    return enforce(call, who, cancellation)
        .recover(_ -> Future.succeededFuture(new Charge(call, new Holder[0], true)));
  }

  /** Holds what a recorded call did cost against the budgets, until its row of usage is written. */
  public void recordCost(Charge charge, Usd cost) {
    if (!charge.free()) {
      charge.owe(cost.nanos(), clock.nanoTime());
      charge.settle(cost.nanos(), cost.nanos());
      charge.use();
    }
  }

  /** A notification of the database: {@code user:alice} and the like. */
  void recalled(String subject) {
    desk.run(() -> subjects.find(subject).ifPresent(Holder::recall));
  }

  /**
   * Limits of a subject, or of a tier, have changed. Between the end of its lease and the loss of
   * what is known of it no answer may open another: calls would wait at that for its end.
   */
  void changed(String subject) {
    desk.run(() -> subjects.changed(subject));
  }

  /** Units of a subject came back at another process. */
  void returned(String subject) {
    subjects.find(subject).filter(Holder::awaited).ifPresent(desk::want);
  }

  /** The tier of a user that is in memory. */
  public Optional<String> tier(String user) {
    return subjects.tier(user);
  }

  /** Forgets subjects that nobody has used for a while. Any thread; now and then. */
  void sweep() {
    subjects.sweep();
  }

  /** Subjects in memory. */
  public int subjects() {
    return subjects.count();
  }

  /** Calls admitted since the start. */
  public long admissions() {
    return admitted.sum();
  }

  /** Calls and attempts that a dry run let through over a limit. */
  public long watched() {
    return watched.sum();
  }

  /** Requests to the ledger since the start. */
  public long exchanges() {
    return desk.exchanges();
  }

  /** Charges of calls that run, or whose rows are not in the database yet. */
  public int open() {
    return charges.size();
  }

  /** Gives every lease back; for the end of the process, when no call runs any more. */
  public Future<Void> close() {
    var done = Promise.<Void>promise();
    desk.close(done::tryComplete);
    return done.future().timeout(5, TimeUnit.SECONDS);
  }
}
