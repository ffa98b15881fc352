package dev.weir.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The server's files under the data directory: how they are made and what the server is told. */
final class Cluster {
  /** Its name in the data directory. */
  static final String DIRECTORY = "database";

  /** The login that initdb makes. */
  static final String SUPERUSER = "postgres";

  /**
   * Stretching protects passwords that people choose. Ours are 256 random bits: thousands of rounds
   * would add nothing to them, and cost each new connection tens of milliseconds.
   */
  private static final String SCRAM_ITERATIONS = "1";

  private static final Duration INITIALISE = Duration.ofMinutes(2);

  private Cluster() {}

  /** Makes the cluster where there is none; a crash on the way leaves none. */
  static void make(DataDirectory data, ServerProgram programs, String password) throws IOException {
    var cluster = data.resolve(DIRECTORY);
    if (Files.exists(cluster.resolve("PG_VERSION"))) {
      return;
    }
    if (Files.exists(cluster)) {
      throw new StorageException(
          cluster
              + " is no whole PostgreSQL cluster. Restore it, or move it away to start afresh.");
    }
    var temporary = data.temporaryDirectory();
    var passwordFile = data.resolve(".new-password");
    data.writePrivately(passwordFile, password + "\n");
    try {
      programs.run(
          "initdb",
          List.of(
              "-D",
              temporary.toString(),
              "--username=" + SUPERUSER,
              "--pwfile=" + passwordFile,
              "--auth=scram-sha-256",
              "-c",
              "scram_iterations=" + SCRAM_ITERATIONS,
              "--encoding=UTF8",
              "--locale=C",
              // Sorts by code point everywhere, whatever the machine's C library: indexes stay
              // valid when it is upgraded.
              "--locale-provider=builtin",
              "--builtin-locale=C.UTF-8",
              "--no-instructions"),
          INITIALISE);
      Files.writeString(
          temporary.resolve("postgresql.conf"),
          "\ninclude 'weir.conf'\n",
          StandardOpenOption.APPEND);
      Files.writeString(temporary.resolve("weir.conf"), "");
      data.moveInPlace(temporary, DIRECTORY);
    } finally {
      Files.deleteIfExists(passwordFile);
    }
  }

  /** Refuses a cluster that another major version made: its files mean something else. */
  static void requireOurVersion(Path cluster) throws IOException {
    var made = Files.readString(cluster.resolve("PG_VERSION")).strip();
    var ours =
        PostgresBinaries.SERVER_VERSION.substring(0, PostgresBinaries.SERVER_VERSION.indexOf('.'));
    if (!made.equals(ours)) {
      throw new StorageException(
          "The database in "
              + cluster
              + " was made by PostgreSQL "
              + made
              + ", this Weir brings "
              + ours
              + ". Dump it with the older version and restore it here, or move the directory away"
              + " to start afresh.");
    }
  }

  /** Writes the server's settings; true if they differ from those of the last start. */
  static boolean configure(DataDirectory data, boolean durably) throws IOException {
    var file = data.resolve(DIRECTORY).resolve("weir.conf");
    var text =
        new StringBuilder(
            "# Written by Weir at every start; put your own settings in postgresql.conf below the"
                + " include.\n");
    configuration(durably)
        .forEach((name, value) -> text.append(name).append(" = '").append(value).append("'\n"));
    if (Files.exists(file) && Files.readString(file).contentEquals(text)) {
      return false;
    }
    data.writePrivately(file, text.toString());
    return true;
  }

  private static Map<String, String> configuration(boolean durably) {
    var durable = durably ? "on" : "off";
    var values = new TreeMap<String, String>();
    values.put("listen_addresses", "127.0.0.1");
    values.put("unix_socket_directories", "");
    // A test server has several services at once.
    values.put("max_connections", durably ? "60" : "200");
    values.put("fsync", durable);
    values.put("full_page_writes", durable);
    values.put("synchronous_commit", "on");
    values.put("shared_buffers", "64MB");
    values.put("max_wal_size", "256MB");
    values.put("min_wal_size", "32MB");
    // The lean ones: no JIT for short statements, no helper processes for I/O and replication.
    values.put("jit", "off");
    values.put("io_method", "sync");
    values.put("max_logical_replication_workers", "0");
    values.put("scram_iterations", SCRAM_ITERATIONS);
    values.put("timezone", "UTC");
    values.put("log_timezone", "UTC");
    // Seven files, one a weekday, each overwritten after a week. No row's values and no statement's
    // text get there.
    values.put("logging_collector", "on");
    values.put("log_filename", "postgresql-%a.log");
    values.put("log_truncate_on_rotation", "on");
    values.put("log_rotation_age", "1d");
    values.put("log_rotation_size", "0");
    values.put("log_error_verbosity", "terse");
    values.put("log_min_error_statement", "panic");
    return values;
  }
}
