package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.access.KeyStore;
import dev.weir.admin.KeyJson;
import dev.weir.core.Clock;
import dev.weir.core.Secret;
import dev.weir.storage.Database;
import dev.weir.storage.DatabaseUrl;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The keys straight in the database: for the first admin key, before any server runs. What is
 * changed here, running servers see within seconds.
 */
final class DatabaseKeys implements Keys {
  private static final String UNDEFINED_TABLE = "42P01";
  private static final String UNDEFINED_COLUMN = "42703";

  private final Vertx vertx;
  private final Database database;
  private final KeyStore store;

  DatabaseKeys(Secret url) {
    var parsed = DatabaseUrl.parse(url.value());
    this.vertx = Vertx.vertx();
    this.database = Database.open(vertx, parsed, Database.Limits.of(1));
    this.store = new KeyStore(database, Clock.system());
  }

  @Override
  public JsonNode create(ObjectNode wish) {
    return KeyJson.issued(await(store.create(KeyJson.wish(wish))));
  }

  @Override
  public JsonNode list(int limit, Optional<String> after) {
    return KeyJson.page(await(store.list(limit, after.map(DatabaseKeys::id))));
  }

  @Override
  public JsonNode rotate(String id, ObjectNode overlap) {
    return KeyJson.issued(await(store.rotate(id(id), KeyJson.overlap(overlap))));
  }

  @Override
  public JsonNode revoke(String id) {
    return KeyJson.record(await(store.revoke(id(id))));
  }

  private static UUID id(String text) {
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException _) {
      throw new CommandFailure(ExitCode.USAGE, "A key's id is a UUID; 'weir key list' shows them.");
    }
  }

  private static <T> T await(Future<T> future) {
    try {
      return future.await(30, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      throw new CommandFailure(ExitCode.TRY_LATER, "The database did not answer within 30 s.");
    } catch (Exception e) {
      if (e instanceof PgException refused
          && (UNDEFINED_TABLE.equals(refused.getSqlState())
              || UNDEFINED_COLUMN.equals(refused.getSqlState()))) {
        throw new CommandFailure(
            ExitCode.FAILED,
            "The database lacks Weir's schema, or has an older one. First run: weir migrate");
      }
      throw e;
    }
  }

  @Override
  public void close() {
    await(database.close().eventually(vertx::close));
  }
}
