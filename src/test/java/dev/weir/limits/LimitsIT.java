package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import dev.weir.gateway.Cancellation;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import dev.weir.testing.Eventually;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;

/** Several processes' limits on one Postgres: what each admits, and what they leave behind. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsIT {
  private static final Usd CENT = new Usd(10_000_000);

  private static final String OVER =
      "SELECT count(*) FROM user_quotas WHERE subject_id = ? AND usd_settled > 1";

  private final Vertx vertx = Vertx.vertx();
  private final List<LedgerConnection> nodes = new ArrayList<>();
  private final List<Notifications> ears = new ArrayList<>();
  private TestDatabase database;
  private Database pools;
  private Who who;

  @BeforeAll
  void open(TestDatabase given) {
    database = given;
    pools = given.database(vertx);
  }

  @BeforeEach
  void somebody() {
    who = new Who("user-" + UUID.randomUUID(), UUID.randomUUID(), Optional.empty());
  }

  @AfterEach
  void closeNodes() {
    nodes.forEach(node -> node.close().await());
    nodes.clear();
    ears.forEach(ear -> ear.close().await());
    ears.clear();
  }

  @AfterAll
  void close() {
    pools.close().await();
    vertx.close().await();
  }

  private Limits node() {
    return node(Limits.Enforcement.ENFORCE);
  }

  private Limits node(Limits.Enforcement enforcement) {
    var node =
        LedgerConnection.open(
            vertx, pools, Ids.next(Clock.system()), "test", Clock.system(), enforcement);
    var ear = Notifications.open(vertx, database.serviceUrl());
    node.listen(ear);
    nodes.add(node);
    ears.add(ear);
    return node.limits();
  }

  @Test
  void aUserWhomTheDatabaseCannotKeepTakesNobodyWithIt() {
    var node = node();

    var poison = new Who("nul-\u0000-" + UUID.randomUUID(), UUID.randomUUID(), Optional.empty());
    var refused = node.enforce(UUID.randomUUID(), poison, new Cancellation());
    var others =
        IntStream.range(0, 20)
            .mapToObj(i -> new Who(who.user() + i, who.key(), Optional.empty()))
            .map(other -> node.enforce(UUID.randomUUID(), other, new Cancellation()))
            .toList();

    assertThat(Future.all(others).await().succeeded()).isTrue();
    assertThatThrownBy(refused::await)
        .satisfies(e -> assertThat(AIError.from(e).code()).isEqualTo(ErrorCode.INTERNAL));
  }

  @Test
  void exactlyTheLimitIsAdmittedByFourProcessesUnderTenThousandCalls() throws Exception {
    var limits = List.of(node(), node(), node(), node());
    var calls = new ArrayList<Future<Charge>>();
    for (var i = 0; i < 10_000; i++) {
      calls.add(call(limits.get(i % 4)));
    }

    Future.join(calls).otherwiseEmpty().await(60, TimeUnit.SECONDS);

    assertThat(calls.stream().filter(Future::succeeded)).hasSize(20);
    var codes =
        calls.stream()
            .filter(Future::failed)
            .map(f -> AIError.from(f.cause()).code())
            .distinct()
            .toList();
    assertThat(codes).containsOnly(ErrorCode.QUOTA_EXCEEDED);
    assertThat(used("user", who.user())).isEqualTo(20);
  }

  @Test
  void aNearlySpentUserIsServedToTheLastUnitWhileAnotherNodeIdlesOnSome() throws Exception {
    var idle = node();
    var asked = node();
    call(idle).await();

    for (var i = 0; i < 19; i++) {
      call(asked).await(20, TimeUnit.SECONDS);
    }

    assertThatThrownBy(() -> call(asked).await(20, TimeUnit.SECONDS))
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.QUOTA_EXCEEDED));
  }

  @Test
  void aCallOfATeamThatIsUsedUpTakesNothingFromItsUser() {
    var team = "team-" + UUID.randomUUID();
    database.execute("INSERT INTO teams (team_id) VALUES (?)", team);
    database.execute("INSERT INTO subject_limits VALUES ('team', ?, 'calls', 'day', 2)", team);
    who = new Who(who.user(), who.key(), Optional.of(team));
    var limits = node();
    call(limits).await();
    call(limits).await();

    assertThatThrownBy(() -> call(limits).await())
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.QUOTA_EXCEEDED))
        .hasMessageContaining("team");
    nodes.removeFirst().close().await();

    assertThat(used("user", who.user())).isEqualTo(2);
    assertThat(used("team", team)).isEqualTo(2);
    assertThat(used("key", who.key().toString())).isEqualTo(2);
  }

  @Test
  void whatWasLeasedAndNotUsedReturnsAtTheEnd() {
    var limits = node();
    var charge = call(limits).await();
    limits.end(charge, false);
    var refunded = call(limits).await();
    limits.end(refunded, true);

    nodes.removeFirst().close().await();

    assertThat(used("user", who.user())).isEqualTo(1);
    assertThat(
            database.count(
                "SELECT sum(calls_used) FROM user_quotas WHERE subject_id = ?", who.user()))
        .isEqualTo(1);
    assertThat(
            database.count(
                "SELECT count(*) FROM leases WHERE state <> 'closed' AND subject_id = ?",
                who.user()))
        .isZero();
  }

  @Test
  void aChangedLimitIsInForceAtOnce() {
    var limits = node();
    call(limits).await();
    database.execute(
        "INSERT INTO subject_limits VALUES ('user', ?, 'calls', 'day', 3)", who.user());

    assertThat(limits.check(who).await().getFirst().dayLimit()).isEqualTo(3);
    call(limits).await();
    call(limits).await();

    assertThatThrownBy(() -> call(limits).await())
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.QUOTA_EXCEEDED));
  }

  @Test
  void spendingNeverPassesTheBudgetWhateverHappensAtOnce() throws Exception {
    database.execute(
        "INSERT INTO subject_limits VALUES ('user', ?, 'calls', 'day', 100000), ('user', ?,"
            + " 'calls', 'month', 100000)",
        who.user(),
        who.user());
    var limits = List.of(node(), node(), node());
    var reservations = new ArrayList<Future<Charge>>();
    for (var i = 0; i < 600; i++) {
      var at = limits.get(i % 3);
      reservations.add(
          call(at).compose(charge -> at.reserve(charge, CENT, new Cancellation()).map(charge)));
    }

    Future.join(reservations).otherwiseEmpty().await(60, TimeUnit.SECONDS);

    assertThat(reservations.stream().filter(Future::succeeded).count())
        .as("5 USD are 500 cents")
        .isBetween(250L, 500L);
    assertThat(held(who.user())).isLessThanOrEqualTo(5_000_000_000L);
    var codes =
        reservations.stream()
            .filter(Future::failed)
            .map(f -> AIError.from(f.cause()).code())
            .distinct()
            .toList();
    assertThat(codes).as("only held cost stands in the way").containsOnly(ErrorCode.RATE_LIMITED);
  }

  @Test
  void settledCostAtTheLimitIsBudgetExceededAndHeldCostGoesWhenTheRowIsThere() {
    var limits = node();
    var charge = call(limits).await();
    limits.reserve(charge, CENT.times(480), new Cancellation()).await();
    charge.use();
    charge.settle(CENT.times(480).nanos(), CENT.times(470).nanos());
    limits.end(charge, false);
    row(charge, "4.7");
    limits.written(charge.call());

    var next = call(limits).await();
    assertThatThrownBy(() -> limits.reserve(next, CENT.times(31), new Cancellation()).await())
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.BUDGET_EXCEEDED));
    limits.reserve(next, CENT.times(30), new Cancellation()).await();
    next.settle(CENT.times(30).nanos(), 0);
    limits.end(next, true);
    nodes.removeFirst().close().await();

    assertThat(held(who.user())).isZero();
  }

  @Test
  void aDeadProcessesUnitsAndMoneyStayChargedUntilItsJournalIsReplayed() {
    var dead = node();
    var charge = call(dead).await();
    dead.reserve(charge, CENT.times(300), new Cancellation()).await();
    var connection = nodes.removeFirst();
    var process =
        (UUID)
            database.value(
                "SELECT process_id FROM leases WHERE lease_id = ?", charge.lease().orElseThrow());
    // It says nothing more: its desk is stopped by taking its place at the ledger.
    database.execute(
        "UPDATE ledger_processes SET exchanges = 1000000 WHERE process_id = ?", process);
    assertThat(held(who.user())).isGreaterThanOrEqualTo(3_000_000_000L);

    database.execute(
        "INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, lease_id,"
            + " function_name, status, execution_time_ms) SELECT gen_random_uuid(), granted_at,"
            + " billing_month, subject_id, lease_id, 'f', 'interrupted', 1 FROM leases WHERE"
            + " lease_id = ?",
        charge.lease().orElseThrow());
    LedgerConnection.replayed(database.database(vertx), process).await();

    assertThat(held(who.user())).isZero();
    assertThat(used("user", who.user())).isEqualTo(1);
  }

  @Test
  void aDryRunLetsThroughAndCounts() {
    var limits = node(Limits.Enforcement.DRY_RUN);
    for (var i = 0; i < 25; i++) {
      call(limits).await();
    }

    assertThat(limits.watched()).isEqualTo(5);
    assertThat(used("user", who.user())).isEqualTo(20);
  }

  @Test
  void aQuotaThatIsSetTakesEffectOnRunningReplicas() {
    var one = node();
    var other = node();
    call(one).await();
    call(other).await();
    var quotas = new Quotas(pools);

    quotas.change(Subject.user(who.user()), limit("calls_per_day", 2)).await();

    for (var node : List.of(one, other)) {
      Eventually.until("the lowered limit", () -> refusedAsUsed(node));
    }
    assertThat(used("user", who.user())).as("nothing more was let in").isLessThanOrEqualTo(20);
    var before = used("user", who.user());
    quotas.change(Subject.user(who.user()), limit("calls_per_day", 1_000)).await();
    for (var node : List.of(one, other)) {
      Eventually.until("the raised limit", () -> admitted(node));
    }
    assertThat(used("user", who.user())).isGreaterThan(before);
  }

  @Test
  void aUserMovedBetweenTiersInMidLeaseIsHeldToTheNewOne() {
    database.execute("INSERT INTO users (user_id, tier) VALUES (?, 'enterprise')", who.user());
    var limits = node();
    for (var i = 0; i < 60; i++) {
      call(limits).await();
    }
    assertThat(limits.tier(who.user())).contains("enterprise");
    var quotas = new Quotas(pools);

    quotas.change(Subject.user(who.user()), Json.object().put("tier", "free")).await();

    Eventually.until("nothing beyond the new tier", () -> refusedAsUsed(limits));
    assertThat(limits.tier(who.user())).contains("free");
    quotas.change(Subject.user(who.user()), Json.object().put("tier", "pro")).await();
    Eventually.until("as many as the next tier has", () -> admitted(limits));
    nodes.removeFirst().close().await();
    assertThat(used("user", who.user())).as("nothing was charged twice").isBetween(61L, 200L);
  }

  @Test
  void spendingUnderRetriesAndCancelledStreamsIsWhatTheRowsSayAndNeverPassesTheBudget()
      throws Exception {
    database.execute(
        "INSERT INTO subject_limits VALUES ('user', ?, 'calls', 'day', 100000), ('user', ?,"
            + " 'calls', 'month', 100000), ('user', ?, 'usd', 'month', 1)",
        who.user(),
        who.user(),
        who.user());
    var limits = List.of(node(), node(), node());
    var spent = new AtomicLong();
    try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
      var all = new ArrayList<java.util.concurrent.Future<?>>();
      for (var i = 0; i < 24; i++) {
        var node = limits.get(i % 3);
        var random = new Random(i);
        all.add(callers.submit(() -> spend(node, random, spent)));
      }
      for (var one : all) {
        one.get(90, TimeUnit.SECONDS);
      }
    }

    assertThat(settled(who.user())).isEqualTo(spent.get()).isBetween(800_000_000L, 1_000_000_000L);
    assertThat(database.count(OVER, who.user())).as("accounts over the limit").isZero();
  }

  /** Calls until the budget is spent; every attempt costs at most what it has reserved. */
  private void spend(Limits node, Random random, AtomicLong spent) {
    for (var calls = 0; calls < 200; calls++) {
      Charge charge;
      try {
        charge = call(node).await(20, TimeUnit.SECONDS);
      } catch (Exception e) {
        assertThat(code(e)).isIn(ErrorCode.RATE_LIMITED, ErrorCode.BUDGET_EXCEEDED);
        continue;
      }
      var cost = 0L;
      var refused = Optional.<ErrorCode>empty();
      for (var attempt = 0; attempt < 3 && refused.isEmpty(); attempt++) {
        var price = 1_000_000L * (1 + random.nextInt(60));
        try {
          node.reserve(charge, new Usd(price), new Cancellation()).await(20, TimeUnit.SECONDS);
        } catch (Exception e) {
          refused = Optional.of(code(e));
          break;
        }
        charge.use();
        // A failure that is paid for in part, a stream that is left, or a whole answer.
        var actual = price * random.nextInt(5) / 4;
        charge.settle(price, actual);
        cost += actual;
        if (random.nextInt(3) == 0) {
          break;
        }
      }
      node.end(charge, refused.isPresent());
      row(charge, new Usd(cost).toString());
      spent.addAndGet(cost);
      node.written(charge.call());
      if (refused.filter(ErrorCode.BUDGET_EXCEEDED::equals).isPresent() && calls > 20) {
        return;
      }
    }
  }

  private boolean refusedAsUsed(Limits node) {
    try {
      call(node).await();
      return false;
    } catch (RuntimeException e) {
      return code(e) == ErrorCode.QUOTA_EXCEEDED;
    }
  }

  private boolean admitted(Limits node) {
    try {
      call(node).await();
      return true;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static ObjectNode limit(String name, long amount) {
    var body = Json.object();
    body.putObject("limits").put(name, amount);
    return body;
  }

  private long settled(String user) {
    return database.count(
        "SELECT (coalesce(sum(usd_settled), 0) * 1000000000)::bigint FROM user_quotas WHERE"
            + " subject_kind = 'user' AND subject_id = ?",
        user);
  }

  @Test
  void callsAtOnceAndBurstsAreBoundedByTheProcess() {
    database.execute(
        "INSERT INTO subject_limits VALUES ('user', ?, 'concurrent', 'moment', 2)", who.user());
    var limits = node();
    var first = call(limits).await();
    call(limits).await();

    assertThatThrownBy(() -> call(limits).await())
        .satisfies(e -> assertThat(code(e)).isEqualTo(ErrorCode.RATE_LIMITED));
    limits.end(first, false);
    call(limits).await();
  }

  private Future<Charge> call(Limits limits) {
    var context = vertx.getOrCreateContext();
    Promise<Charge> promise = Promise.promise();
    context.runOnContext(
        _ -> limits.enforce(Ids.next(Clock.system()), who, new Cancellation()).onComplete(promise));
    return promise.future();
  }

  private void row(Charge charge, String cost) {
    pools
        .ledger(
            c ->
                c.query(
                        """
                        INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, key_id, function_name, status,
                          execution_time_ms, cost_usd)
                        VALUES ('%s', now(), date_trunc('month', now(), 'UTC')::date, '%s', '%s', 'f', 'ok', 1, %s)\
                        """
                            .formatted(charge.call(), who.user(), who.key(), cost))
                    .execute())
        .await();
  }

  private long used(String kind, String id) {
    return database.count(
        "SELECT coalesce(sum(b), 0) FROM api_rate_limits, unnest(buckets) AS b WHERE subject_kind ="
            + " ? AND subject_id = ?",
        kind,
        id);
  }

  private long held(String user) {
    return database.count(
        "SELECT (coalesce(sum(usd_held), 0) * 1000000000)::bigint FROM user_quotas WHERE"
            + " subject_kind = 'user' AND subject_id = ?",
        user);
  }

  private static ErrorCode code(Throwable e) {
    return AIError.from(e).code();
  }
}
