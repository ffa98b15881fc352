package dev.weir.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.Clock;
import dev.weir.storage.Database;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One node of all does the work, and a node that lost the lead without knowing writes nothing. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class JobsIT {
  private static final Duration PERIOD = Duration.ofMillis(20);
  private static final Duration LONG = Duration.ofHours(1);

  private final String name = "job-" + UUID.randomUUID();
  private final BlockingQueue<String> runs = new LinkedBlockingQueue<>();
  private final List<Jobs> started = new ArrayList<>();
  private TestDatabase database;
  private Database pools;
  private Vertx vertx;

  @BeforeEach
  void use(TestDatabase given, Vertx reactor) {
    database = given;
    vertx = reactor;
    pools = given.database(reactor);
  }

  @AfterEach
  void stop() {
    started.forEach(JobsIT::close);
  }

  @Test
  void oneNodeRunsAgainAndAgainAndTheOtherOnlyWhenItLeaves() throws Exception {
    var first = node("first", LONG);
    assertThat(next()).isEqualTo("first");
    node("second", LONG);

    assertThat(List.of(next(), next(), next())).containsOnly("first");
    first.close().timeout(20, TimeUnit.SECONDS).await();
    runs.clear();

    assertThat(next()).isEqualTo("second");
  }

  @Test
  void aDeadLeaderIsFollowedWhenItsTimeIsOver() throws Exception {
    lead("a node that died", "200 milliseconds");

    node("second", LONG);

    assertThat(next()).isEqualTo("second");
    assertThat(fence()).isEqualTo(2);
  }

  @Test
  void aLeaderThatWasReplacedUnknowinglyWritesNothing() throws Exception {
    var outcome = new LinkedBlockingQueue<String>();
    start(
        new Job(
            name,
            LONG,
            LONG,
            turn -> {
              database.execute(
                  "UPDATE job_leases SET holder = 'another', fence = fence + 1 WHERE job_name = ?",
                  name);
              return turn.write(insert())
                  .onComplete((_, e) -> outcome.add(e == null ? "written" : e.getMessage()));
            }));

    assertThat(outcome.poll(20, TimeUnit.SECONDS)).contains("led by another");
    assertThat(database.count("SELECT count(*) FROM health_metrics WHERE metric_name = ?", name))
        .isZero();
  }

  @Test
  void theLeaderWrites() throws Exception {
    var outcome = new LinkedBlockingQueue<String>();
    start(
        new Job(
            name,
            LONG,
            LONG,
            turn ->
                turn.write(insert())
                    .onComplete((_, e) -> outcome.add(e == null ? "written" : e.getMessage()))));

    assertThat(outcome.poll(20, TimeUnit.SECONDS)).isEqualTo("written");
    assertThat(database.count("SELECT count(*) FROM health_metrics WHERE metric_name = ?", name))
        .isOne();
  }

  @Test
  void aRunIsNeverOvertakenByTheNextAndKeepsItsLeadHoweverLongItTakes() throws Exception {
    var time = Duration.ofSeconds(3);
    var hold = Promise.<Void>promise();
    var begun = new AtomicInteger();
    start(
        new Job(
            name,
            PERIOD,
            time,
            _ -> {
              begun.incrementAndGet();
              runs.add("begun");
              return hold.future();
            }));
    assertThat(next()).isEqualTo("begun");
    node("second", time);

    awaitExpiryAfter(time.multipliedBy(2));

    assertThat(begun).hasValue(1);
    assertThat(runs).isEmpty();
    hold.complete();
    assertThat(next()).isEqualTo("begun");
  }

  @Test
  void aRunThatFailsOrThrowsIsToldAndTriedAgain() throws Exception {
    var count = new AtomicInteger();
    var jobs =
        start(
            new Job(
                name,
                PERIOD,
                LONG,
                _ -> {
                  runs.add("run");
                  return switch (count.getAndIncrement()) {
                    case 0 -> throw new IllegalStateException("no luck");
                    case 1 -> Future.failedFuture("no luck either");
                    default -> Promise.<Void>promise().future();
                  };
                }));

    assertThat(List.of(next(), next(), next())).containsOnly("run");

    var status = jobs.states().getFirst();
    assertThat(status.leads()).isTrue();
    assertThat(status.running()).isTrue();
    assertThat(status.lastFailure()).contains("no luck either");
    assertThat(status.lastRun()).isPresent();
  }

  @Test
  void twoJobsOfOneNameAreRefused() {
    var job = Job.every(LONG, name, _ -> Future.succeededFuture());

    assertThatThrownBy(() -> Jobs.start(vertx, pools, Clock.system(), List.of(job, job)))
        .hasMessageContaining(name);
  }

  private Jobs node(String node, Duration time) {
    return start(
        new Job(
            name,
            PERIOD,
            time,
            _ -> {
              runs.add(node);
              return Future.succeededFuture();
            }));
  }

  private Jobs start(Job job) {
    var jobs = Jobs.start(vertx, pools, Clock.system(), List.of(job));
    started.add(jobs);
    return jobs;
  }

  private String next() throws InterruptedException {
    return String.valueOf(runs.poll(20, TimeUnit.SECONDS));
  }

  private Function<SqlConnection, Future<Void>> insert() {
    return c ->
        c.query(
                "INSERT INTO health_metrics (metric_name, metric_value, status) VALUES ('"
                    + name
                    + "', 1, 'healthy')")
            .execute()
            .mapEmpty();
  }

  private void lead(String holder, String time) {
    database.execute("SELECT weir_lead(?, ?, ?::interval)", name, holder, time);
  }

  private long fence() {
    return database.count("SELECT fence FROM job_leases WHERE job_name = ?", name);
  }

  /**
   * Until the lease has been renewed for so long, by the database's clock; no sleep of a length.
   */
  private void awaitExpiryAfter(Duration time) {
    database.execute(
        """
        DO $$
        DECLARE
          began timestamptz := clock_timestamp();
        BEGIN
          WHILE (SELECT expires_at FROM job_leases WHERE job_name = '%s')
              < began + interval '%d milliseconds' LOOP
            IF clock_timestamp() > began + interval '20 seconds' THEN
              RAISE EXCEPTION 'the lead is not renewed';
            END IF;
            PERFORM pg_sleep(0.02);
          END LOOP;
        END
        $$\
        """
            .formatted(name, time.toMillis()));
  }

  private static void close(Jobs jobs) {
    jobs.close().timeout(100, TimeUnit.MILLISECONDS).otherwiseEmpty().await();
  }
}
