package dev.weir.storage;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs one of PostgreSQL's programs to its end, within a time limit.
 *
 * <p>PostgreSQL refuses to run as root. Root runs the programs in a user namespace without a
 * mapping ({@code unshare -U}): there the process has the overflow user id, which satisfies
 * PostgreSQL, while for the file system it stays root.
 */
final class ServerProgram {
  private static final Duration PROBE = Duration.ofSeconds(10);

  private final Path home;
  private final List<String> prefix;

  private ServerProgram(Path home, List<String> prefix) {
    this.home = home;
    this.prefix = prefix;
  }

  /** Finds out how programs are run here. */
  static ServerProgram in(Path home) {
    if (!runsAsRoot()) {
      return new ServerProgram(home, List.of());
    }
    var prefix = List.of("unshare", "-U");
    Outcome probe;
    try {
      probe = execute(List.of("unshare", "-U", "true"), PROBE);
    } catch (IOException e) {
      probe = new Outcome(-1, String.valueOf(e.getMessage()));
    }
    if (probe.exit() != 0) {
      throw new StorageException(
          "PostgreSQL does not run as root, and this system refuses the way around it (unshare -U: "
              + probe.output().strip()
              + "). Run Weir as an ordinary user, or set WEIR_DATABASE_URL to a PostgreSQL"
              + " server.");
    }
    return new ServerProgram(home, prefix);
  }

  private static boolean runsAsRoot() {
    try (var status = Files.lines(Path.of("/proc/self/status"))) {
      // "Uid: real effective saved filesystem"
      return status.anyMatch(line -> line.matches("Uid:\\s+\\d+\\s+0\\s.*"));
    } catch (IOException _) {
      return false;
    }
  }

  /** The program's path, as it stands in the command line of a running server. */
  Path path(String name) {
    return home.resolve("bin").resolve(name);
  }

  /** Runs the program; fails with its output if it does not succeed in time. */
  void run(String name, List<String> arguments, Duration limit) {
    var outcome = attempt(name, arguments, limit);
    if (outcome.exit() != 0) {
      throw new StorageException("PostgreSQL's " + name + " failed: " + outcome.output().strip());
    }
  }

  /** Runs the program and reports how it ended. */
  Outcome attempt(String name, List<String> arguments, Duration limit) {
    var command = new ArrayList<>(prefix);
    command.add(path(name).toString());
    command.addAll(arguments);
    try {
      return execute(command, limit);
    } catch (IOException e) {
      throw new StorageException("PostgreSQL's " + name + " cannot be run: " + e.getMessage(), e);
    }
  }

  private static Outcome execute(List<String> command, Duration limit) throws IOException {
    // A file, not a pipe: the server that pg_ctl leaves behind would hold a pipe open for its whole
    // life.
    var output = Files.createTempFile("weir-postgres-", ".out");
    try {
      var builder =
          new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
      builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
      // Messages are matched and shown in English whatever the operator's locale; PG* variables
      // would redirect us.
      builder
          .environment()
          .keySet()
          .removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
      builder.environment().put("LC_ALL", "C");
      var process = builder.start();
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        return new Outcome(-1, "no end within " + limit.toSeconds() + " s\n" + read(output));
      }
      return new Outcome(process.exitValue(), read(output));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StorageException("Interrupted while PostgreSQL was starting or stopping", e);
    } finally {
      Files.deleteIfExists(output);
    }
  }

  private static String read(Path output) throws IOException {
    return new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
  }

  /** How a program ended; −1 if it did not end in time. */
  record Outcome(int exit, String output) {}
}
