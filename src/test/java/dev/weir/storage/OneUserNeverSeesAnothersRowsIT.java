package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.SqlConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Row-level security, asked by SQL as two users, through the service's own login and pools. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OneUserNeverSeesAnothersRowsIT {
  private final Vertx vertx = Vertx.vertx();
  private TestDatabase database;
  private Database pools;

  @BeforeAll
  void arrive(TestDatabase fresh) {
    database = fresh;
    pools = fresh.database(vertx);
    TwoUsers.arrive(fresh);
  }

  @AfterAll
  void leave() {
    pools.close().await();
    vertx.close().await();
  }

  /** Every table and view with a user column that weir_app may read, by the catalogue. */
  Stream<String> readable() {
    return names(
        """
        SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
          AND a.attname = 'user_id' AND has_column_privilege('weir_app', c.oid, a.attnum, 'SELECT')\
        """);
  }

  /** Every table with a user column that weir_app may insert into. */
  Stream<String> writable() {
    return names(
        """
        SELECT c.relname AS name FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
          AND a.attname = 'user_id' AND has_table_privilege('weir_app', c.oid, 'INSERT')\
        """);
  }

  private Stream<String> names(String sql) {
    return database.query(sql).stream().map(row -> (String) row.get("name"));
  }

  @ParameterizedTest
  @MethodSource("readable")
  void seesExactlyTheOwnRows(String table) {
    assertThat(users(table, "alice")).containsOnly("alice");
    assertThat(users(table, "bob")).containsOnly("bob");
    assertThat(users(table, "mallory")).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("readable")
  void seesNothingWhereNobodyIsNamed(String table) {
    var unset = as("weir_app", "SELECT user_id FROM " + table);
    var emptied =
        as(
            "weir_app",
            "SELECT set_config('weir.user_id', '', true)",
            "SELECT user_id FROM " + table);

    assertThat(unset).isEmpty();
    assertThat(emptied).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("writable")
  void cannotWriteForAnother(String table) {
    assertThatThrownBy(() -> inUser("alice", TwoUsers.insert(table, "carol")).await())
        .hasMessageContaining("row-level security");
  }

  @Test
  void cannotChangeOrDeleteAnothersRows() {
    var changed =
        pools
            .inUser(
                "alice",
                connection ->
                    connection
                        .query("UPDATE vault_documents SET title = 'mine' WHERE user_id = 'bob'")
                        .execute())
            .await();
    var deleted =
        pools
            .inUser(
                "alice",
                connection ->
                    connection.query("DELETE FROM response_cache WHERE user_id = 'bob'").execute())
            .await();

    assertThat(changed.rowCount()).isZero();
    assertThat(deleted.rowCount()).isZero();
    assertThatThrownBy(
            () ->
                inUser(
                        "alice",
                        "UPDATE vault_documents SET user_id = 'bob' WHERE user_id = 'alice'")
                    .await())
        .hasMessageContaining("row-level security");
  }

  @Test
  void findsNoTraceOfAnothersDocumentsBySearch() {
    Function<SqlConnection, Future<List<String>>> search =
        connection ->
            connection
                .query(
                    "SELECT user_id FROM vault_search_index WHERE search_vector @@"
                        + " to_tsquery('simple', 'text')")
                .execute()
                .map(rows -> rows.stream().map(row -> row.getString(0)).toList());

    assertThat(pools.inUser("alice", search).await()).containsExactly("alice");
  }

  @Test
  void aSettingOfOneTransactionIsGoneInTheNext() {
    var one = Database.open(vertx, database.serviceUrl(), Database.Limits.of(1));

    assertThat(one.inUser("alice", connection -> users(connection, "users")).await())
        .containsExactly("alice");
    assertThat(one.inUser("bob", connection -> users(connection, "users")).await())
        .containsExactly("bob");
    one.close().await();
  }

  @Test
  void theLedgerSeesAllUsersButNoDocuments() {
    assertThat(pools.ledger(connection -> users(connection, "ai_usage_metrics")).await())
        .contains("alice", "bob");
    assertThatThrownBy(
            () -> pools.ledger(connection -> users(connection, "vault_documents")).await())
        .hasMessageContaining("permission denied");
  }

  @Test
  void theAdministratorReadsUsageButNeitherAnswersNorDocuments() {
    assertThat(pools.admin(connection -> users(connection, "ai_usage_metrics")).await())
        .contains("alice", "bob");
    for (var secret : List.of("cache_data FROM response_cache", "content FROM vault_documents")) {
      assertThatThrownBy(
              () ->
                  pools.admin(connection -> connection.query("SELECT " + secret).execute()).await())
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void aUserReadsNeitherHashesNorMonitoringTables() {
    for (var forbidden :
        List.of(
            "key_hash FROM api_keys",
            "* FROM health_metrics",
            "* FROM alert_configurations",
            "* FROM usage_hourly",
            "* FROM function_performance_metrics",
            "* FROM ai_health_metrics",
            "* FROM ledger_processes")) {
      assertThatThrownBy(() -> inUser("alice", "SELECT " + forbidden).await())
          .as(forbidden)
          .hasMessageContaining("permission denied");
    }
  }

  @Test
  void theLoginItselfMayDoNothing() {
    assertThatThrownBy(() -> asLogin("SELECT count(*) FROM users"))
        .hasMessageContaining("permission denied");
  }

  private List<String> users(String table, String user) {
    return pools.inUser(user, connection -> users(connection, table)).await();
  }

  private static Future<List<String>> users(SqlConnection connection, String table) {
    return connection
        .query("SELECT user_id FROM " + table + " WHERE user_id IS NOT NULL")
        .execute()
        .map(rows -> rows.stream().map((Row row) -> row.getString(0)).toList());
  }

  private Future<Void> inUser(String user, String sql) {
    return pools.inUser(user, connection -> connection.query(sql).execute().mapEmpty());
  }

  /**
   * Runs statements by JDBC in one session of the service's login that has taken a role; the last
   * one's first column.
   */
  private List<String> as(String role, String... statements) {
    var all = new ArrayList<>(List.of("SET ROLE " + role));
    all.addAll(List.of(statements));
    return asLogin(all.toArray(String[]::new));
  }

  private List<String> asLogin(String... statements) {
    var values = new ArrayList<String>();
    try (var connection = Migrations.connect(database.serviceUrl());
        var statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      for (var sql : statements) {
        values.clear();
        if (statement.execute(sql)) {
          try (var rows = statement.getResultSet()) {
            while (rows.next()) {
              values.add(rows.getString(1));
            }
          }
        }
      }
    } catch (java.sql.SQLException e) {
      throw new IllegalStateException(e.getMessage(), e);
    }
    return values;
  }
}
