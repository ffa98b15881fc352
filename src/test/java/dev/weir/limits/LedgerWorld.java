package dev.weir.limits;

import dev.weir.testing.TestDatabase;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** A database whose ledger lives at a time that a test sets, and short ways to ask it. */
final class LedgerWorld {
  private final TestDatabase database;

  LedgerWorld(TestDatabase database) {
    this.database = database;
    database.execute("CREATE TABLE IF NOT EXISTS test_clock (at timestamptz NOT NULL)");
    database.execute("GRANT SELECT ON test_clock TO PUBLIC");
    database.execute(
        """
        CREATE OR REPLACE FUNCTION weir_clock() RETURNS timestamptz LANGUAGE sql VOLATILE
        RETURN coalesce((SELECT at FROM test_clock), clock_timestamp())\
        """);
  }

  /** Sets the ledger's clock. */
  void at(Instant moment) {
    // In one statement: in between it would be the machine's time.
    database.execute(
        "WITH before AS (DELETE FROM test_clock) INSERT INTO test_clock VALUES (?)",
        moment.atOffset(ZoneOffset.UTC));
  }

  void at(String moment) {
    at(Instant.parse(moment));
  }

  /** Gives the ledger the machine's clock again. */
  void atRealTime() {
    database.execute("DELETE FROM test_clock");
  }

  long dayUsed(String user) {
    return database.count(
        "SELECT coalesce(sum(b), 0) FROM api_rate_limits, unnest(buckets) AS b WHERE subject_kind ="
            + " 'user' AND subject_id = ?",
        user);
  }

  long monthUsed(String user, String month) {
    return database.count(
        "SELECT coalesce(sum(calls_used), 0) FROM user_quotas WHERE subject_kind = 'user' AND"
            + " subject_id = ? AND billing_month = ?::date",
        user,
        month);
  }

  /** A process that speaks to the ledger by hand. */
  static final class Process {
    final UUID id = UUID.randomUUID();
    private final Ledger ledger;
    private final List<Ledger.Returned> returned = new ArrayList<>();
    private long number;

    Process(dev.weir.storage.Database pools) {
      ledger = new PostgresLedger(pools, id, "test");
    }

    Process giveBack(UUID lease, long units, boolean ends) {
      returned.add(new Ledger.Returned(lease, units, ends));
      return this;
    }

    /** Takes up to so many units, with the share of an idle wish or as one who waits. */
    Ledger.Answer take(String user, UUID lease, long waiting, long wanted) {
      return one(
          new Ledger.Entry(
              Subject.user(user),
              Optional.of(new Ledger.Take(lease, waiting, wanted)),
              Optional.empty()));
    }

    Ledger.Answer take(String user, long units) {
      return take(user, UUID.randomUUID(), units, units);
    }

    /** Says what this process owes in the current month, and asks for cover. */
    Ledger.Answer account(String user, long owed, long needed, long wanted) {
      return one(
          new Ledger.Entry(
              Subject.user(user),
              Optional.empty(),
              Optional.of(
                  new Ledger.Account(standing(user).standing().month(), owed, 0, needed, wanted))));
    }

    Ledger.Answer standing(String user) {
      return one(new Ledger.Entry(Subject.user(user), Optional.empty(), Optional.empty()));
    }

    Ledger.Answer one(Ledger.Entry entry) {
      return say(List.of(entry)).getFirst();
    }

    List<Ledger.Answer> say(List<Ledger.Entry> entries) {
      var request = new Ledger.Request(++number, returned, entries);
      returned.clear();
      return ledger.exchange(request).await();
    }

    List<Ledger.Answer> say(Ledger.Request request) {
      number = Math.max(number, request.number());
      return ledger.exchange(request).await();
    }
  }

  static final Duration TIME_TO_LIVE = Duration.ofSeconds(10);
}
