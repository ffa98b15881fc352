package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The embedded server loses nothing and never hangs, whoever is killed. */
@Order(1) // takes long: begins early
@Timeout(180)
class EmbeddedPostgresIT {
  @TempDir static Path data; // one for all tests: unpacking and initialising take seconds

  private EmbeddedPostgres server;

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
    assertThat(Postmaster.find(cluster())).isEmpty();
  }

  @Test
  void isDurableAndListensOnLoopbackOnly() throws SQLException, IOException {
    server = start();

    assertThat(show("fsync")).isEqualTo("on");
    assertThat(show("synchronous_commit")).isEqualTo("on");
    assertThat(show("full_page_writes")).isEqualTo("on");
    assertThat(show("data_checksums")).isEqualTo("on");
    assertThat(show("listen_addresses")).isEqualTo("127.0.0.1");
    assertThat(show("unix_socket_directories")).isEmpty();
    assertThat(show("password_encryption")).isEqualTo("scram-sha-256");
    assertThat(permissions(data)).isEqualTo("rwx------");
    assertThat(permissions(data.resolve("database-password"))).isEqualTo("rw-------");
  }

  @Test
  void refusesAWrongPassword() {
    server = start();

    assertThatThrownBy(
            () -> Migrations.connect(server.administratorUrl().withLogin("postgres", "guess")))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password authentication failed");
  }

  @Test
  void stretchesNoPasswordsThatAreRandomBits() throws SQLException {
    server = start();

    assertThat(show("scram_iterations")).isEqualTo("1"); // of logins that are made later
    assertThat(
            single(
                "SELECT split_part(rolpassword, ':', 1) FROM pg_authid WHERE rolname = 'postgres'"))
        .isEqualTo("SCRAM-SHA-256$1");
  }

  @Test
  void runsInASessionOfItsOwnSoThatCtrlCDoesNotReachIt() throws IOException {
    server = start();

    assertThat(session(server.process().orElseThrow().pid()))
        .isNotEqualTo(session(ProcessHandle.current().pid()));
  }

  @Test
  void keepsRowsAcrossARestart() throws SQLException {
    server = start();
    write("restart");

    server.close();
    server = start();

    assertThat(rows("restart")).isOne();
  }

  @Test
  void recoversAfterTheWholeServerWasKilled() throws Exception {
    server = start();
    write("killed");

    var postmaster = server.process().orElseThrow();
    var all = postmaster.descendants().toList();
    postmaster.destroyForcibly();
    all.forEach(ProcessHandle::destroyForcibly);
    postmaster.onExit().get(10, TimeUnit.SECONDS);
    server.abandon();
    server = start();

    assertThat(rows("killed")).isOne();
  }

  @Test
  void recoversAfterThePostmasterAloneWasKilled() throws Exception {
    server = start();
    write("postmaster");

    var postmaster = server.process().orElseThrow();
    postmaster.destroyForcibly();
    postmaster.onExit().get(10, TimeUnit.SECONDS);
    server.abandon();
    server = start();

    assertThat(rows("postmaster")).isOne();
  }

  @Test
  void adoptsTheServerOfAKilledProcess() throws Exception {
    var owner = startInAnotherProcess();
    var left = Postmaster.find(cluster()).orElseThrow().process().pid();
    owner.destroyForcibly().waitFor();

    server = start();

    assertThat(server.process().orElseThrow().pid()).isEqualTo(left);
    assertThat(show("fsync")).isEqualTo("on");
  }

  @Test
  void replacesALeftOverServerThatDoesNotAnswer() throws Exception {
    server = start();
    write("frozen");
    var left = server.process().orElseThrow().pid();
    server.abandon();
    signal("STOP", left);

    server = start();

    assertThat(server.process().orElseThrow().pid()).isNotEqualTo(left);
    assertThat(rows("frozen")).isOne();
  }

  @Test
  void replacesALeftOverServerWithOtherSettings() {
    server = EmbeddedPostgres.start(new EmbeddedPostgres.Settings(data, 0, false));
    var left = server.process().orElseThrow().pid();
    server.abandon();

    server = start();

    assertThat(server.process().orElseThrow().pid()).isNotEqualTo(left);
  }

  @Test
  void startsOverAPidFileWhoseNumberIsAnotherProcess() throws IOException {
    server = start();
    server.close();
    Files.writeString(
        cluster().resolve("postmaster.pid"),
        ProcessHandle.current().pid() + "\n" + cluster() + "\n");

    server = start();

    assertThat(server.isRunning()).isTrue();
  }

  @Test
  void startsOverAnEmptyPidFile() throws IOException {
    server = start();
    server.close();
    Files.writeString(cluster().resolve("postmaster.pid"), "");

    server = start();

    assertThat(server.isRunning()).isTrue();
  }

  @Test
  void refusesASecondOwnerInThisProcess() {
    server = start();

    assertThatThrownBy(EmbeddedPostgresIT::start)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("Another Weir process uses the data directory")
        .hasMessageContaining("WEIR_DATA_DIR");
    assertThat(server.isRunning()).isTrue();
  }

  @Test
  void refusesASecondOwnerInAnotherProcess() throws Exception {
    var owner = startInAnotherProcess();

    assertThatThrownBy(EmbeddedPostgresIT::start)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("Another Weir process uses the data directory");

    owner.destroyForcibly().waitFor();
    server = start();
  }

  @Test
  void namesATakenPort() throws IOException {
    try (var taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      assertThatThrownBy(
              () ->
                  EmbeddedPostgres.start(
                      new EmbeddedPostgres.Settings(data, taken.getLocalPort(), true)))
          .isInstanceOf(StorageException.class)
          .hasMessageContaining("Port " + taken.getLocalPort());
    }
  }

  @Test
  void refusesADatabaseOfAnotherMajorVersionUntouched() throws IOException {
    server = start();
    server.close();
    var version = cluster().resolve("PG_VERSION");
    Files.writeString(version, "14\n");

    assertThatThrownBy(EmbeddedPostgresIT::start)
        .isInstanceOf(StorageException.class)
        .hasMessageContaining("made by PostgreSQL 14");

    Files.writeString(version, "18\n");
    server = start();
  }

  @Test
  void theVersionInTheCodeIsTheOneOnTheClasspath() {
    var archive = EmbeddedPostgres.class.getResource("/postgres-linux-x86_64.txz").toString();

    assertThat(archive).contains("-" + PostgresBinaries.VERSION + ".jar");
    assertThat(PostgresBinaries.VERSION).startsWith(PostgresBinaries.SERVER_VERSION);
  }

  private static EmbeddedPostgres start() {
    return EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(data));
  }

  private static Path cluster() {
    try {
      return data.toRealPath().resolve("database");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts the server from a process of its own, which then waits to be killed. */
  private static Process startInAnotherProcess() throws IOException {
    var java = ProcessHandle.current().info().command().orElse("java");
    var process =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                EmbeddedPostgresOwner.class.getName(),
                data.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    var out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    var line = out.readLine();
    while (line != null && !line.equals("started")) {
      line = out.readLine();
    }
    assertThat(line).isEqualTo("started");
    return process;
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  /** The sixth field of /proc/pid/stat, counted after the name, which may contain anything. */
  private static String session(long pid) throws IOException {
    var stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return stat.substring(stat.lastIndexOf(')') + 2).split(" ")[3];
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  private String show(String setting) throws SQLException {
    return single("SHOW " + setting);
  }

  private void write(String test) throws SQLException {
    try (var connection = Migrations.connect(server.administratorUrl());
        var statement = connection.createStatement()) {
      statement.execute("CREATE TABLE IF NOT EXISTS kept (test text)");
      statement.execute("INSERT INTO kept VALUES ('" + test + "')");
    }
  }

  private long rows(String test) throws SQLException {
    return Long.parseLong(single("SELECT count(*) FROM kept WHERE test = '" + test + "'"));
  }

  private String single(String sql) throws SQLException {
    try (var connection = Migrations.connect(server.administratorUrl());
        var statement = connection.createStatement();
        var row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }
}
