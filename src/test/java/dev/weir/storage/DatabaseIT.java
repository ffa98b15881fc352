package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import io.vertx.pgclient.PgException;
import io.vertx.sqlclient.SqlConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class DatabaseIT {
  private static final Function<SqlConnection, Future<String>> WHO =
      connection ->
          connection
              .query("SELECT current_user || ' ' || coalesce(weir_user(), '-') AS who")
              .execute()
              .map(rows -> rows.iterator().next().getString("who"));

  @Test
  void everyTransactionHasItsRoleAndItsUser(TestDatabase database, Vertx vertx) {
    var pools = database.database(vertx);

    assertThat(pools.inUser("alice", WHO).await()).isEqualTo("weir_app alice");
    assertThat(pools.ledger(WHO).await()).isEqualTo("weir_ledger -");
    assertThat(pools.jobs(WHO).await()).isEqualTo("weir_jobs -");
    assertThat(pools.admin(WHO).await()).isEqualTo("weir_admin -");
    pools.ping().await();
  }

  @Test
  void aSuperusersLoginIsBoundByTheRoleTooAndBehindAPooler(TestDatabase database, Vertx vertx) {
    var url = database.administratorUrl();
    var pooled =
        new DatabaseUrl(
            url.host(),
            url.port(),
            url.database(),
            url.user(),
            url.password(),
            java.util.Map.of("sslmode", "disable", "pooler", "transaction"));

    for (var login : new DatabaseUrl[] {url, pooled}) {
      var pools = Database.open(vertx, login, Database.Limits.of(2));

      assertThat(pools.inUser("o'brien \\ \"x\"", WHO).await())
          .isEqualTo("weir_app o'brien \\ \"x\"");
      pools.close().await();
    }
  }

  @Test
  void workThatFailsLeavesNothingBehind(TestDatabase database, Vertx vertx) {
    var pools = database.database(vertx);
    var cause = new IllegalStateException("changed my mind");

    var outcome =
        pools.inUser(
            "alice",
            connection ->
                insertFeedback(connection, "alice").compose(_ -> Future.<Void>failedFuture(cause)));
    var thrown =
        pools.inUser(
            "alice",
            _ -> {
              throw cause;
            });

    assertThatThrownBy(outcome::await).isSameAs(cause);
    assertThatThrownBy(thrown::await).isSameAs(cause);
    assertThat(database.count("SELECT count(*) FROM feedback")).isZero();
  }

  @Test
  void whatTheDatabaseSaysAboutAStatementArrivesAsItIs(TestDatabase database, Vertx vertx) {
    var pools = database.database(vertx);

    assertThatThrownBy(() -> pools.ledger(c -> c.query("SELECT 1 / 0").execute()).await())
        .isInstanceOfSatisfying(
            PgException.class, e -> assertThat(e.getSqlState()).isEqualTo("22012"));
  }

  @Test
  void aStatementThatTakesTooLongIsCancelledByTheServer(TestDatabase database, Vertx vertx) {
    var limits =
        new Database.Limits(
            1, 10, Duration.ofSeconds(3), Duration.ofMillis(100), Duration.ofSeconds(10));
    var pools = Database.open(vertx, database.serviceUrl(), limits);

    assertUnavailable(pools.ledger(c -> c.query("SELECT pg_sleep(30)").execute()));
    // A busy machine may need more than these bounds for an innocent statement.
    assertThat(untilItAnswers(() -> pools.ledger(WHO), 20).await()).isEqualTo("weir_ledger -");
    pools.close().await();
  }

  @Test
  void aTransactionWhoseCallerHasGivenUpNeverCommits(TestDatabase database, Vertx vertx) {
    var limits =
        new Database.Limits(
            1, 10, Duration.ofSeconds(3), Duration.ofSeconds(5), Duration.ofMillis(300));
    var pools = Database.open(vertx, database.serviceUrl(), limits);
    var goOn = Promise.<Void>promise();

    assertUnavailable(
        pools.inUser("late", c -> insertFeedback(c, "late").compose(_ -> goOn.future())));
    goOn.complete();

    // The only connection is free again when that transaction has ended.
    assertThat(untilItAnswers(() -> pools.inUser("late", WHO), 20).await())
        .isEqualTo("weir_app late");
    assertThat(database.count("SELECT count(*) FROM feedback WHERE user_id = 'late'")).isZero();
    pools.close().await();
  }

  @Test
  void aNodeThatFreezesInATransactionKeepsTheOthersWaitingForMomentsOnly(
      TestDatabase database, Vertx vertx) {
    var frozen = Database.open(vertx, database.serviceUrl(), Database.Limits.of(2));
    var others = Database.open(vertx, database.serviceUrl(), Database.Limits.of(2));
    var silence = Promise.<Void>promise();
    var locked = Promise.<Void>promise();
    Function<SqlConnection, Future<?>> lock =
        c -> c.query("SELECT pg_advisory_xact_lock(4711)").execute();

    // As a process that is stopped: it has its lock and says nothing more.
    var never =
        frozen.ledger(
            c -> lock.apply(c).<Void>mapEmpty().onComplete(locked).compose(_ -> silence.future()));
    locked.future().await();

    // The others' statements may take ten seconds; they would fail before a frozen node is let go.
    assertThat(others.ledger(c -> lock.apply(c).map("mine")).await()).isEqualTo("mine");
    silence.complete();
    assertUnavailable(never);
    others.close().await();
    frozen.close().await();
  }

  @Test
  void moreThanMayWaitAreRefusedAtOnce(TestDatabase database, Vertx vertx) {
    var limits =
        new Database.Limits(
            1, 2, Duration.ofMillis(500), Duration.ofSeconds(5), Duration.ofSeconds(5));
    var pools = Database.open(vertx, database.serviceUrl(), limits);
    // Half a second may be too short for a busy machine to connect in.
    untilItAnswers(() -> pools.ledger(WHO), 20).await();
    var release = Promise.<Void>promise();
    var holding = Promise.<Void>promise();
    var holder =
        pools.ledger(
            _ -> {
              holding.complete();
              return release.future();
            });
    holding.future().await();

    var all = new ArrayList<Future<String>>();
    IntStream.range(0, 20).forEach(_ -> all.add(pools.ledger(WHO)));
    all.forEach(DatabaseIT::assertUnavailable);
    release.complete();

    holder.await();
    assertThat(untilItAnswers(() -> pools.ledger(WHO), 20).await()).isEqualTo("weir_ledger -");
    pools.close().await();
  }

  @Test
  void anEventLoopGetsItsAnswerOnItself(TestDatabase database, Vertx vertx) {
    var pools = database.database(vertx);
    var context = vertx.getOrCreateContext();
    var answered = Promise.<Boolean>promise();

    context.runOnContext(
        _ ->
            pools
                .ledger(WHO)
                .onComplete(_ -> answered.complete(Vertx.currentContext() == context)));

    assertThat(answered.future().await()).isTrue();
  }

  @Test
  void anEmptyUserIsRefused(TestDatabase database, Vertx vertx) {
    assertThatThrownBy(() -> database.database(vertx).inUser("", WHO).await())
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Future<Void> insertFeedback(SqlConnection connection, String user) {
    return connection
        .query(
            "INSERT INTO feedback (id, request_id, user_id, success)"
                + " VALUES (gen_random_uuid(), gen_random_uuid(), '"
                + user
                + "', true)")
        .execute()
        .mapEmpty();
  }

  /** Repeats while it is unavailable; each refusal takes its own bounded time. */
  static <T> Future<T> untilItAnswers(Supplier<Future<T>> work, int attempts) {
    return work.get()
        .recover(
            failure ->
                failure instanceof AIError && attempts > 1
                    ? untilItAnswers(work, attempts - 1)
                    : Future.failedFuture(failure));
  }

  static void assertUnavailable(Future<?> future) {
    assertThatThrownBy(future::await)
        .isInstanceOfSatisfying(
            AIError.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.STORAGE_UNAVAILABLE);
              assertThat(e.retryAfter()).isPresent();
            });
  }
}
