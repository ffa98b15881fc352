package dev.weir.limits;

import io.vertx.core.Future;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * The arbiter of all limits, as a process sees it: one request at a time, numbered, repeated
 * unchanged until it is answered or refused for its content. Its implementation is Postgres; the
 * seam is there so that a simulated world can lose, double and delay what goes over it.
 */
interface Ledger {
  /**
   * Everything a process wants at one moment.
   *
   * @param number 1, 2, 3, ...
   * @param returned units given back, each lease once
   * @param entries at most one take per subject, at most one account per subject and month
   */
  record Request(long number, List<Returned> returned, List<Entry> entries) {
    /** Copies the lists. */
    public Request {
      returned = List.copyOf(returned);
      entries = List.copyOf(entries);
    }
  }

  /**
   * Units that were not used after all.
   *
   * @param lease where they came from
   * @param units how many; 0 where all were used
   * @param ends whether the lease ends with it
   */
  record Returned(UUID lease, long units, boolean ends) {
    Returned plus(Returned other) {
      return new Returned(lease, units + other.units, ends || other.ends);
    }
  }

  /** What one subject wants; with neither, only its standing. */
  record Entry(Subject subject, Optional<Take> take, Optional<Account> account) {}

  /**
   * A wish for units.
   *
   * @param lease the lease's id, chosen here, so that a repeated request finds the same one
   * @param waiting calls that wait for one
   * @param wanted how many would be welcome; negative for units that were used while the database
   *     was away
   * @param month empty for the current one; else that in which units were used already
   */
  record Take(UUID lease, long waiting, long wanted, Optional<LocalDate> month) {
    Take(UUID lease, long waiting, long wanted) {
      this(lease, waiting, wanted, Optional.empty());
    }
  }

  /**
   * The state of an account of money, in nano-dollars.
   *
   * @param month its month, named by the process: a request that is repeated in the next month must
   *     find the same account
   * @param owed what attempts in flight may cost and finished ones did, as far as no row says so
   * @param kept cover that may be used until the answer is here, so it stands
   * @param needed the least that it must come to for those who wait
   * @param wanted what it would like to come to
   */
  record Account(LocalDate month, long owed, long kept, long needed, long wanted) {}

  /**
   * The answer to one entry.
   *
   * @param entry its index in the request
   * @param standing of its subject, this answer included
   * @param granted units
   * @param timeToLive of their lease, from before the request was sent
   * @param elsewhere units that other processes hold and may give back
   * @param elsewhereFor until the last of those leases ends
   * @param cover what the account came to, in nano-dollars
   */
  record Answer(
      int entry,
      Standing standing,
      long granted,
      Duration timeToLive,
      long elsewhere,
      Duration elsewhereFor,
      long cover) {}

  /**
   * Does it. Fails with {@link Fenced} if this process counts as dead, with anything else if it is
   * not known whether it was done; the caller then repeats it. What fails by the database's own
   * words was undone as a whole.
   */
  Future<List<Answer>> exchange(Request request);

  /** The ledger has given this process up: it must not admit anything more. */
  final class Fenced extends RuntimeException {
    Fenced(String message) {
      super(message, null, false, false);
    }
  }
}
