package dev.weir.limits;

import java.time.Duration;
import java.time.LocalDate;

/**
 * This process's account of one subject's money in one month: what its attempts owe, and how much
 * of the limit Postgres holds for it, its cover. In nano-dollars.
 *
 * <p>An attempt is sent only if what is owed then stays within the cover. What is owed shrinks when
 * an attempt turns out cheaper than its worst price, and when a row of usage that says the cost is
 * in the database, since from then on the cost is settled there. So at every moment Postgres counts
 * each cost at least once: in the cover, in the settled sum, or for a moment in both.
 *
 * <p>The cover is lowered here first and in Postgres after, and raised in Postgres first; whatever
 * becomes of a request, Postgres holds no less than this process believes. Cover beyond what is
 * owed may be used for as long as a lease lives; what is owed has no time to live.
 *
 * <p>Thread-safe; the locks are held for a few instructions.
 */
final class Purse {
  private static final long WINDOW = Duration.ofSeconds(10).toNanos();
  private static final long IDLE = Duration.ofSeconds(2).toNanos();

  /** What is asked for before anybody has reserved, in nano-dollars: ten cents. */
  private static final long FIRST_COVER = 100_000_000;

  private final LocalDate month;
  private long owed;
  private long cover;
  private boolean limited = true;
  private long usableUntil;
  private long reservedSince;
  private long since;
  private long lastPrice;
  private long lastReserve;
  private long writtenSince;
  private boolean asked;

  /** What the ledger holds for it, by its last answer; the cover is what is still of use of it. */
  private long held;

  /** An account without cover. */
  Purse(LocalDate month, long now) {
    this.month = month;
    this.usableUntil = now;
    this.since = now;
    this.lastReserve = now;
  }

  LocalDate month() {
    return month;
  }

  /** Owes {@code price} more, if the cover allows it. */
  synchronized boolean reserve(long price, long now) {
    if (limited && (now - usableUntil >= 0 || owed + price > cover)) {
      return false;
    }
    add(price, now);
    return true;
  }

  /** Owes {@code price} more whatever the cover says: something that has happened. */
  synchronized void owe(long price, long now) {
    add(price, now);
  }

  private void add(long price, long now) {
    owed = Math.addExact(owed, price);
    reservedSince = Math.addExact(reservedSince, price);
    lastPrice = price;
    lastReserve = now;
  }

  /**
   * Owes {@code price} more without cover, up to what the tier lets go while the ledger is away.
   */
  synchronized boolean reserveAway(long price, long most, long now) {
    if (limited && owed + price - cover > most) {
      return false;
    }
    add(price, now);
    return true;
  }

  /** Nobody will reserve any more: what is not owed can go. */
  synchronized void rest(long now) {
    lastReserve = now - IDLE;
  }

  /** An attempt that had reserved so much did cost so much. */
  synchronized void settle(long reserved, long actual) {
    owed += actual - reserved;
  }

  /**
   * So much of what is owed stands in the database as settled. The cover shrinks with it: its place
   * within the limit is taken by the settled sum.
   */
  synchronized void written(long cost) {
    owed -= cost;
    cover -= cost;
    writtenSince += cost;
  }

  /** Whether its subject has a budget, by its newest standing. */
  synchronized void limited(boolean now) {
    limited = now;
  }

  synchronized boolean limited() {
    return limited;
  }

  /** What it says to the ledger, while attempts of so much in all wait for cover. */
  synchronized Ledger.Account account(long waiting, long now) {
    var slack = 0L;
    if (waiting > 0 || now - lastReserve < IDLE) {
      var elapsed = Math.max(now - since, WINDOW / 100);
      var rate = (double) reservedSince / elapsed;
      var least = lastPrice == 0 ? FIRST_COVER : 2 * lastPrice;
      slack = Math.max(least, (long) Math.min(rate * WINDOW, Long.MAX_VALUE / 8.0));
    }
    since = now;
    reservedSince = 0;
    var wanted = owed + waiting + slack;
    if (wanted < cover) {
      cover = Math.max(owed, wanted);
    }
    writtenSince = 0;
    asked = true;
    return new Ledger.Account(month, owed, cover, owed + waiting, wanted);
  }

  /**
   * The ledger's answer: so much is held for it, usable until then. What was written since it was
   * asked may or may not have been settled in its eyes; here it is taken off in any case.
   */
  synchronized void covered(long held, long until) {
    this.held = held;
    asked = false;
    cover = held - writtenSince;
    writtenSince = 0;
    usableUntil = until;
  }

  /** The ledger does not take what was asked: it holds what it did, and is left alone a while. */
  synchronized void refused(long now) {
    asked = false;
    lastReserve = now;
  }

  /**
   * Whether the ledger holds more for it than it needs, and nobody has used any for a while. Also
   * where a written row took cover away here: the ledger does not know before it is told.
   */
  synchronized boolean idle(long now) {
    return held > owed && now - lastReserve >= IDLE;
  }

  /** Whether nothing is owed here, and nothing held at the ledger or asked of it. */
  synchronized boolean empty() {
    return owed == 0 && held == 0 && !asked;
  }

  synchronized long owed() {
    return owed;
  }

  synchronized long cover() {
    return cover;
  }
}
