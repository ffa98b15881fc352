package dev.weir.storage;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.net.NetClientOptions;
import io.vertx.pgclient.PgBuilder;
import io.vertx.sqlclient.Pool;
import io.vertx.sqlclient.PoolOptions;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Transaction;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;

/**
 * The service's way into PostgreSQL: one bounded pool per working role, and one transaction per
 * call of a method.
 *
 * <p>Every transaction begins by taking its role and its user, sent together with {@code BEGIN} in
 * one round trip. So row-level security binds whatever the login may do, behind a transaction-mode
 * pooler too. The work gets a connection inside the transaction, which commits when its future
 * succeeds and rolls back when it fails; it must not keep the connection.
 *
 * <p>A failed future holds an {@link dev.weir.core.AIError} {@code STORAGE_UNAVAILABLE} where the
 * database is away, too slow, or too busy; what the database says about a statement arrives as
 * {@link io.vertx.pgclient.PgException}. Methods never block and may be called from any thread; a
 * caller on an event loop gets its answer there.
 */
public final class Database {
  private static final String BEGIN =
      "SELECT set_config('role', $1, true), set_config('weir.user_id', $2, true),"
          + " set_config('statement_timeout', $3, true),"
          + " set_config('idle_in_transaction_session_timeout', $4, true)";

  private static final String NOBODY = "";

  /** Of transactions for which no call waits. */
  private static final Duration LONG_SILENCE = Duration.ofSeconds(60);

  private final Map<Role, Pool> pools;
  private final Limits limits;

  private Database(Map<Role, Pool> pools, Limits limits) {
    this.pools = pools;
    this.limits = limits;
  }

  /**
   * The bounds of one process's use of the database.
   *
   * @param connections connections for user work and for the ledger, each; jobs and admin get a
   *     quarter, at least two
   * @param waiting how many transactions may wait for a connection, per role; one more is refused
   *     at once
   * @param patience how long each of them waits
   * @param statement how long one statement may run, on the server's clock
   * @param transaction how long the caller of a transaction waits in all, even for a frozen server
   */
  public record Limits(
      int connections, int waiting, Duration patience, Duration statement, Duration transaction) {
    /** Waits 3 s among 1,000; statements of 10 s and transactions of 15 s at most. */
    public static Limits of(int connections) {
      return new Limits(
          connections,
          1_000,
          Duration.ofSeconds(3),
          Duration.ofSeconds(10),
          Duration.ofSeconds(15));
    }
  }

  /** Opens the pools; connects on first use, so that it succeeds while the database is away. */
  public static Database open(Vertx vertx, DatabaseUrl url, Limits limits) {
    var pools = new EnumMap<Role, Pool>(Role.class);
    for (var role : Role.values()) {
      pools.put(role, pool(vertx, url, limits, role));
    }
    return new Database(pools, limits);
  }

  private static Pool pool(Vertx vertx, DatabaseUrl url, Limits limits, Role role) {
    var connect = url.connectOptions();
    if (!url.pooled()) {
      connect.setCachePreparedStatements(true).setPreparedStatementCacheMaxSize(128);
      // Belt and braces: without a pooler a session starts in its role, and cannot leave by
      // accident.
      connect.addProperty("role", role.sqlName());
    }
    var small = role == Role.JOBS || role == Role.ADMIN;
    var size = small ? Math.max(2, limits.connections() / 4) : limits.connections();
    return PgBuilder.pool()
        .using(vertx)
        .connectingTo(connect)
        .with(net(limits))
        .with(
            new PoolOptions()
                .setName("postgres-" + role.name().toLowerCase(java.util.Locale.ROOT))
                .setMaxSize(size)
                .setMaxWaitQueueSize(limits.waiting())
                .setConnectionTimeout((int) limits.patience().toMillis())
                .setConnectionTimeoutUnit(TimeUnit.MILLISECONDS)
                .setIdleTimeout((int) limits.transaction().multipliedBy(4).toMillis())
                .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
                .setMaxLifetime(30)
                .setMaxLifetimeUnit(TimeUnit.MINUTES))
        .build();
  }

  /**
   * A connection that hears nothing for longer than any statement may take is dead: a frozen host
   * sends no reset.
   */
  private static NetClientOptions net(Limits limits) {
    return new NetClientOptions()
        .setConnectTimeout((int) limits.patience().toMillis())
        .setTcpKeepAlive(true)
        .setTcpNoDelay(true)
        .setIdleTimeoutUnit(TimeUnit.MILLISECONDS)
        .setIdleTimeout((int) limits.transaction().multipliedBy(6).toMillis());
  }

  /**
   * Runs one transaction as {@code weir_app} for one user, who sees and writes no other's rows.
   *
   * @param userId the user; an empty one is refused, since it would see nothing and fail
   *     confusingly
   */
  public <T> Future<T> inUser(String userId, Function<SqlConnection, Future<T>> work) {
    return inUser(userId, silence(Role.APP), work);
  }

