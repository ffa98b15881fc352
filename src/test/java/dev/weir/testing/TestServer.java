package dev.weir.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.storage.DatabaseUrl;
import dev.weir.storage.EmbeddedPostgres;
import dev.weir.storage.Migrations;
import dev.weir.storage.StorageException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** The server on which test databases are made: one per JVM, stopped when its last test has run. */
final class TestServer implements AutoCloseable {
  private static final String TEMPLATE_LOCK =
      "SELECT pg_advisory_lock(hashtext('weir test template'))";
  private static final int SLOTS = 16;

  private final DatabaseUrl administrator;
  private final DatabaseUrl service;
  private final Runnable stop;
  private final String template;

  private TestServer(DatabaseUrl administrator, DatabaseUrl service, Runnable stop) {
    this.administrator = administrator;
    this.service = service;
    this.stop = stop;
    this.template = template();
  }

  /** The JVM's server, started on first use. */
  static TestServer in(ExtensionContext context) {
    return context
        .getRoot()
        .getStore(
            ExtensionContext.StoreScope.LAUNCHER_SESSION,
            ExtensionContext.Namespace.create(TestServer.class))
        .computeIfAbsent(TestServer.class, _ -> choose(), TestServer.class);
  }

  private static TestServer choose() {
    var given = System.getenv("WEIR_TEST_DATABASE_URL");
    if (given != null && !given.isBlank()) {
      return external(DatabaseUrl.parse(given), () -> {});
    }
    return dockerAnswers() ? inContainer() : embedded();
  }

  private static TestServer external(DatabaseUrl url, Runnable stop) {
    // The login is the whole server's: runs that share one must agree on its password.
    var service = url.withLogin("weir_test_service", digest("weir_test_service" + url.password()));
    return new TestServer(url, service, stop);
  }

  private static TestServer inContainer() {
    @SuppressWarnings("resource") // closed with the server
    var container =
        new PostgreSQLContainer("postgres:18-alpine").withCommand("postgres", "-c", "fsync=off");
    container.start();
    var url =
        new DatabaseUrl(
            container.getHost(),
            container.getMappedPort(5432),
            container.getDatabaseName(),
            container.getUsername(),
            container.getPassword(),
            Map.of("sslmode", "disable"));
    return external(url, container::stop);
  }

  /**
   * Parallel builds in one checkout take a slot each; a slot's server that a killed build left over
   * is adopted.
   */
  private static TestServer embedded() {
    StorageException last = null;
    for (var slot = 1; slot <= SLOTS; slot++) {
      try {
        var server =
            EmbeddedPostgres.start(
                new EmbeddedPostgres.Settings(
                    Path.of("target", "test-postgres-" + slot), 0, false));
        var test =
            new TestServer(server.administratorUrl(), unsteady(server.serviceUrl()), server::close);
        test.dropLeftovers();
        return test;
      } catch (StorageException e) {
        if (!String.valueOf(e.getMessage()).startsWith("Another Weir")) {
          throw e;
        }
        last = e;
      }
    }
    throw new IllegalStateException("all test servers are in use", last);
  }

  /**
   * With {@code -Dweir.test.jitter=20} every message between a service and its database is up to so
   * many ms late, while the test's own connection is as quick as ever: what a test asserts in the
   * next line, and what is only true soon after, shows at once.
   */
  private static DatabaseUrl unsteady(DatabaseUrl service) {
    var most = Duration.ofMillis(Long.getLong("weir.test.jitter", 0));
    if (most.isZero()) {
      return service;
    }
    var proxy = FaultyProxy.before(service.port()).jitter(most);
    return new DatabaseUrl(
        service.host(),
        proxy.port(),
        service.database(),
        service.user(),
        service.password(),
        service.options());
  }

  /** The databases of killed runs and of older migrations; on a server that nobody else uses. */
  private void dropLeftovers() {
    try (var connection = TestDatabase.connect(administrator);
        var statement = connection.createStatement();
        var drop = connection.createStatement();
        var old =
            statement.executeQuery(
                "SELECT datname FROM pg_database WHERE datname LIKE 'weir_t%' AND datname <> '"
                    + template
                    + "'")) {
      while (old.next()) {
        drop.execute("DROP DATABASE " + old.getString(1) + " WITH (FORCE)");
      }
    } catch (SQLException e) {
      throw new IllegalStateException("the test server does not answer: " + e.getMessage(), e);
    }
  }

  /** A look at the socket: Testcontainers itself would search for many seconds. */
  private static boolean dockerAnswers() {
    var host =
        Optional.ofNullable(System.getenv("DOCKER_HOST")).orElse("unix:///var/run/docker.sock");
    if (!host.startsWith("unix://")) {
      return true;
    }
    var socket = Path.of(host.substring("unix://".length()));
    if (!Files.exists(socket)) {
      return false;
    }
    try (var channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(socket));
    } catch (IOException _) {
      return false;
    }
  }

  /** A fresh copy of the migrated template. */
  DatabaseUrl createDatabase() {
    var name = "weir_test_" + UUID.randomUUID().toString().replace("-", "");
    try (var connection = TestDatabase.connect(administrator);
        var statement = connection.createStatement()) {
      statement.execute(TEMPLATE_LOCK); // until the connection closes
      try (var found =
          statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + template + "'")) {
        if (!found.next()) {
          createTemplate(statement);
        }
      }
      statement.execute("CREATE DATABASE " + name + " TEMPLATE " + template);
    } catch (SQLException e) {
      throw new IllegalStateException(
          "no test database on " + administrator + ": " + e.getMessage(), e);
    }
    return administrator.withDatabase(name);
  }

  /** The service's login for a database. */
  DatabaseUrl service(DatabaseUrl database) {
    return service.withDatabase(database.database());
  }

  private void createTemplate(java.sql.Statement statement) throws SQLException {
    var building = template + "_new";
    statement.execute("DROP DATABASE IF EXISTS " + building + " WITH (FORCE)");
    statement.execute("CREATE DATABASE " + building);
    var url = administrator.withDatabase(building);
    Migrations.migrate(url);
    Migrations.createLogin(url, service);
    statement.execute("ALTER DATABASE " + building + " RENAME TO " + template);
  }

  static void drop(DatabaseUrl database) throws SQLException {
    try (var connection = TestDatabase.connect(database.withDatabase("postgres"));
        var statement = connection.createStatement()) {
      statement.execute("DROP DATABASE IF EXISTS " + database.database() + " WITH (FORCE)");
    }
  }

  /**
   * Named after what the migrations say, so that a changed file makes a new one, and so does a new
   * month: partitions are made for so many months from the one of the migration on.
   */
  private static String template() {
    var all = new StringBuilder().append(YearMonth.now(ZoneOffset.UTC)).append('\0');
    try (var files = Files.list(Path.of("migrations"))) {
      for (var file : files.sorted().toList()) {
        all.append(file.getFileName()).append('\0').append(Files.readString(file)).append('\0');
      }
    } catch (IOException e) {
      throw new IllegalStateException("tests run in the project's directory", e);
    }
    return "weir_template_" + digest(all.toString()).substring(0, 20);
  }

  private static String digest(String text) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(text.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    stop.run();
  }
}
