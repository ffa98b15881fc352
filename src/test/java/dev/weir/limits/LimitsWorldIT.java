package dev.weir.limits;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Cancellation;
import dev.weir.gateway.Debit;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Vertx;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The lease protocol in a simulated world, seed by seed: several processes on a real Postgres,
 * calls that come in bursts and end in every way, time that leaps over midnights, month ends and a
 * leap day, processes that pause past their leases or die, messages that are lost, doubled and
 * late.
 *
 * <p>What is checked against the world's own list of calls: no 24 hours and no month of a user or a
 * team hold more calls than its limit; at no moment do costs and reservations come to more than the
 * budget; nobody is told that a limit is used up of whom less than that is used, in doubt, or on
 * its way back; and when everything is back, the ledger says what the rows say.
 *
 * <p>{@code -Dweir.test.seeds=200} tries more seeds, {@code -Dweir.test.seed=17} one of them.
 */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LimitsWorldIT {
  private static final int STEPS = 160;
  private static final Duration DAY = Duration.ofDays(1);

  /** A used unit comes back so much later at most: the ledger's grain, and a cached refusal. */
  private static final Duration GRAIN = Duration.ofSeconds(302);

  /** So long a report may be under way. */
  private static final Duration ON_ITS_WAY = Duration.ofSeconds(30);

  private static final List<String> BEGINNINGS =
      List.of(
          "2031-12-30T20:00:00Z",
          "2032-02-27T21:30:00Z",
          "2032-01-30T23:50:00Z",
          "2032-02-28T23:59:00Z",
          "2031-12-31T23:58:00Z",
          "2032-03-30T12:00:00Z");

  private final Vertx vertx = Vertx.vertx();
  private TestDatabase database;
  private Database pools;
  private LedgerWorld ledger;
  private Connection wire;

  @BeforeAll
  void open(TestDatabase given) throws SQLException {
    database = given;
    pools = given.database(vertx);
    ledger = new LedgerWorld(given);
    wire = given.connect();
    for (var month = LocalDate.of(2031, 12, 1);
        month.getYear() < 2033;
        month = month.plusMonths(1)) {
      given.execute(
          "CREATE TABLE world_%tY_%<tm PARTITION OF ai_usage_metrics FOR VALUES FROM ('%<s 00:00+00') TO ('%s 00:00+00')"
              .formatted(month, month.plusMonths(1)));
    }
  }

  @AfterAll
  void close() throws SQLException {
    wire.close();
    pools.close().await();
    vertx.close().await();
  }

  static List<Long> seeds() {
    var one = Long.getLong("weir.test.seed");
    if (one != null) {
      return List.of(one);
    }
    var all = new ArrayList<Long>();
    for (var seed = 1L; seed <= Long.getLong("weir.test.seeds", 2); seed++) {
      all.add(seed);
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theLimitsHold(long seed) throws Exception {
    var beginning = Instant.parse(BEGINNINGS.get((int) (seed % BEGINNINGS.size())));
    ledger.at(beginning);
    try (var world = new SimulatedWorld(database, pools, new Random(seed), beginning)) {
      var story = new Story(world, seed);
      story.happens();
      story.ends();
    }
  }

  private void execute(String sql, Object... parameters) {
    try (var statement = wire.prepareStatement(sql)) {
      for (var i = 0; i < parameters.length; i++) {
        statement.setObject(i + 1, parameters[i]);
      }
      statement.execute();
    } catch (SQLException e) {
      throw new AssertionError(e.getMessage() + "\n" + sql, e);
    }
  }

  /** Somebody whose calls are limited. */
  private record Account(Subject subject, long day, long month, long nanos) {}

  /** A call that was admitted. */
  private static final class Call {
    final UUID id = UUID.randomUUID();
    final SimulatedWorld.Node node;
    final Who who;
    Charge charge;
    Debit debit = Debit.NONE;
    Instant moment;
    LocalDate month;
    long reserved;
    long cost;
    boolean returned;
    Instant returnedAt = Instant.MIN;
    boolean ended;
    boolean recorded;

    Call(SimulatedWorld.Node node, Who who) {
      this.node = node;
      this.who = who;
    }

    /** The unit that it now holds is of this lease; the journal knows. */
    void takes(Instant at) {
      moment = at;
      debit = charge.debit();
      month = charge.month();
    }

    boolean of(Subject subject) {
      return subject.id().equals(who.user()) || who.team().filter(subject.id()::equals).isPresent();
    }
  }

  private final class Story {
    private final SimulatedWorld world;
    private final Random random;
    private final String name;
    private final List<Who> people = new ArrayList<>();
    private final List<Account> accounts = new ArrayList<>();
    private final List<Call> calls = new ArrayList<>();
    private final Map<UUID, SimulatedWorld.Node> toReplay = new HashMap<>();
    private final Set<UUID> dead = new HashSet<>();
    private final Map<ErrorCode, Integer> refusals = new EnumMap<>(ErrorCode.class);
    private int crashes;

    Story(SimulatedWorld world, long seed) {
      this.world = world;
      this.random = world.random;
      this.name = "seed-" + seed;
      var team = name + "-team";
      execute("INSERT INTO teams (team_id) VALUES (?)", team);
      for (var i = 0; i < 3; i++) {
        var user = name + "-user-" + i;
        people.add(new Who(user, UUID.randomUUID(), i == 0 ? Optional.empty() : Optional.of(team)));
        limit(Subject.user(user), List.of(6L, 20L, 60L).get(i));
      }
      limit(new Subject(Subject.Kind.TEAM, team), 40);
      for (var i = 0; i < 3; i++) {
        world.start();
      }
    }

    private void limit(Subject subject, long day) {
      var month = day * (2 + random.nextInt(3));
      var dollars = 1 + random.nextInt(5);
      accounts.add(new Account(subject, day, month, dollars * 1_000_000_000L));
      execute(
          "INSERT INTO subject_limits VALUES (?, ?, 'calls', 'day', ?), (?, ?, 'calls', 'month',"
              + " ?), (?, ?, 'usd', 'month', ?)",
          subject.kind().label(),
          subject.id(),
          day,
          subject.kind().label(),
          subject.id(),
          month,
          subject.kind().label(),
          subject.id(),
          BigDecimal.valueOf(dollars));
    }

    void happens() {
      for (var step = 0; step < STEPS; step++) {
        switch (random.nextInt(40)) {
          case 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 -> burst();
          case 12, 13, 14, 15, 16, 17, 18 -> world.pass(world.upTo(Duration.ofSeconds(60)));
          case 19, 20 -> leap(world.upTo(Duration.ofMinutes(40)));
          case 21 -> leap(world.upTo(Duration.ofHours(30)));
          case 22 -> toTheBrink();
          case 23, 24 -> someNode().pause(world.upTo(Duration.ofSeconds(40)));
          case 25 -> crash();
          case 26 -> world.outage(world.upTo(Duration.ofSeconds(25)));
          case 27 -> world.nodes().forEach(node -> node.limits.sweep());
          case 28 -> execute("SELECT weir_mark_in_doubt()");
          default -> world.pass(world.upTo(Duration.ofSeconds(4)));
        }
        if (step % 8 == 7) {
          theLedgerAddsUp();
        }
      }
    }

    private SimulatedWorld.Node someNode() {
      return world.nodes().get(random.nextInt(world.nodes().size()));
    }

    private void leap(Duration time) {
      world.pass(Duration.ofSeconds(random.nextInt(40)));
      world.leap(time);
      world.pass(Duration.ofSeconds(1));
    }

    /** To just before midnight, the end of the month as often as not. */
    private void toTheBrink() {
      var today = world.now().atZone(ZoneOffset.UTC).toLocalDate();
      var day = world.chance(0.5) ? today.plusDays(1) : today.withDayOfMonth(1).plusMonths(1);
      var brink = day.atStartOfDay(ZoneOffset.UTC).toInstant().minusMillis(random.nextInt(12_000));
      if (brink.isAfter(world.now()) && day.getYear() < 2033) {
        leap(Duration.between(world.now(), brink));
      }
    }

    private void crash() {
      var node = someNode();
      node.crash();
      dead.add(node.process);
      crashes++;
      world.start();
      if (world.chance(0.8)) {
        toReplay.put(node.process, node);
        world.after(null, world.upTo(Duration.ofHours(2)), () -> replay(node));
      }
    }

    /** Whoever finds the dead process's journal writes what is not written, and says so. */
    private void replay(SimulatedWorld.Node node) {
      if (toReplay.remove(node.process) == null) {
        return;
      }
      world.synchronize();
      for (var call : calls) {
        if (call.node == node && !call.recorded) {
          if (!call.ended) {
            call.cost += world.chance(0.5) ? call.reserved : call.reserved / 3;
            call.reserved = 0;
            call.ended = true;
          }
          row(call);
        }
      }
      LedgerConnection.replayed(pools, node.process).await();
    }

    private void burst() {
      var who = people.get(random.nextInt(people.size()));
      var many = 1 + random.nextInt(world.chance(0.2) ? 25 : 5);
      var one = someNode();
      var spread = world.chance(0.5);
      for (var i = 0; i < many; i++) {
        var node = spread ? someNode() : one;
        world.after(node, world.upTo(Duration.ofSeconds(1)), () -> call(node, who));
      }
    }

    private void call(SimulatedWorld.Node node, Who who) {
      var call = new Call(node, who);
      var cancellation = new Cancellation();
      world.after(
          node,
          world.upTo(Duration.ofSeconds(60)),
          () -> {
            if (!call.ended) {
              cancellation.cancel(AIError.of(ErrorCode.TIMEOUT, "too long"));
            }
          });
      node.limits
          .enforce(call.id, who, cancellation)
          .onSuccess(
              charge -> {
                call.charge = charge;
                call.takes(world.now());
                calls.add(call);
                nobodyIsOver(call);
                admitted(call, cancellation);
              })
          .onFailure(e -> refused(call, 0, e));
    }

    private void admitted(Call call, Cancellation cancellation) {
      switch (random.nextInt(12)) {
        case 0, 1 -> soon(call, 1, () -> end(call, false));
        case 2 -> soon(call, 1, () -> end(call, true));
        default -> soon(call, world.chance(0.1) ? 14 : 1, () -> attempt(call, cancellation, 1));
      }
    }

    private void soon(Call call, int seconds, Runnable work) {
      world.after(call.node, world.upTo(Duration.ofSeconds(seconds)), work);
    }

    private void attempt(Call call, Cancellation cancellation, int number) {
      var limits = call.node.limits;
      var price = 10_000_000L * (1 + random.nextInt(world.chance(0.1) ? 80 : 15));
      limits
          .freshen(call.charge, call.who, cancellation)
          .onSuccess(_ -> call.takes(call.charge.isUsed() ? call.moment : world.now()))
          .compose(_ -> limits.reserve(call.charge, new Usd(price), cancellation))
          .onSuccess(
              _ -> {
                call.reserved = price;
                nobodyIsOver(call);
                soon(
                    call,
                    world.chance(0.1) ? 14 : 1,
                    () -> send(call, cancellation, number, price));
              })
          .onFailure(
              e -> {
                refused(call, price, e);
                end(call, true);
              });
    }

    private void send(Call call, Cancellation cancellation, int number, long price) {
      var wasUsed = call.charge.isUsed();
      if (call.node.limits.mayBeSent(call.charge).isPresent()) {
        settle(call, price, 0);
        end(call, true);
        return;
      }
      if (!wasUsed) {
        call.takes(world.now());
        nobodyIsOver(call);
      }
      soon(
          call,
          world.chance(0.1) ? 40 : 5,
          () -> {
            switch (random.nextInt(8)) {
              case 0, 1 -> {
                settle(call, price, 0);
                again(call, cancellation, number);
              }
              case 2 -> {
                call.charge.use();
                settle(call, price, price / 2);
                again(call, cancellation, number);
              }
              case 3 -> {
                call.charge.use();
                settle(call, price, price / 4);
                end(call, true);
              }
              default -> {
                call.charge.use();
                settle(call, price, (long) (price * random.nextDouble()));
                end(call, false);
              }
            }
          });
    }

    private void again(Call call, Cancellation cancellation, int number) {
      if (number < 3 && world.chance(0.6)) {
        attempt(call, cancellation, number + 1);
      } else {
        end(call, true);
      }
    }

    private void settle(Call call, long price, long actual) {
      call.charge.settle(price, actual);
      call.reserved = 0;
      call.cost += actual;
    }

    private void end(Call call, boolean failed) {
      call.node.limits.end(call.charge, failed);
      call.ended = true;
      call.returned = call.charge.returned();
      call.returnedAt = world.now();
      world.after(
          call.node,
          world.upTo(Duration.ofSeconds(world.chance(0.1) ? 60 : 2)),
          () -> {
            world.synchronize();
            row(call);
            soon(call, 1, () -> call.node.limits.written(call.id));
          });
    }

    private void row(Call call) {
      execute(
          """
          INSERT INTO ai_usage_metrics (id, started_at, billing_month, user_id, key_id, team_id, lease_id,
            key_lease_id, team_lease_id, function_name, status, execution_time_ms, cost_usd, unit_returned, recorded_at)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'f', 'ok', 1, ?, ?, weir_clock()) ON CONFLICT DO NOTHING\
          """,
          call.id,
          call.moment.atOffset(ZoneOffset.UTC),
          call.month,
          call.who.user(),
          call.who.key(),
          call.who.team().orElse(null),
          call.debit.user().orElseThrow(),
          call.debit.key().orElseThrow(),
          call.debit.team().orElse(null),
          BigDecimal.valueOf(call.cost, 9),
          call.returned);
      call.recorded = true;
    }

    // ---- what must hold

    private void nobodyIsOver(Call call) {
      var now = world.now();
      var month = now.atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1);
      for (var account : accounts) {
        if (!call.of(account.subject())) {
          continue;
        }
        var day = 0;
        var inMonth = 0;
        var money = 0L;
        for (var other : calls) {
          if (!other.of(account.subject())) {
            continue;
          }
          if (!other.returned) {
            day += other.moment.isAfter(now.minus(DAY)) ? 1 : 0;
            inMonth +=
                other.moment.atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1).equals(month)
                    ? 1
                    : 0;
          }
          money += other.month.equals(call.month) ? other.cost + other.reserved : 0;
        }
        assertThat((long) day)
            .as("%s: 24 hours of %s", this, account)
            .isLessThanOrEqualTo(account.day());
        assertThat((long) inMonth)
            .as("%s: %s of %s", this, month, account)
            .isLessThanOrEqualTo(account.month());
        assertThat(money)
            .as("%s: money of %s in %s", this, account, call.month)
            .isLessThanOrEqualTo(account.nanos());
      }
    }

    private void refused(Call call, long price, Throwable e) {
      var code = AIError.from(e).code();
      refusals.merge(code, 1, Integer::sum);
      if (code == ErrorCode.QUOTA_EXCEEDED && !world.troubled(call.node)) {
        assertThat(
                accounts.stream()
                    .filter(account -> call.of(account.subject()))
                    .anyMatch(this::isUsedUp))
            .as("%s: %s refused by right: %s", this, call.who, e.getMessage())
            .isTrue();
      } else if (code == ErrorCode.BUDGET_EXCEEDED) {
        assertThat(
                accounts.stream()
                    .filter(account -> call.of(account.subject()))
                    .anyMatch(account -> spent(account, call.month) + price > account.nanos()))
            .as("%s: %s has spent its budget: %s", this, call.who, e.getMessage())
            .isTrue();
      } else if (code == ErrorCode.INTERNAL || code == ErrorCode.FORBIDDEN) {
        throw new AssertionError(this + ": " + call.who, e);
      }
    }

    private long spent(Account account, LocalDate month) {
      return calls.stream()
          .filter(c -> c.of(account.subject()) && c.month.equals(month))
          .mapToLong(c -> c.cost)
          .sum();
    }

    /** Used, or in doubt, or given back so lately that the ledger may not know it yet. */
    private boolean isUsedUp(Account account) {
      var now = world.now();
      var month = now.atZone(ZoneOffset.UTC).toLocalDate().withDayOfMonth(1);
      var since = now.minus(DAY).minus(GRAIN);
      var day = 0L;
      var inMonth = 0L;
      for (var call : calls) {
        if (call.of(account.subject())
            && (!call.returned || call.returnedAt.isAfter(now.minus(ON_ITS_WAY)))) {
          day += call.moment.isAfter(since) ? 1 : 0;
          inMonth += call.month.equals(month) ? 1 : 0;
        }
      }
      var doubt =
          database.count(
              """
              SELECT coalesce(sum(greatest(0, l.calls_granted - l.calls_returned)), 0) FROM leases l
              WHERE l.subject_kind = ? AND l.subject_id = ? AND (l.state <> 'closed' AND l.expires_at < weir_clock() + interval '1 second'
                OR l.closed_at > weir_clock() - interval '30 seconds')\
              """,
              account.subject().kind().label(),
              account.subject().id());
      return day + doubt >= account.day() || inMonth + doubt >= account.month();
    }

    /** Debits are what leases hold, holds are what accounts hold: whatever is under way. */
    private void theLedgerAddsUp() {
      zero(
          "months that differ from their leases",
          """
          SELECT count(*) FROM user_quotas q WHERE q.subject_id LIKE ? AND q.calls_used <> (
            SELECT coalesce(sum(l.calls_granted - l.calls_returned), 0) FROM leases l
            WHERE (l.subject_kind, l.subject_id, l.billing_month) = (q.subject_kind, q.subject_id, q.billing_month))\
          """);
      zero(
          "windows that differ from their leases",
          """
          SELECT count(*) FROM api_rate_limits r WHERE r.subject_id LIKE ?
            AND (SELECT coalesce(sum(b), 0) FROM unnest(r.buckets) AS b) <> (
            SELECT coalesce(sum(l.calls_granted - l.calls_returned), 0) FROM leases l
            WHERE (l.subject_kind, l.subject_id) = (r.subject_kind, r.subject_id) AND l.bucket >= r.first_bucket)\
          """);
      zero(
          "holds that differ from their accounts",
          """
          SELECT count(*) FROM user_quotas q WHERE q.subject_id LIKE ? AND q.usd_held <> (
            SELECT coalesce(sum(h.usd_held), 0) FROM lease_held h
            WHERE (h.subject_kind, h.subject_id, h.billing_month) = (q.subject_kind, q.subject_id, q.billing_month))\
          """);
      zero(
          "leases of which more is used than charged",
          """
          SELECT count(*) FROM leases l WHERE l.subject_id LIKE ?
            AND l.calls_granted - l.calls_returned < (
              SELECT count(*) FROM ai_usage_metrics u
              WHERE l.lease_id IN (u.lease_id, u.key_lease_id, u.team_lease_id) AND NOT u.unit_returned)\
          """);
      zero(
          "months whose settled money is not what the rows say",
          """
          SELECT count(*) FROM user_quotas q WHERE q.subject_id LIKE ? AND q.usd_settled <> (
            SELECT coalesce(sum(u.cost_usd), 0) FROM ai_usage_metrics u
            WHERE CASE q.subject_kind WHEN 'user' THEN u.user_id ELSE u.team_id END = q.subject_id
              AND u.billing_month = q.billing_month)\
          """);
    }

    private void zero(String what, String sql) {
      assertThat(count(sql, name + "-%")).as("%s: %s", this, what).isZero();
    }

    /** Everything ends and is given back; then the ledger says what the rows say. */
    void ends() {
      world.heal();
      world.pass(Duration.ofMinutes(5));
      List.copyOf(toReplay.values()).forEach(this::replay);
      assertThat(world.nodes()).allMatch(node -> node.limits.open() == 0);
      var left = new HashSet<UUID>();
      for (var node : world.nodes()) {
        node.leave(() -> left.add(node.process));
        world.pass(Duration.ofSeconds(5));
      }
      assertThat(left).as("%s: nodes that said goodbye", this).hasSize(world.nodes().size());
      theLedgerAddsUp();

      zero(
          "leases of which something else is charged than used",
          """
          SELECT count(*) FROM leases l JOIN ledger_processes p USING (process_id)
          WHERE l.subject_id LIKE ?
            AND (p.replayed_at IS NOT NULL AND (l.closed_by = 'replay' OR l.closed_at > p.last_seen_at - interval '1 hour')
              OR NOT l.process_id::text = ANY (string_to_array('%s', ',')))
            AND (l.state <> 'closed' OR l.calls_granted - l.calls_returned <> (
              SELECT count(*) FROM ai_usage_metrics u
              WHERE l.lease_id IN (u.lease_id, u.key_lease_id, u.team_lease_id) AND NOT u.unit_returned))\
          """
              .formatted(String.join(",", dead.stream().map(UUID::toString).toList())));
      zero(
          "held accounts of processes that ended or were replayed",
          """
          SELECT count(*) FROM lease_held h JOIN ledger_processes p USING (process_id)
          WHERE h.subject_id LIKE ? AND (p.replayed_at IS NOT NULL OR NOT h.process_id::text = ANY (string_to_array('%s', ',')))\
          """
              .formatted(String.join(",", dead.stream().map(UUID::toString).toList())));
      if (dead.isEmpty()) {
        zero(
            "months whose calls are not what the rows say",
            """
            SELECT count(*) FROM user_quotas q WHERE q.subject_id LIKE ? AND (q.usd_held <> 0 OR q.calls_used <> (
              SELECT count(*) FROM ai_usage_metrics u
              WHERE CASE q.subject_kind WHEN 'user' THEN u.user_id ELSE u.team_id END = q.subject_id
                AND u.billing_month = q.billing_month AND NOT u.unit_returned))\
            """);
      }
      assertThat(calls).as("%s: a world in which something happens", this).hasSizeGreaterThan(20);
      System.out.println(this);
    }

    @Override
    public String toString() {
      return name
          + " at "
          + world.now()
          + ": "
          + calls.size()
          + " calls admitted, refused "
          + refusals
          + ", "
          + crashes
          + " crashes";
    }
  }

  private long count(String sql, String names) {
    try (var statement = wire.prepareStatement(sql)) {
      statement.setString(1, names);
      try (var rows = statement.executeQuery()) {
        rows.next();
        return rows.getLong(1);
      }
    } catch (SQLException e) {
      throw new AssertionError(e.getMessage() + "\n" + sql, e);
    }
  }
}
