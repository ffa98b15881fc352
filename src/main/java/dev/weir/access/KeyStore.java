package dev.weir.access;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.gateway.Principal.Role;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.sqlclient.SqlConnection;
import io.vertx.sqlclient.Tuple;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The keys in the database: making, listing, rotating, revoking them, and finding them by hash.
 *
 * <p>A key keeps its id through rotations; its secrets are rows of their own, so that two are good
 * while callers change over. The database's clock alone decides what is over. Thread-safe; every
 * future fails with an {@link AIError}, {@code STORAGE_UNAVAILABLE} where the database is away.
 */
public final class KeyStore implements KeyLookup {
  /** Keys on one page at most. */
  public static final int MAX_PAGE = 200;

  /** The longest overlap of a rotation. */
  public static final Duration MAX_OVERLAP = Duration.ofDays(90);

  /** Secrets that may be good for one key at the same time. */
  static final int MAX_SECRETS = 5;

  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private final Database database;
  private final Clock clock;
  private final List<Consumer<UUID>> listeners = new CopyOnWriteArrayList<>();

  /**
   * A store.
   *
   * @param database where the keys are
   * @param clock the time in new ids
   */
  public KeyStore(Database database, Clock clock) {
    this.database = database;
    this.clock = clock;
  }

  /** One page of keys, newest first, and where the next begins, if there is one. */
  public record Page(List<KeyRecord> keys, Optional<UUID> next) {}

  /** Tells {@code listener} the id of each key that is changed through this store, once it is. */
  public void onChange(Consumer<UUID> listener) {
    listeners.add(listener);
  }

  /** Makes a key. The secret is in the answer and nowhere else. */
  public Future<Issued> create(NewKey wish) {
    var key = ApiKey.generate(wish.role());
    return insert(key, wish, false).map(record -> new Issued(record, key));
  }

  /**
   * Registers a key that was made elsewhere (the development keys, the first admin key), unless it
   * is there already; what is there stays as it is.
   *
   * @param development whether it is refused in prod
   * @return the key as it is kept; perhaps revoked or expired
   */
  Future<KeyRecord> register(ApiKey key, NewKey wish, boolean development) {
    return database
        .admin(
            c -> c.preparedQuery(KeySql.ID_OF_HASH).execute(Tuple.of(KeyRows.buffer(key.hash()))))
        .compose(
            rows ->
                rows.size() == 0
                    ? insert(key, wish, development)
                    : get(rows.iterator().next().getUUID("id")));
  }

  private Future<KeyRecord> insert(ApiKey key, NewKey wish, boolean development) {
    var id = Ids.next(clock);
    return database.admin(
        c ->
            owner(c, wish)
                .compose(
                    _ ->
                        c.preparedQuery(KeySql.INSERT_KEY)
                            .execute(KeyRows.values(id, key, wish, development)))
                .compose(_ -> read(c, id)));
  }

  /** Makes the user and the team that the key names, where they are new. */
  private static Future<?> owner(SqlConnection c, NewKey wish) {
    var team = c.preparedQuery(KeySql.INSERT_TEAM).execute(Tuple.of(wish.team().orElse(null)));
    return wish.role() == Role.ADMIN
        ? team
        : team.compose(_ -> c.preparedQuery(KeySql.INSERT_USER).execute(Tuple.of(wish.user())));
  }

  /** A key; fails with {@code NOT_FOUND}. */
  public Future<KeyRecord> get(UUID id) {
    return database.admin(c -> read(c, id));
  }

  private static Future<KeyRecord> read(SqlConnection c, UUID id) {
    return c.preparedQuery(KeySql.GET)
        .execute(Tuple.of(id))
        .compose(
            rows ->
                rows.size() == 0
                    ? Future.failedFuture(notFound())
                    : Future.succeededFuture(KeyRows.record(rows.iterator().next())));
  }

  /**
   * A page of keys, newest first.
   *
   * @param limit how many, 1 to {@value #MAX_PAGE}
   * @param after the last page's {@code next}; empty for the first page
   */
  public Future<Page> list(int limit, Optional<UUID> after) {
    if (limit < 1 || limit > MAX_PAGE) {
      return Future.failedFuture(
          AIError.invalid("'limit' must lie between 1 and " + MAX_PAGE + "."));
    }
    return database
        .admin(c -> c.preparedQuery(KeySql.LIST).execute(Tuple.of(after.orElse(null), limit + 1)))
        .map(
            rows -> {
              var keys = rows.stream().map(KeyRows::record).toList();
              return keys.size() <= limit
                  ? new Page(keys, Optional.empty())
                  : new Page(keys.subList(0, limit), Optional.of(keys.get(limit - 1).id()));
            });
  }

