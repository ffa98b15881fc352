package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Usd;
import dev.weir.gateway.Cancellation;
import dev.weir.storage.Database;
import dev.weir.testing.Eventually;
import dev.weir.testing.FaultyProxy;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Postgres goes away behind a proxy that swallows everything, and comes back (LEDGER section 7).
 */
@ExtendWith(TestDatabase.Extension.class)
class PostgresAwayIT {
  private final Vertx vertx = Vertx.vertx();
  private final Who who = new Who("away-" + UUID.randomUUID(), UUID.randomUUID(), Optional.empty());
  private TestDatabase database;
  private FaultyProxy proxy;
  private Database pools;
  private LedgerConnection connection;
  private Limits limits;

  @BeforeEach
  void open(TestDatabase given) {
    database = given;
    proxy = FaultyProxy.before(given.serviceUrl().port());
    pools = Database.open(vertx, given.through(proxy), Database.Limits.of(4));
    connection =
        LedgerConnection.open(
            vertx,
            pools,
            Ids.next(Clock.system()),
            "test",
            Clock.system(),
            Limits.Enforcement.ENFORCE);
    limits = connection.limits();
    // On a busy machine to connect may take longer than a call waits for its lease.
    Eventually.until("it is connected", this::connected);
  }

  private boolean connected() throws TimeoutException {
    return pools
        .ledger(c -> c.query("SELECT 1").execute().map(true))
        .otherwise(false)
        .await(30, TimeUnit.SECONDS);
  }

  @AfterEach
  void close() {
    connection.close().otherwiseEmpty().await();
    pools.close().await();
    proxy.close();
    vertx.close().await();
  }

  @Test
  void aClosedTierGoesOnWithWhatIsLeasedAndThenRefuses() throws Exception {
    call();
    goAway();

    call();
    assertThatThrownBy(
            () -> {
              for (var i = 0; i < 20; i++) {
                call();
              }
            })
        .satisfies(
            e -> assertThat(AIError.from(e).code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE));
    comeBack();

    Eventually.until("calls are admitted again", this::admitted);
    settled();
  }

  @Test
  void anOpenTierLetsInSoManyCallsAndSoMuchMoneyAndAllOfItIsChargedOnceAfterwards()
      throws Exception {
    database.execute(
        "INSERT INTO tiers (name, calls_per_day, calls_per_month, usd_per_month, when_storage_away,"
            + " away_calls, away_usd) VALUES ('lenient', 1000, 1000, 100, 'open', 6, 0.50) ON"
            + " CONFLICT DO NOTHING");
    database.execute("INSERT INTO users (user_id, tier) VALUES (?, 'lenient')", who.user());
    call();
    goAway();
    Eventually.until("the leases are used up", () -> !admitted() || awayAdmitted > 20);
    Eventually.until("the cover of the first account is over", this::reservesNothingMore);
    comeBack();

    Eventually.until("calls are admitted again", this::admitted);
    settled();
    assertThat(awayAdmitted)
        .as("4 of the lease and 6 of the tier, and what came after")
        .isPositive();
    assertThat(owedAway).isLessThanOrEqualTo(Usd.of(new java.math.BigDecimal("0.70")).nanos());
    assertThat(
            database.count(
                "SELECT (usd_held * 1000000000)::bigint FROM user_quotas WHERE subject_kind ="
                    + " 'user' AND subject_id = ?",
                who.user()))
        .as("what was let in is held, whatever the account had before")
        .isGreaterThanOrEqualTo(owedAway);
  }

  /** Where the conversation about one request breaks off. */
  private enum Broken {
    BEFORE_IT_ARRIVES("BEGIN", false),
    BEFORE_ITS_COMMIT("COMMIT", false),
    AFTER_ITS_COMMIT("COMMIT", true);

    private final String words;
    private final boolean heard;

    Broken(String words, boolean heard) {
      this.words = words;
      this.heard = heard;
    }
  }

  @ParameterizedTest
  @EnumSource
  void aLeaseIsGrantedOnceWhereverItsRequestBreaksOff(Broken at) throws Exception {
    proxy.cutAt(at.words, at.heard);

    call();

    assertThat(proxy.cuts()).isEqualTo(1);
    settled();
  }

  @ParameterizedTest
  @EnumSource
  void aLeaseComesBackOnceWhereverItsReturnBreaksOff(Broken at) throws Exception {
    call();
    proxy.cutAt(at.words, at.heard);

    settled();

    assertThat(proxy.cuts()).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource
  void aLeaseThatIsUnderWayWhenTheNodeClosesComesBackWhereverItsRequestBreaksOff(Broken at)
      throws Exception {
    call();
    proxy.cutAt(at.words, at.heard);
    var asking = new Who(who.user(), UUID.randomUUID(), Optional.empty());
    var waiting = limits.enforce(Ids.next(Clock.system()), asking, new Cancellation());
    Eventually.until("the request has broken off", () -> proxy.cuts() == 1);

    limits.close().await(30, TimeUnit.SECONDS);

    Eventually.until("the call that waited knows", waiting::isComplete);
    admittedInAll += waiting.succeeded() ? 1 : 0;
    chargedIsWhatWasAdmitted();
    assertThat(
            database.count(
                "SELECT count(*) FROM leases WHERE state <> 'closed' AND subject_id IN (?, ?, ?)",
                who.user(),
                who.key().toString(),
                asking.key().toString()))
        .as("leases that nobody has reported")
        .isZero();
  }

  private int admittedInAll;
  private int awayAdmitted;
  private long owedAway;
  private Optional<Charge> last = Optional.empty();

  private void goAway() {
    proxy.blackHole(true);
  }

  private void comeBack() {
    proxy.heal();
    proxy.cutNow();
  }

  private Charge call() throws Exception {
    var charge =
        limits
            .enforce(Ids.next(Clock.system()), who, new Cancellation())
            .await(30, TimeUnit.SECONDS);
    admittedInAll++;
    last = Optional.of(charge);
    return charge;
  }

  private boolean admitted() {
    try {
      call();
      awayAdmitted++;
      return true;
    } catch (Exception e) {
      assertThat(AIError.from(e).code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
      return false;
    }
  }

  /** Ten cents more are owed, or the policy says no. */
  private boolean reservesNothingMore() throws Exception {
    var tenCents = new Usd(100_000_000);
    try {
      limits.reserve(last.orElseThrow(), tenCents, new Cancellation()).await(30, TimeUnit.SECONDS);
      owedAway += tenCents.nanos();
      return false;
    } catch (RuntimeException e) {
      assertThat(AIError.from(e).code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
      return true;
    }
  }

  /** After all leases are back, exactly what was admitted is charged. */
  private void settled() throws Exception {
    limits.close().await(30, TimeUnit.SECONDS);
    chargedIsWhatWasAdmitted();
  }

  private void chargedIsWhatWasAdmitted() {
    Eventually.until(
        "what is charged is what was admitted",
        () ->
            database.count(
                    "SELECT coalesce(sum(b), 0) FROM api_rate_limits, unnest(buckets) AS b WHERE"
                        + " subject_kind = 'user' AND subject_id = ?",
                    who.user())
                == admittedInAll);
  }
}
