package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.limits.LedgerWorld.Process;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The arbiter's side of LEDGER sections 2, 3 and 4, rule by rule, at a clock that the test sets.
 */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LedgerIT {
  private static final long CENT = 10_000_000;

  private final Vertx vertx = Vertx.vertx();
  private TestDatabase database;
  private Database pools;
  private LedgerWorld world;
  private String user;

  @BeforeAll
  void open(TestDatabase given) {
    database = given;
    pools = given.database(vertx);
    world = new LedgerWorld(given);
  }

  @BeforeEach
  void someUserAtSomeTime() {
    user = "user-" + UUID.randomUUID();
    world.at("2027-03-10T12:00:00Z");
  }

  @AfterAll
  void close() {
    pools.close().await();
    vertx.close().await();
  }

  @Test
  void aNewUserHasTheDefaultTierAndItsRows() {
    var standing = new Process(pools).standing(user).standing();

    assertThat(standing.tier()).isEqualTo("free");
    assertThat(standing.dayLimit()).isEqualTo(20);
    assertThat(standing.monthLimit()).isEqualTo(100);
    assertThat(standing.usdLimit()).isEqualTo(5_000_000_000L);
    assertThat(world.monthUsed(user, "2027-03-01")).isZero();
  }

  @Test
  void aRequestThatComesTwiceIsDoneOnceAndAnsweredTheSame() {
    var process = new Process(pools);
    var lease = UUID.randomUUID();
    var request =
        new Ledger.Request(
            1,
            List.of(),
            List.of(
                new Ledger.Entry(
                    Subject.user(user),
                    Optional.of(new Ledger.Take(lease, 3, 3)),
                    Optional.empty())));

    var first = process.say(request).getFirst();
    world.at("2027-03-10T12:00:03Z");
    var second = process.say(request).getFirst();

    assertThat(second.granted()).isEqualTo(first.granted()).isEqualTo(3);
    assertThat(second.timeToLive()).isEqualTo(first.timeToLive());
    assertThat(second.standing().moment()).isEqualTo(first.standing().moment());
    assertThat(world.dayUsed(user)).isEqualTo(3);
  }

  @Test
  void aRequestThatComesLateIsRefused() {
    var process = new Process(pools);
    process.take(user, 1);
    process.take(user, 1);

    assertThatThrownBy(() -> process.say(new Ledger.Request(1, List.of(), List.of())))
        .isInstanceOf(Ledger.Fenced.class);
  }

  @Test
  void neverMoreThanTheDaysLimitWhateverIsAsked() {
    var process = new Process(pools);

    assertThat(process.take(user, 50).granted()).isEqualTo(20);
    assertThat(process.take(user, 1).granted()).isZero();
  }

  @Test
  void aUnitComesBackAfterADayAndAtMostFiveMinutesLater() {
    var process = new Process(pools);
    var lease = UUID.randomUUID();
    process.take(user, lease, 20, 20);
    process.giveBack(lease, 0, true).standing(user);
    var admittedAtTheLatest = Instant.parse("2027-03-10T12:00:10Z");

    world.at(admittedAtTheLatest.plus(Duration.ofDays(1)));
    assertThat(process.take(user, 1).granted()).as("exactly a day later").isZero();
    world.at(Instant.parse("2027-03-10T12:00:00Z").plus(Duration.ofDays(1)).plusSeconds(300));
    assertThat(process.take(user, 20).granted()).as("a day and five minutes later").isEqualTo(20);
  }

  @Test
  void whatIsGivenBackGoesToItsOwnBucketAndMonth() {
    var process = new Process(pools);
    world.at("2027-03-31T23:59:55Z");
    var lease = UUID.randomUUID();
    var taken = process.take(user, lease, 10, 10);
    world.at("2027-04-01T00:00:02Z");

    process.giveBack(lease, 4, true).take(user, 1);

    assertThat(taken.timeToLive()).as("ends with its month").isEqualTo(Duration.ofSeconds(5));
    assertThat(world.monthUsed(user, "2027-03-01")).isEqualTo(6);
    assertThat(world.monthUsed(user, "2027-04-01")).isEqualTo(1);
    assertThat(world.dayUsed(user)).isEqualTo(7);
  }

  @Test
  void aReturnThatComesHoursLaterFreesNothingOfWhatWasUsedSince() {
    var process = new Process(pools);
    var early = UUID.randomUUID();
    process.take(user, early, 10, 10);
    world.at("2027-03-10T22:00:00Z");
    process.take(user, 10);

    process.giveBack(early, 4, true).standing(user);
    world.at("2027-03-11T12:10:00Z");

    assertThat(process.standing(user).standing().dayUsed()).isEqualTo(10);
  }

  @Test
  void aRefundOfAClosedLeaseGoesThereToo() {
    var process = new Process(pools);
    var lease = UUID.randomUUID();
    process.take(user, lease, 5, 5);
    process.giveBack(lease, 2, true).standing(user);

    process.giveBack(lease, 1, false).standing(user);

    assertThat(world.dayUsed(user)).isEqualTo(2);
    assertThat(world.monthUsed(user, "2027-03-01")).isEqualTo(2);
  }

  @Test
  void aLeapDayIsADayAndFebruaryEnds() {
    var process = new Process(pools);
    world.at("2028-02-28T23:59:00Z");
    process.take(user, 20);
    world.at("2028-02-29T23:58:00Z");
    assertThat(process.take(user, 1).granted()).isZero();
    world.at("2028-03-01T00:04:30Z");

    assertThat(process.take(user, 1).standing().month()).isEqualTo("2028-03-01");
    assertThat(world.monthUsed(user, "2028-02-01")).isEqualTo(20);
  }

  @Test
  void theMonthLimitsToo() {
    var process = new Process(pools);
    for (var day = 1; day <= 5; day++) {
      world.at("2027-05-0" + day + "T12:" + day + "0:00Z");
      assertThat(process.take(user, 20).granted()).isEqualTo(20);
    }
    world.at("2027-05-07T12:00:00Z");
    assertThat(process.take(user, 1).granted()).isZero();
    world.at("2027-06-01T00:00:00Z");
    assertThat(process.take(user, 1).granted()).isOne();
  }

  @Test
  void aClockThatStepsBackFreesNothingAndChargesNoMonthTwice() {
    var process = new Process(pools);
    process.take(user, 20);
    world.at("2027-03-08T12:00:00Z");

    assertThat(process.take(user, 1).granted()).isZero();
    assertThat(process.standing(user).standing().moment())
        .isEqualTo(Instant.parse("2027-03-10T12:00:00Z"));
  }

  @Test
  void expiryAloneFreesNothing() {
    new Process(pools).take(user, 20);
    world.at("2027-03-10T13:00:00Z");

    var other = new Process(pools).take(user, 1);

    assertThat(other.granted()).isZero();
    assertThat(other.elsewhere()).as("in doubt is not elsewhere").isZero();
    assertThat(other.standing().room()).isZero();
  }

  @Test
  void unitsElsewhereAreNamedSoThatNobodyGivesUpTooEarly() {
    var holder = new Process(pools);
    var lease = UUID.randomUUID();
    holder.take(user, lease, 20, 20);
    var asker = new Process(pools);

    var short_ = asker.take(user, 1);
    holder.giveBack(lease, 15, true).standing(user);

    assertThat(short_.granted()).isZero();
    assertThat(short_.elsewhere()).isEqualTo(20);
    assertThat(short_.elsewhereFor()).isEqualTo(Duration.ofSeconds(10));
    assertThat(asker.take(user, 50).granted()).isEqualTo(15);
    assertThat(asker.take(user, 1).elsewhere()).isZero();
  }

  @Test
  void anIdleWishGetsAShareAndAWaitingOneItsDemand() {
    var process = new Process(pools);
    process.standing(user);

    assertThat(process.take(user, UUID.randomUUID(), 0, 20).granted()).isLessThanOrEqualTo(5);
    assertThat(process.take(user, UUID.randomUUID(), 12, 12).granted()).isEqualTo(12);
  }

  @Test
  void aLoweredLimitGrantsNothingAndTakesNothingBack() {
    var process = new Process(pools);
    var lease = UUID.randomUUID();
    process.take(user, lease, 15, 15);
    database.execute("INSERT INTO subject_limits VALUES ('user', ?, 'calls', 'day', 10)", user);

    var after = process.giveBack(lease, 2, true).take(user, 1);

    assertThat(after.granted()).isZero();
    assertThat(after.standing().epoch()).isPositive();
    assertThat(after.standing().room()).isEqualTo(-3);
    assertThat(world.dayUsed(user)).isEqualTo(13);
  }

  @Test
  void aReplayReturnsWhatNoRowNamesAndNothingElse() {
    world.atRealTime();
    var dead = new Process(pools);
    var claimed = UUID.randomUUID();
    var unclaimed = UUID.randomUUID();
    dead.take(user, claimed, 5, 5);
    dead.take(user, unclaimed, 4, 4);
    dead.account(user, 30 * CENT, 30 * CENT, 50 * CENT);

    for (var call = 0; call < 3; call++) {
      row(claimed);
    }
    replayed(dead.id);
    replayed(dead.id);

    assertThat(world.dayUsed(user)).isEqualTo(3);
    assertThat(new Process(pools).standing(user).standing().usdHeld()).isZero();
    assertThatThrownBy(() -> dead.take(user, 1)).isInstanceOf(Ledger.Fenced.class);
    assertThat(
            database.count(
                "SELECT count(*) FROM leases WHERE process_id = ? AND closed_by = 'replay'",
                dead.id))
        .isEqualTo(2);
  }

  @Test
  void aReplaySettlesTheLeasesOfKeysAndTeamsToTheUnit() {
    world.atRealTime();
    var dead = new Process(pools);
    var key = new Subject(Subject.Kind.KEY, UUID.randomUUID().toString());
    var team = new Subject(Subject.Kind.TEAM, "team-" + user);
    var lease = UUID.randomUUID();
    var keys = UUID.randomUUID();
    var teams = UUID.randomUUID();
    dead.take(user, lease, 5, 5);
    for (var entry : Map.of(key, keys, team, teams).entrySet()) {
      dead.one(
          new Ledger.Entry(
              entry.getKey(),
              Optional.of(new Ledger.Take(entry.getValue(), 6, 6)),
              Optional.empty()));
    }

    for (var call = 0; call < 2; call++) {
      database.execute(
          "INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, lease_id,"
              + " key_lease_id, team_lease_id, unit_returned, function_name, status,"
              + " execution_time_ms) SELECT gen_random_uuid(), granted_at, billing_month,"
              + " subject_id, ?, ?, ?, ?, 'f', 'ok', 1 FROM leases WHERE lease_id = ?",
          lease,
          keys,
          teams,
          call == 1,
          lease);
    }
    replayed(dead.id);

    assertThat(world.dayUsed(user)).isEqualTo(1);
    for (var subject : List.of(key, team)) {
      assertThat(
              database.count(
                  "SELECT calls_used FROM user_quotas WHERE subject_kind = ? AND subject_id = ?",
                  subject.kind().label(),
                  subject.id()))
          .isEqualTo(1);
    }
  }

  @Test
  void aUnitThatCameBackToAClosedLeaseAndWasNotReportedComesBackWithTheReplay() {
    world.atRealTime();
    var dead = new Process(pools);
    var lease = UUID.randomUUID();
    dead.take(user, lease, 5, 5);
    dead.giveBack(lease, 1, true).standing(user);

    // Of four calls one was refused by its provider: its row says so, and then the process died.
    for (var call = 0; call < 3; call++) {
      row(lease);
    }
    replayed(dead.id);

    assertThat(world.dayUsed(user)).isEqualTo(3);
    assertThat(database.value("SELECT closed_by FROM leases WHERE lease_id = ?", lease))
        .isEqualTo("owner");
  }

  @Test
  void theFirstWordOfAProcessThatComesAfterItsReplayIsRefused() {
    var dead = new Process(pools);
    replayed(dead.id);

    assertThatThrownBy(() -> dead.take(user, 1)).isInstanceOf(Ledger.Fenced.class);
  }

  @Test
  void whatIsHeldIsTheSumOfTheAccountsEvenIfOneIsAskedForTwiceAtOnce() {
    var process = new Process(pools);
    var account =
        new Ledger.Account(process.standing(user).standing().month(), 0, 0, 20 * CENT, 20 * CENT);
    var entry = new Ledger.Entry(Subject.user(user), Optional.empty(), Optional.of(account));

    process.say(List.of(entry, entry));

    assertThat(
            database.value(
                "SELECT q.usd_held = (SELECT sum(h.usd_held) FROM lease_held h WHERE h.subject_id"
                    + " = q.subject_id) FROM user_quotas q WHERE q.subject_id = ?",
                user))
        .isEqualTo(true);
  }

  @Test
  void anAccountThatIsAskedForAgainInTheNextMonthIsStillTheOldMonths() {
    var process = new Process(pools);
    world.at("2027-01-31T23:59:59Z");
    var january = LocalDate.of(2027, 1, 1);
    var account = new Ledger.Account(january, 0, 0, 20 * CENT, 20 * CENT);
    var request =
        new Ledger.Request(
            1,
            List.of(),
            List.of(new Ledger.Entry(Subject.user(user), Optional.empty(), Optional.of(account))));
    process.say(request);

    world.at("2027-02-01T00:00:01Z");
    var again = process.say(request).getFirst();

    assertThat(again.standing().month()).isEqualTo(january);
    assertThat(again.cover()).isEqualTo(20 * CENT);
    assertThat(
            database.count(
                "SELECT count(*) FROM lease_held WHERE subject_id = ? AND billing_month ="
                    + " '2027-02-01'",
                user))
        .isZero();
  }

  @Test
  void anAccountIsBoundedByWhatIsLeftOverAllProcesses() {
    var one = new Process(pools);
    var two = new Process(pools);

    assertThat(one.account(user, 0, 300 * CENT, 300 * CENT).cover()).isEqualTo(300 * CENT);
    assertThat(two.account(user, 0, 300 * CENT, 300 * CENT).cover()).isEqualTo(200 * CENT);
    assertThat(one.account(user, 50 * CENT, 50 * CENT, 50 * CENT).cover()).isEqualTo(50 * CENT);
    assertThat(two.account(user, 0, 300 * CENT, 300 * CENT).cover()).isEqualTo(300 * CENT);
    assertThat(one.standing(user).standing().usdHeld()).isEqualTo(350 * CENT);
  }

  @Test
  void whatIsOwedStandsEvenOverTheLimit() {
    var process = new Process(pools);

    assertThat(process.account(user, 700 * CENT, 700 * CENT, 700 * CENT).cover())
        .isEqualTo(700 * CENT);
    assertThat(process.account(user, 700 * CENT, 701 * CENT, 900 * CENT).cover())
        .isEqualTo(700 * CENT);
  }

  @Test
  void batchesOverTheSameSubjectsInAnyOrderNeverDeadlockNorOverrun() throws Exception {
    world.atRealTime();
    var users = new ArrayList<String>();
    for (var i = 0; i < 20; i++) {
      users.add(user + "-" + i);
    }
    var work = new ArrayList<Callable<Long>>();
    for (var p = 0; p < 6; p++) {
      var process = new Process(pools);
      var random = new Random(p);
      work.add(
          () -> {
            var granted = 0L;
            for (var round = 0; round < 12; round++) {
              var shuffled = new ArrayList<>(users);
              Collections.shuffle(shuffled, random);
              granted +=
                  process
                      .say(
                          shuffled.stream()
                              .map(
                                  u ->
                                      new Ledger.Entry(
                                          Subject.user(u),
                                          Optional.of(new Ledger.Take(UUID.randomUUID(), 1, 1)),
                                          Optional.empty()))
                              .toList())
                      .stream()
                      .mapToLong(Ledger.Answer::granted)
                      .sum();
            }
            return granted;
          });
    }

    var granted = 0L;
    try (var threads = Executors.newFixedThreadPool(6)) {
      for (var outcome : threads.invokeAll(work)) {
        granted += outcome.get();
      }
    }

    assertThat(granted).as("20 users of 20 a day").isEqualTo(400);
    assertThat(users).allMatch(u -> world.dayUsed(u) == 20);
  }

  private void row(UUID lease) {
    database.execute(
        """
        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, lease_id, function_name, status,
          execution_time_ms, cost_usd)
        SELECT gen_random_uuid(), granted_at + interval '1 second', billing_month, subject_id, lease_id, 'f', 'ok', 1, 0
        FROM leases WHERE lease_id = ?\
        """,
        lease);
  }

  private void replayed(UUID process) {
    Future<Void> done =
        pools.ledger(
            c ->
                c.preparedQuery("SELECT weir_replayed($1)")
                    .execute(io.vertx.sqlclient.Tuple.of(process))
                    .mapEmpty());
    done.await();
  }
}
