package dev.weir.limits;

import dev.weir.core.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * One subject's money in this process: an account for each month in which something is owed, and
 * those who wait for cover. {@link #purse} may be called on any thread; what talks to the ledger is
 * confined to the desk.
 */
final class Budget {
  private static final long WINDOW = Duration.ofSeconds(10).toNanos();
  private static final long LONGEST_WAIT = Duration.ofSeconds(1).toNanos();
  private static final Duration A_LITTLE = Duration.ofMillis(50);

  private final Holder holder;
  private final LeaseDesk desk;
  private final Clock clock;
  private final Queue<Waiter> waiting = new ConcurrentLinkedQueue<>();
  private final Map<LocalDate, Purse> purses = new ConcurrentHashMap<>(2);

  Budget(Holder holder, LeaseDesk desk, Clock clock) {
    this.holder = holder;
    this.desk = desk;
    this.clock = clock;
  }

  /** Those who wait for cover. */
  Queue<Waiter> queue() {
    return waiting;
  }

  /** The account of a month, opened where there is none. */
  Purse purse(LocalDate month) {
    var purse = purses.computeIfAbsent(month, m -> new Purse(m, clock.nanoTime()));
    var known = holder.standing();
    if (known.isPresent() && purse.limited() != known.get().budgeted()) {
      purse.limited(known.get().budgeted());
    }
    return purse;
  }

  /**
   * Opens an account ahead of the first call, where there may be a budget. The month is named, and
   * rightly but for a moment at its end: an account of whatever month it then is could be opened in
   * one and answered in the next.
   */
  void openAhead() {
    if (purses.isEmpty() && holder.standing().map(Standing::budgeted).orElse(true)) {
      purse(clock.now().atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1));
    }
  }

  /** Says what the accounts want now. */
  void ask(long now, LeaseDesk.Wishes wishes) {
    // An empty account may have been let go just before somebody came to wait for it.
    waiting.forEach(waiter -> purse(waiter.month()));
    // A call may open the month's purse at any moment: one look, or one account is asked for twice.
    for (var purse : List.copyOf(purses.values())) {
      if (purse.limited()) {
        wishes.account(
            holder,
            purse.account(waitingFor(purse.month()), now),
            (answer, sent) -> accounted(purse, answer, sent));
      } else {
        waiting.stream().filter(w -> w.month().equals(purse.month())).forEach(Waiter::wake);
      }
    }
  }

  private long waitingFor(LocalDate month) {
    waiting.removeIf(Waiter::gone);
    return waiting.stream().filter(w -> w.month().equals(month)).mapToLong(Waiter::price).sum();
  }

  private void accounted(Purse purse, Ledger.Answer answer, long sent) {
    holder.learnedMoney(answer.standing());
    purse.limited(answer.standing().budgeted());
    purse.covered(answer.cover(), sent + WINDOW);
    // Cover must be given back some day: whoever has some is tended.
    desk.active(holder);
    if (desk.closed()) {
      giveBack(purse);
      return;
    }
    var room = purse.cover() - purse.owed();
    for (var waiter : waiting) {
      if (waiter.month().equals(purse.month()) && serve(waiter, room, answer.standing())) {
        room -= waiter.price();
      }
    }
    waiting.removeIf(Waiter::gone);
    if (!waiting.isEmpty()) {
      desk.wantLater(holder, A_LITTLE);
    }
  }

  /** The database refuses a month's account: nothing of it changed, and nobody gets cover. */
  void refused(LocalDate month) {
    purse(month).refused(clock.nanoTime());
    for (var waiter : waiting) {
      if (waiter.month().equals(month)) {
        waiter.fail(Refusals.unkept());
      }
    }
    waiting.removeIf(Waiter::gone);
  }

  /** Lets one who waits for money go on if it fits, and turns him away if it never will. */
  private boolean serve(Waiter waiter, long room, Standing known) {
    if (!known.budgeted() || waiter.price() <= room) {
      return waiter.wake();
    }
    if (known.usdSettled() + waiter.price() > known.usdLimit()) {
      waiter.fail(Refusals.spent(known));
    } else if (known.free().nanos() < waiter.price()
        && clock.nanoTime() - waiter.sinceNanos() > LONGEST_WAIT) {
      // Not merely one who came after the asking: there is nothing left to ask for.
      waiter.fail(Refusals.held(known));
    }
    return false;
  }

  /** Lets go of accounts of past months, and asks to give back cover that nobody uses. */
  void tend(long now, LocalDate current) {
    for (var purse : List.copyOf(purses.values())) {
      if (purse.empty() && !purse.month().equals(current)) {
        purses.remove(purse.month(), purse);
      } else if (purse.limited() && purse.idle(now)) {
        desk.want(holder);
      }
    }
  }

  /** Nobody will reserve any more. */
  void close() {
    purses.values().forEach(purse -> purse.rest(clock.nanoTime()));
  }

  /** It was under way when the cover was given back; nobody would give back this one. */
  private void giveBack(Purse purse) {
    var now = clock.nanoTime();
    purse.rest(now);
    if (purse.limited() && purse.idle(now)) {
      desk.want(holder);
    }
  }

  /** Whether nothing is owed or held, and nobody waits. */
  boolean empty() {
    return waiting.isEmpty() && purses.values().stream().allMatch(Purse::empty);
  }
}