  /**
   * Gives a key a new secret. Those it has stay good for the overlap (or for less, if they were to
   * end sooner), so that callers can change over one by one; zero ends them now.
   *
   * @return the new key; fails with {@code NOT_FOUND}, or {@code CONFLICT} if the key is over or
   *     has {@value #MAX_SECRETS} good secrets already
   */
  public Future<Issued> rotate(UUID id, Duration overlap) {
    if (overlap.isNegative() || overlap.compareTo(MAX_OVERLAP) > 0) {
      return Future.failedFuture(
          AIError.invalid("The overlap must lie between 0 and " + MAX_OVERLAP.toDays() + " days."));
    }
    return database
        .admin(
            c ->
                locked(c, id)
                    .compose(record -> rotatable(record, overlap))
                    .compose(record -> rotate(c, record, overlap)))
        .onSuccess(_ -> tell(id));
  }

  private static Future<KeyRecord> locked(SqlConnection c, UUID id) {
    return c.preparedQuery(KeySql.LOCK).execute(Tuple.of(id)).compose(_ -> read(c, id));
  }

  private static Future<KeyRecord> rotatable(KeyRecord record, Duration overlap) {
    if (record.status() != KeyRecord.Status.ACTIVE) {
      return Future.failedFuture(
          AIError.of(
              ErrorCode.CONFLICT, "This key is over; make a new one instead of rotating it."));
    }
    if (record.secrets().size() >= MAX_SECRETS && !overlap.isZero()) {
      return Future.failedFuture(
          AIError.of(
              ErrorCode.CONFLICT,
              "This key has "
                  + MAX_SECRETS
                  + " good secrets from earlier rotations. Wait for an overlap to end, or rotate"
                  + " with an overlap of 0."));
    }
    return Future.succeededFuture(record);
  }

  private static Future<Issued> rotate(SqlConnection c, KeyRecord record, Duration overlap) {
    var key = ApiKey.generate(record.role());
    var bounded = Tuple.of(record.id(), overlap.toMillis());
    return c.preparedQuery(KeySql.SHORTEN_FORMER)
        .execute(bounded)
        .compose(_ -> c.preparedQuery(KeySql.FORGET_FORMER).execute(Tuple.of(record.id())))
        .compose(_ -> c.preparedQuery(KeySql.MAKE_FORMER).execute(bounded))
        .compose(
            _ ->
                c.preparedQuery(KeySql.REPLACE_SECRET)
                    .execute(Tuple.of(record.id(), KeyRows.buffer(key.hash()), key.prefix())))
        .compose(_ -> read(c, record.id()))
        .map(rotated -> new Issued(rotated, key));
  }

  /**
   * Ends a key with all its secrets, for good. To revoke a revoked key changes nothing.
   *
   * @return the key as it is now; fails with {@code NOT_FOUND}
   */
  public Future<KeyRecord> revoke(UUID id) {
    return database
        .admin(c -> c.preparedQuery(KeySql.REVOKE).execute(Tuple.of(id)).compose(_ -> read(c, id)))
        .onSuccess(_ -> tell(id));
  }

  /** Whether an admin key exists that works in prod. */
  public Future<Boolean> hasAdmin() {
    return database
        .admin(c -> c.preparedQuery(KeySql.HAS_ADMIN).execute())
        .map(rows -> rows.iterator().next().getBoolean(0));
  }

  @Override
  public Future<Map<KeyHash, KnownKey>> find(Collection<KeyHash> hashes) {
    var wanted = hashes.stream().map(KeyRows::buffer).toArray(Buffer[]::new);
    return database
        .ledger(c -> c.preparedQuery(KeySql.FIND).execute(Tuple.tuple().addArrayOfBuffer(wanted)))
        .timeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
        .recover(KeyStore::slowIsAway)
        .map(
            rows -> {
              var found = new HashMap<KeyHash, KnownKey>();
              rows.forEach(
                  row -> {
                    var key = KeyRows.known(row);
                    found.put(key.hash(), key);
                  });
              return found;
            });
  }

  @Override
  public Future<Optional<Duration>> ensureUser(UUID key, String user, int hourly) {
    return database
        .ledger(c -> c.preparedQuery(KeySql.ENSURE_USER).execute(Tuple.of(key, user, hourly)))
        .map(
            rows -> Optional.ofNullable(rows.iterator().next().getLong(0)).map(Duration::ofMillis));
  }

  @Override
  public Future<Void> touch(Collection<UUID> keys) {
    return database
        .ledger(
            c ->
                c.preparedQuery(KeySql.TOUCH)
                    .execute(Tuple.tuple().addArrayOfUUID(keys.toArray(UUID[]::new))))
        .mapEmpty();
  }

  /** A database that takes longer than any caller wants to wait for a key is away. */
  private static <T> Future<T> slowIsAway(Throwable failure) {
    return Future.failedFuture(
        failure instanceof java.util.concurrent.TimeoutException
            ? Verdicts.storageAway(failure)
            : failure);
  }

  private void tell(UUID id) {
    listeners.forEach(listener -> listener.accept(id));
  }

  private static AIError notFound() {
    return AIError.of(
        ErrorCode.NOT_FOUND, "There is no key of this id; 'weir key list' shows all.");
  }
}
