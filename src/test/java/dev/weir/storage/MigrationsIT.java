package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.testing.TestDatabase;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(TestDatabase.Extension.class)
class MigrationsIT {
  @Test
  void migratingAgainChangesNothing(TestDatabase database) {
    assertThat(Migrations.migrate(database.administratorUrl())).isZero();
  }

  @Test
  void aServerThatIsTooOldIsRefusedByItsVersionBeforeAnythingIsMade(TestDatabase database)
      throws SQLException {
    var url = emptyDatabase(database);
    pretend(url, "14.11", "140011");

    assertThatThrownBy(() -> Migrations.migrate(url))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("PostgreSQL 14.11; Weir needs 15 or later");

    assertThat(tables(url)).isZero();
    drop(database, url);
  }

  @Test
  void theOldestServerThatIsSupportedIsNotRefused(TestDatabase database) throws SQLException {
    var url = emptyDatabase(database);
    pretend(url, "15.0", "150000");

    assertThat(Migrations.migrate(url)).isPositive();

    drop(database, url);
  }

  /** No such server is at hand: a function before the server's own says that it is one. */
  private static void pretend(DatabaseUrl url, String version, String number) throws SQLException {
    try (var connection = Migrations.connect(url);
        var statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA another");
      statement.execute("GRANT USAGE ON SCHEMA another TO PUBLIC");
      statement.execute(
          """
          CREATE FUNCTION another.current_setting(name text) RETURNS text STABLE
          RETURN CASE name WHEN 'server_version' THEN '%s' WHEN 'server_version_num' THEN '%s'
                 ELSE pg_catalog.current_setting(name) END
          """
              .formatted(version, number));
      statement.execute(
          "ALTER DATABASE " + url.database() + " SET search_path = another, pg_catalog, public");
    }
  }

  private static long tables(DatabaseUrl url) throws SQLException {
    try (var connection = Migrations.connect(url);
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT count(*) FROM pg_tables WHERE schemaname IN ('another', 'public')")) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void severalDatabasesAndReplicasMayMigrateAtOnce(TestDatabase database) throws Exception {
    var urls = new ArrayList<DatabaseUrl>();
    for (var i = 0; i < 3; i++) {
      urls.add(emptyDatabase(database));
    }

    try (var replicas = Executors.newFixedThreadPool(6)) {
      var work = new ArrayList<Callable<Integer>>();
      for (var url : urls) {
        work.add(() -> Migrations.migrate(url));
        work.add(() -> Migrations.migrate(url));
      }
      for (var outcome : replicas.invokeAll(work)) {
        outcome.get();
      }
    }

    for (var url : urls) {
      assertThat(Migrations.migrate(url)).isZero();
      drop(database, url);
    }
  }

  @Test
  void aLoginThatMayCreateRolesAndOwnsTheDatabaseIsEnough(TestDatabase database)
      throws SQLException {
    // Not of our names: roles are the whole server's, and ours may do none of this.
    var login = "migrator_" + UUID.randomUUID().toString().replace("-", "");
    database.execute("CREATE ROLE " + login + " LOGIN CREATEROLE PASSWORD 'migrates'");
    // What an administrator does once where the roles were made by another login.
    database.execute("GRANT weir_owner TO " + login);
    var url = emptyDatabase(database);
    database.execute("ALTER DATABASE " + url.database() + " OWNER TO " + login);

    assertThat(Migrations.migrate(url.withLogin(login, "migrates"))).isPositive();

    drop(database, url);
    database.execute("DROP ROLE " + login);
  }

  @Test
  void aServiceLoginIsAdmittedOnceAndThenActsAsTheWorkingRolesOnly(TestDatabase database)
      throws SQLException {
    var login = "weir_test_" + UUID.randomUUID().toString().replace("-", "");
    database.execute("CREATE ROLE " + login + " LOGIN NOINHERIT PASSWORD 'serves'");

    Migrations.admit(database.administratorUrl(), login);
    Migrations.admit(database.administratorUrl(), login);

    try (var connection =
            Migrations.connect(database.administratorUrl().withLogin(login, "serves"));
        var statement = connection.createStatement()) {
      statement.execute("SET ROLE weir_ledger");
      assertThatThrownBy(() -> statement.execute("SET ROLE weir_owner"))
          .hasMessageContaining("permission denied");
    }
    database.execute("DROP ROLE " + login);
  }

  @Test
  void saysWhichDatabaseDoesNotAnswerAndKeepsThePasswordToItself(TestDatabase database) {
    var url = database.administratorUrl().withLogin("postgres", "not-the-password");

    assertThatThrownBy(() -> Migrations.migrate(url))
        .isInstanceOf(StorageException.class)
        .hasMessageContaining(url.database())
        .hasMessageNotContaining("not-the-password");
  }

  private static DatabaseUrl emptyDatabase(TestDatabase database) {
    var name = "weir_test_" + UUID.randomUUID().toString().replace("-", "");
    database.execute("CREATE DATABASE " + name);
    return database.administratorUrl().withDatabase(name);
  }

  private static void drop(TestDatabase database, DatabaseUrl url) {
    database.execute("DROP DATABASE " + url.database() + " WITH (FORCE)");
  }
}