  /**
   * As {@link #inUser}, for what is read bit by bit, as slowly as somebody takes it: its silence is
   * no sign of a frozen node. It may lock nothing, since calls might wait for that.
   */
  public <T> Future<T> readInUser(String userId, Function<SqlConnection, Future<T>> work) {
    return inUser(userId, LONG_SILENCE, work);
  }

  private <T> Future<T> inUser(
      String userId, Duration silence, Function<SqlConnection, Future<T>> work) {
    if (userId.isEmpty()) {
      return Future.failedFuture(new IllegalArgumentException("a user transaction needs a user"));
    }
    return transaction(Role.APP, userId, silence, work);
  }

  /** Runs one transaction as {@code weir_ledger}: leases, usage records, roll-ups. */
  public <T> Future<T> ledger(Function<SqlConnection, Future<T>> work) {
    return transaction(Role.LEDGER, NOBODY, silence(Role.LEDGER), work);
  }

  /** Runs one transaction as {@code weir_jobs}: health, warm-up, alerts, erasure. */
  public <T> Future<T> jobs(Function<SqlConnection, Future<T>> work) {
    return transaction(Role.JOBS, NOBODY, silence(Role.JOBS), work);
  }

  /** Runs one transaction as {@code weir_admin}: what the management API reads and changes. */
  public <T> Future<T> admin(Function<SqlConnection, Future<T>> work) {
    return transaction(Role.ADMIN, NOBODY, silence(Role.ADMIN), work);
  }

  /** Succeeds if the database answers within two seconds. */
  public Future<Void> ping() {
    return pool(Role.JOBS)
        .query("SELECT 1")
        .execute()
        .<Void>mapEmpty()
        .timeout(2, TimeUnit.SECONDS)
        .recover(Unavailable::failed);
  }

  /** Closes all connections; those that are in a transaction break it. */
  public Future<Void> close() {
    return Future.join(pools.values().stream().map(Pool::close).toList()).mapEmpty();
  }

  private <T> Future<T> transaction(
      Role role, String userId, Duration silence, Function<SqlConnection, Future<T>> work) {
    var abandoned = new AtomicBoolean();
    return pool(role)
        .getConnection()
        .recover(Unavailable::failed)
        .compose(
            connection ->
                transaction(connection, role, userId, silence, work, abandoned)
                    .eventually(connection::close))
        .timeout(limits.transaction().toMillis(), TimeUnit.MILLISECONDS)
        .recover(
            failure -> {
              // Of a transaction that is done this changes nothing. One whose caller has been told
              // that it failed must not commit after all; it keeps its connection until it ends.
              abandoned.set(true);
              return Future.failedFuture(Unavailable.translated(failure));
            });
  }

  private <T> Future<T> transaction(
      SqlConnection connection,
      Role role,
      String userId,
      Duration silence,
      Function<SqlConnection, Future<T>> work,
      AtomicBoolean abandoned) {
    // Sent without waiting for each other: one round trip. If BEGIN fails, so does what follows.
    var begun = connection.begin();
    var prepared =
        connection
            .preparedQuery(BEGIN)
            .execute(
                Tuple.of(
                    role.sqlName(),
                    userId,
                    limits.statement().toMillis() + "ms",
                    silence.toMillis() + "ms"));
    return Future.join(begun, prepared)
        .transform(
            started ->
                started.succeeded()
                    ? finish(begun.result(), call(work, connection), abandoned)
                    : abort(begun, started.cause()));
  }

  /**
   * How long a transaction may say nothing before the server ends it. A node that freezes in one
   * keeps its locks, and where calls depend on them the other nodes' calls would freeze with it.
   * One that is merely starved of its processor is not silent for so long.
   */
  private static Duration silence(Role role) {
    return switch (role) {
      case APP, LEDGER -> Duration.ofSeconds(5);
      case JOBS, ADMIN -> LONG_SILENCE;
    };
  }

  private static <T> Future<T> call(
      Function<SqlConnection, Future<T>> work, SqlConnection connection) {
    try {
      return work.apply(connection);
    } catch (RuntimeException e) {
      return Future.failedFuture(e);
    }
  }

  private static <T> Future<T> finish(
      Transaction transaction, Future<T> done, AtomicBoolean abandoned) {
    return done.transform(
        outcome ->
            outcome.succeeded() && !abandoned.get()
                ? transaction.commit().map(_ -> outcome.result())
                : rollback(transaction, failure(outcome)));
  }

  private static Throwable failure(AsyncResult<?> outcome) {
    return outcome.failed() ? outcome.cause() : new TimeoutException("nobody waits any more");
  }

  private static <T> Future<T> abort(Future<Transaction> begun, Throwable failure) {
    return begun.succeeded() ? rollback(begun.result(), failure) : Future.failedFuture(failure);
  }

  /**
   * The first failure is the one to tell; a failed rollback means a dead connection, which is
   * closed anyway.
   */
  private static <T> Future<T> rollback(Transaction transaction, Throwable failure) {
    return transaction.rollback().transform(_ -> Future.failedFuture(failure));
  }

  private Pool pool(Role role) {
    var pool = pools.get(role);
    if (pool == null) {
      throw new IllegalStateException("every role has a pool");
    }
    return pool;
  }
}
