package dev.weir.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URLEncoder;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/**
 * Brings a database to this version's schema: the roles of {@code migrations/roles.sql}, then the
 * versioned files.
 *
 * <p>Everything is owned by {@code weir_owner}, whichever login runs it. That login is a superuser,
 * or may create roles, or (where an administrator has run {@code roles.sql}) is a member of {@code
 * weir_owner}. Several processes may migrate one database, or several databases of one server, at
 * the same time. All methods block: start-up and tests only.
 */
public final class Migrations {
  /**
   * The login that the embedded server's service uses: a member of the working roles, owner of
   * nothing.
   */
  public static final String SERVICE_LOGIN = "weir_service";

  private static final Logger LOG = LogManager.getLogger(Migrations.class);
  private static final List<String> WORKING_ROLES =
      List.of("weir_app", "weir_ledger", "weir_jobs", "weir_admin");

  /**
   * Lost races between databases of one server: duplicate_object, unique_violation, "tuple
   * concurrently updated".
   */
  private static final Set<String> LOST_RACE = Set.of("42710", "23505", "XX000", "40P01");

  private static final int ATTEMPTS = 20;

  /** The first version with views that keep to their caller's row-level security. */
  private static final int OLDEST_SERVER = 15;

  private Migrations() {}

  /**
   * Migrates to the newest version; does nothing if it is already there.
   *
   * @return the number of files applied
   * @throws StorageException if the database is not reachable, too old, or refuses; it is then at
   *     the last whole file
   */
  public static int migrate(DatabaseUrl url) {
    return migrate(url, "latest");
  }

  /** The same, to this version and no further: for tests of what a migration does to rows. */
  static int migrate(DatabaseUrl url, String version) {
    if (url.pooled()) {
      throw new StorageException(
          "Migrations need a session of their own, which a transaction-mode pooler does not give:"
              + " set WEIR_DATABASE_MIGRATION_URL to the server's own address.");
    }
    requireVersion(url);
    execute(url, resource("roles.sql"));
    try {
      return flyway(url, version).migrate().migrationsExecuted;
    } catch (FlywayException e) {
      throw new StorageException(
          "The database " + url + " cannot be migrated: " + e.getMessage(), e);
    }
  }

  /** An older server would fail in the middle of a file, at a word that it does not know. */
  private static void requireVersion(DatabaseUrl url) {
    try (var connection = connect(url);
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT current_setting('server_version_num')::int / 10000,"
                    + " current_setting('server_version')")) {
      if (row.next() && row.getInt(1) < OLDEST_SERVER) {
        throw new StorageException(
            "The database %s is on PostgreSQL %s; Weir needs %d or later."
                .formatted(url, row.getString(2), OLDEST_SERVER));
      }
    } catch (SQLException e) {
      throw new StorageException(
          "The database " + url + " cannot be prepared: " + e.getMessage(), e);
    }
  }

  /**
   * Lets an existing login act as the working roles; does nothing if it may already. Warns in the
   * log where the login could do far more than a service needs: each transaction takes a working
   * role all the same.
   */
  public static void admit(DatabaseUrl url, String login) {
    execute(url, grants(login));
    if (isAboveTheRules(url, login)) {
      LOG.warn(
          "The service's database login {} is a superuser, bypasses row-level security or is a"
              + " member of weir_owner. Give it a login of its own, and this one to"
              + " WEIR_DATABASE_MIGRATION_URL.",
          login);
    }
  }

  private static boolean isAboveTheRules(DatabaseUrl url, String login) {
    try (var connection = connect(url);
        var statement =
            connection.prepareStatement(
                "SELECT rolsuper OR rolbypassrls OR pg_has_role(oid, 'weir_owner', 'MEMBER')"
                    + " FROM pg_roles WHERE rolname = ?")) {
      statement.setString(1, login);
      try (var row = statement.executeQuery()) {
        return row.next() && row.getBoolean(1);
      }
    } catch (SQLException e) {
      throw new StorageException("The database " + url + " cannot be asked: " + e.getMessage(), e);
    }
  }

  /**
   * Creates the service's login with its password, or gives it that password, and admits it to the
   * working roles.
   */
  public static void createLogin(DatabaseUrl url, DatabaseUrl service) {
    var sql =
        """
        DO $$
        BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = %1$s) THEN
            CREATE ROLE %2$s LOGIN NOINHERIT PASSWORD %3$s;
          ELSE
            ALTER ROLE %2$s LOGIN NOINHERIT PASSWORD %3$s;
          END IF;
        END
        $$;
        """
            .formatted(literal(service.user()), name(service.user()), literal(service.password()));
    execute(url, sql + grants(service.user()));
  }

  private static String grants(String login) {
    var sql = new StringBuilder();
    for (var role : WORKING_ROLES) {
      // A superuser is a member of everything already. 'MEMBER' would be true of a role that may
      // only be granted on.
      sql.append(
          """
          DO $$
          BEGIN
            IF NOT EXISTS (
              SELECT FROM pg_auth_members m
              WHERE m.roleid = %3$s::regrole AND m.member = %1$s::regrole
                AND coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
              AND NOT (SELECT rolsuper FROM pg_roles WHERE oid = %1$s::regrole) THEN
              GRANT %4$s TO %2$s;
            END IF;
          END
          $$;
          """
              .formatted(literal(name(login)), name(login), literal(role), role));
    }
    return sql.toString();
  }

  private static Flyway flyway(DatabaseUrl url, String version) {
    // The driver takes its settings from the URL too; Flyway passes none.
    var settings = new StringJoiner("&", "?", "");
    var login = url.jdbcLogin();
    for (var name : login.stringPropertyNames()) {
      if (!name.equals("user") && !name.equals("password")) {
        settings.add(name + "=" + URLEncoder.encode(login.getProperty(name), UTF_8));
      }
    }
    // Every connection acts as the owner, so that even Flyway's own table is the owner's.
    settings.add("options=" + URLEncoder.encode("-c role=weir_owner -c lock_timeout=60000", UTF_8));
    return Flyway.configure(Migrations.class.getClassLoader())
        .dataSource(url.jdbcUrl() + settings, url.user(), url.password())
        .locations("classpath:migrations")
        .target(version)
        .defaultSchema("public")
        .createSchemas(false)
        .placeholderReplacement(false)
        .cleanDisabled(true)
        .connectRetries(3)
        .load();
  }

  /**
   * Runs statements in one transaction, again if a race with another database of the server was
   * lost.
   */
  private static void execute(DatabaseUrl url, String sql) {
    for (var attempt = 1; ; attempt++) {
      try (var connection = connect(url)) {
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
          statement.execute(sql);
        }
        connection.commit();
        return;
      } catch (SQLException e) {
        if (attempt == ATTEMPTS || !LOST_RACE.contains(String.valueOf(e.getSQLState()))) {
          throw new StorageException(
              "The database " + url + " cannot be prepared: " + e.getMessage(), e);
        }
        Pause.of(Duration.ofMillis(20L * attempt));
      }
    }
  }

  static Connection connect(DatabaseUrl url) throws SQLException {
    return DriverManager.getConnection(url.jdbcUrl(), url.jdbcLogin());
  }

  private static String resource(String name) {
    try (var in = Migrations.class.getResourceAsStream("/migrations/" + name)) {
      if (in == null) {
        throw new StorageException("This build lacks migrations/" + name);
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new StorageException("migrations/" + name + " cannot be read", e);
    }
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }

  private static String name(String text) {
    return "\"" + text.replace("\"", "\"\"") + "\"";
  }
}
