package dev.weir.limits;

import dev.weir.gateway.Debit;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one admitted call has taken from its subjects: a unit from each, and money for its attempts.
 *
 * <p>Confined to the call's event loop until the call has ended and {@link Limits#written} speaks
 * of it, but for the fields that say so.
 */
public final class Charge {
  private final UUID call;
  private final Holder[] holders;
  private final @Nullable Lease[] leases;
  private final boolean free;
  private Instant startedAt = Instant.EPOCH;
  private LocalDate month = LocalDate.EPOCH;
  private long reserved;
  private boolean used;
  private boolean ended;
  private boolean returned;
  private byte bursts;
  private long estimate;

  /** The call's place among those in flight of each subject whose bounds it has not met yet. */
  private int @Nullable [] unbounded;

  /** Tokens taken of each subject's minute; none for the many that have no such limit. */
  private long @Nullable [] tokens;

  /** Read by whoever hears that the call's row is in the database; guarded by this. */
  private long spent;

  /** Guarded by this. */
  private boolean recorded;

  Charge(UUID call, Holder[] holders, boolean free) {
    this.call = call;
    this.holders = holders;
    this.leases = new Lease[holders.length];
    this.free = free;
  }

  /** The call's id. */
  public UUID call() {
    return call;
  }

  /** The lease that the user's unit came from; empty where no limits are in force. */
  public Optional<UUID> lease() {
    return lease(0);
  }

  /** On which accounts it stands: what its row of usage says. Of units that came back, whence. */
  public Debit debit() {
    return holders.length == 0
        ? Debit.NONE
        : new Debit(Optional.of(month), lease(0), lease(1), lease(2));
  }

  private Optional<UUID> lease(int i) {
    return i < leases.length ? Optional.ofNullable(leases[i]).map(Lease::id) : Optional.empty();
  }

  /** When it was admitted, by the database's clock. */
  public Instant startedAt() {
    return startedAt;
  }

  /** The month to which its money belongs. */
  public LocalDate month() {
    return month;
  }

  /** Whether its units came back when it ended. */
  public boolean returned() {
    return returned;
  }

  /** What its attempts under way have reserved, in nano-dollars. */
  public long reserved() {
    return reserved;
  }

  boolean free() {
    return free;
  }

  Holder[] holders() {
    return holders;
  }

  /**
   * Takes a unit from every subject, or from none.
   *
   * @return the index of the first subject that has none, or -1
   */
  int take(long now, boolean away) {
    // The user's unit is the scarcest as a rule, so it is taken last and seldom put back.
    for (var i = holders.length - 1; i >= 0; i--) {
      var lease = holders[i].take(now);
      if (lease == null && away) {
        lease = holders[i].takeAway(now);
      }
      if (lease == null) {
        release();
        return i;
      }
      leases[i] = lease;
    }
    if (holders.length > 0 && leases[0] != null) {
      startedAt = leases[0].databaseTime(now);
      month = leases[0].month();
    }
    return -1;
  }

  /** Gives the units back, to take others or none. */
  void release() {
    for (var i = 0; i < holders.length; i++) {
      var lease = leases[i];
      if (lease != null) {
        holders[i].putBack(lease);
        leases[i] = null;
      }
    }
  }

  /** Whether every lease's time is not over: until something is sent, it must not be. */
  boolean fresh(long now) {
    for (var lease : leases) {
      if (lease != null && !lease.fresh(now)) {
        return false;
      }
    }
    return true;
  }

  /** Something was sent upstream and not refused before a token: the unit is used. */
  void use() {
    used = true;
  }

  boolean isUsed() {
    return used;
  }

  /**
   * Reserves from every subject's account, or from none.
   *
   * @return the first subject whose account does not cover it, or null
   */
  @Nullable Holder reserve(long price, long now, boolean away) {
    for (var i = 0; i < holders.length; i++) {
      var purse = holders[i].purse(month);
      if (!purse.reserve(price, now) && !(away && reserveAway(holders[i], purse, price, now))) {
        for (var j = 0; j < i; j++) {
          holders[j].purse(month).settle(price, 0);
        }
        return holders[i];
      }
    }
    reserved += price;
    return null;
  }

  private static boolean reserveAway(Holder holder, Purse purse, long price, long now) {
    return holder
        .standing()
        .map(Standing::away)
        .filter(Standing.Away::open)
        .filter(policy -> purse.reserveAway(price, policy.usd(), now))
        .isPresent();
  }

  /** Owes whatever the accounts say: where limits are only watched. */
  void owe(long price, long now) {
    for (var holder : holders) {
      holder.purse(month).owe(price, now);
    }
    reserved += price;
  }

  /** An attempt has ended. */
  void settle(long price, long actual) {
    reserved -= price;
    for (var holder : holders) {
      holder.purse(month).settle(price, actual);
    }
    synchronized (this) {
      spent += actual;
      if (recorded) {
        forget();
      }
    }
  }

  /**
   * The call has ended.
   *
   * @param failed whether it has no answer
   * @return false if it had ended before
   */
  boolean end(boolean failed) {
    if (ended) {
      return false;
    }
    ended = true;
    if (failed && !used) {
      returned = true;
      release();
    }
    for (var holder : holders) {
      holder.inFlight().decrementAndGet();
    }
    return true;
  }

  /** The tokens that it will need, by an estimate. */
  void estimated(long count) {
    estimate = count;
  }

  long estimate() {
    return estimate;
  }

  /** A call was taken of the i-th subject's minute. */
  void tookBurst(int i) {
    bursts = (byte) (bursts | 1 << i);
  }

  boolean hasBurst(int i) {
    return (bursts & 1 << i) != 0;
  }

  /** Of the i-th subject nothing is known yet: which place the call has there; 0 once it is. */
  void unbounded(int i, int place) {
    var all = unbounded == null ? new int[holders.length] : unbounded;
    all[i] = place;
    unbounded = all;
  }

  int unbounded(int i) {
    return unbounded == null ? 0 : unbounded[i];
  }

  /** The first subject whose bounds the call has not met, or -1. */
  int firstUnbounded() {
    for (var i = 0; unbounded != null && i < unbounded.length; i++) {
      if (unbounded[i] > 0) {
        return i;
      }
    }
    return -1;
  }

  /** Another holder stands for the i-th subject, of whose minute nothing was taken. */
  void replace(int i, Holder fresh) {
    holders[i].inFlight().decrementAndGet();
    holders[i] = fresh;
    bursts = (byte) (bursts & ~(1 << i));
    tookTokens(i, 0);
    unbounded(i, fresh.inFlight().incrementAndGet());
  }

  /** Tokens were taken of the i-th subject's minute. */
  void tookTokens(int i, long count) {
    var all = tokens == null ? new long[holders.length] : tokens;
    all[i] = count;
    tokens = all;
  }

  long tokens(int i) {
    return tokens == null ? 0 : tokens[i];
  }

  /** Whether its row in the database has to say something of money. */
  synchronized boolean owes() {
    return spent != 0;
  }

  /** Its row is in the database: what it cost is settled there. */
  synchronized void recorded() {
    recorded = true;
    forget();
  }

  private void forget() {
    if (spent != 0) {
      for (var holder : holders) {
        holder.purse(month).written(spent);
      }
      spent = 0;
    }
  }

  /** Its subjects' standings, for headers. */
  List<Standing> standings() {
    var all = new ArrayList<Standing>(holders.length);
    for (var holder : holders) {
      holder.standing().ifPresent(all::add);
    }
    return all;
  }
}
