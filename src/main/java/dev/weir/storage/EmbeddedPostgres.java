package dev.weir.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The PostgreSQL server that Weir brings along: unpacked, initialised and started under a data
 * directory, kept across restarts, durable, reachable over the loopback interface by password only.
 *
 * <p>The server is started by {@code pg_ctl} in a session of its own. So neither a Ctrl-C in the
 * terminal nor the death of this process takes it away: it ends by {@link #close()}, which the
 * composition root calls last, after the usage has been flushed. A server left over by a killed
 * process is adopted if it is whole and answers, and restarted if not. A second process on the same
 * data directory is refused.
 *
 * <p>All methods block, for seconds when the server is unpacked or recovers, and all are bounded in
 * time. Call them at start, at the end, or on a worker or virtual thread; never on an event loop.
 */
public final class EmbeddedPostgres implements AutoCloseable {
  private static final Logger LOG = LogManager.getLogger(EmbeddedPostgres.class);
  private static final String DATABASE = "weir";
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration ANSWER = Duration.ofSeconds(5);
  private static final Duration CREATE = Duration.ofMinutes(1);
  private static final Duration FAST = Duration.ofSeconds(20);

  private final Settings settings;
  private final DataDirectory data;
  private final ServerProgram programs;
  private final Path cluster;
  private final String password;
  private int port;

  private EmbeddedPostgres(Settings settings, DataDirectory data) throws IOException {
    this.settings = settings;
    this.data = data;
    this.programs = ServerProgram.in(PostgresBinaries.unpacked(data));
    this.cluster = data.resolve(Cluster.DIRECTORY);
    // Before the cluster: a cluster without its password could not be opened again.
    this.password = data.secret("database-password");
  }

  /**
   * What to start.
   *
   * @param directory the data directory; created where absent, and made private to its user
   * @param port the loopback port; 0 takes a free one
   * @param durable false lets a test server skip fsync: it survives a killed process, but not a
   *     machine that loses power
   */
  public record Settings(Path directory, int port, boolean durable) {
    /** A durable server on a free port. */
    public static Settings in(Path directory) {
      return new Settings(directory, 0, true);
    }
  }

  /**
   * Starts the server, or adopts the one that a killed process left behind.
   *
   * @throws StorageException if it cannot be started; the message says why and what to do
   */
  public static EmbeddedPostgres start(Settings settings) {
    var data = DataDirectory.lock(settings.directory());
    try {
      var server = new EmbeddedPostgres(settings, data);
      server.start();
      return server;
    } catch (IOException e) {
      data.close();
      throw new StorageException("The embedded PostgreSQL cannot be started: " + e, e);
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
  }

  /** The superuser's URL, for migrations only. */
  public DatabaseUrl administratorUrl() {
    return url(Cluster.SUPERUSER, password);
  }

  /**
   * The URL of the service's login, {@value Migrations#SERVICE_LOGIN}, which {@link Migrations}
   * creates.
   */
  public DatabaseUrl serviceUrl() {
    return url(Migrations.SERVICE_LOGIN, derived(Migrations.SERVICE_LOGIN));
  }

  /** Whether the server's process is there; it may still be starting or recovering. */
  public boolean isRunning() {
    return Postmaster.find(cluster).isPresent();
  }

  /** The operating system's id of the server, for tests that kill it. */
  Optional<ProcessHandle> process() {
    return Postmaster.find(cluster).map(Postmaster::process);
  }

  /**
   * Stops the server (open transactions are rolled back), waits until it is gone, and gives the
   * directory up.
   */
  @Override
  public void close() {
    try {
      Postmaster.find(cluster).ifPresent(postmaster -> postmaster.stop(programs, FAST));
    } finally {
      data.close();
    }
  }

  /**
   * Gives the directory up but leaves the server running, as a kill of this process would; for
   * tests.
   */
  void abandon() {
    data.close();
  }

  private void start() throws IOException {
    Cluster.make(data, programs, password);
    Cluster.requireOurVersion(cluster);
    var changed = Cluster.configure(data, settings.durable());
    var leftover = Postmaster.find(cluster);
    if (leftover.isPresent() && !changed && adopts(leftover.get())) {
      LOG.info("Adopted the PostgreSQL server left over on port {}", port);
    } else {
      leftover.ifPresent(this::stopLeftover);
      launch();
    }
    createDatabase();
  }

  private boolean adopts(Postmaster leftover) {
    var recorded = leftover.port();
    if (recorded.isEmpty() || !leftover.program().equals(programs.path("postgres").toString())) {
      return false;
    }
    if (settings.port() != 0 && settings.port() != recorded.get()) {
      return false;
    }
    port = recorded.get();
    return answers();
  }

  private void stopLeftover(Postmaster leftover) {
    LOG.info(
        "Stopping the PostgreSQL server left over (process {}) to start it anew",
        leftover.process().pid());
    // It did not answer, or nobody else needs it: no long courtesy.
    leftover.stop(programs, Duration.ofSeconds(8));
  }

  private void launch() throws IOException {
    var deadline = System.nanoTime() + START.toNanos();
    var log = cluster.resolve("start.log");
    for (var attempt = 1; ; attempt++) {
      Postmaster.removeMisleadingPidFile(cluster);
      Files.deleteIfExists(log);
      port = settings.port() == 0 ? freePort() : requireFree(settings.port());
      var outcome = programs.attempt("pg_ctl", startArguments(log), START.plusSeconds(10));
      if (outcome.exit() == 0 && answers()) {
        return;
      }
      Postmaster.find(cluster).ifPresent(postmaster -> postmaster.stop(programs, FAST));
      // Two causes pass by themselves: a killed server's backends that still end, and a free port
      // that was just taken
      // (which the server says in a log of its own, hence the count).
      var said = lastLines(log);
      var passing = said.contains("shared memory block") || (settings.port() == 0 && attempt < 4);
      if (!passing || System.nanoTime() > deadline) {
        throw new StorageException(
            "The embedded PostgreSQL did not start: "
                + outcome.output().strip()
                + "\n"
                + said
                + "\nIts log is in "
                + cluster.resolve("log")
                + ".");
      }
      Pause.of(Duration.ofMillis(100));
    }
  }

  private List<String> startArguments(Path log) {
    return List.of(
        "-D",
        cluster.toString(),
        "-w",
        "-t",
        Long.toString(START.toSeconds()),
        "-l",
        log.toString(),
        "-o",
        "-c port=" + port,
        "start");
  }

  private static String lastLines(Path log) {
    try {
      var lines = Files.readAllLines(log);
      return String.join("\n", lines.subList(Math.max(0, lines.size() - 12), lines.size()));
    } catch (IOException _) {
      return "";
    }
  }

  private static int requireFree(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new StorageException(
          "Port "
              + port
              + " of 127.0.0.1 is taken, so the embedded PostgreSQL cannot listen there. Choose"
              + " another port for it, or leave its port unset to take a free one.",
          e);
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.getLocalPort();
    }
  }

  /** Whether our server, on our cluster, lets us in with our password; waits while it recovers. */
  private boolean answers() {
    var deadline = System.nanoTime() + START.toNanos();
    while (true) {
      try {
        return isOurs();
      } catch (SQLException e) {
        var recovering = "57P03".equals(e.getSQLState()); // cannot_connect_now
        if (!recovering || System.nanoTime() > deadline) {
          LOG.debug("The PostgreSQL server on port {} does not answer", port, e);
          return false;
        }
      }
      Pause.of(Duration.ofMillis(50));
    }
  }

  private boolean isOurs() throws SQLException {
    try (var connection = connect("postgres", ANSWER);
        var statement = connection.createStatement();
        var row =
            statement.executeQuery(
                "SELECT current_setting('data_directory'), current_setting('server_version')")) {
      return row.next()
          && row.getString(1).equals(cluster.toString())
          && row.getString(2).startsWith(PostgresBinaries.SERVER_VERSION);
    }
  }

  private void createDatabase() {
    try (var connection = connect("postgres", CREATE);
        var statement = connection.createStatement()) {
      try (var row =
          statement.executeQuery("SELECT 1 FROM pg_database WHERE datname = '" + DATABASE + "'")) {
        if (row.next()) {
          return;
        }
      }
      statement.execute("CREATE DATABASE " + DATABASE);
    } catch (SQLException e) {
      throw new StorageException("The embedded PostgreSQL does not answer: " + e.getMessage(), e);
    }
  }

  private java.sql.Connection connect(String database, Duration limit) throws SQLException {
    var url = administratorUrl().withDatabase(database);
    var login = url.jdbcLogin();
    login.setProperty("connectTimeout", "5");
    login.setProperty("loginTimeout", "5");
    login.setProperty("socketTimeout", Long.toString(limit.toSeconds()));
    return DriverManager.getConnection(url.jdbcUrl(), login);
  }

  private DatabaseUrl url(String user, String secret) {
    return new DatabaseUrl("127.0.0.1", port, DATABASE, user, secret, Map.of("sslmode", "disable"));
  }

  /** A password of its own for each login, from the one secret that is kept. */
  private String derived(String login) {
    try {
      var mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(password.getBytes(UTF_8), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(login.getBytes(UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new AssertionError("HmacSHA256 is part of every JDK", e);
    }
  }
}
