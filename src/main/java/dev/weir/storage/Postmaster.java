package dev.weir.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A running server process on one cluster directory, found in {@code postmaster.pid} or among the
 * machine's processes.
 *
 * <p>A process id alone proves nothing: after a reboot or in a new container the same number is
 * another process. A process counts only if its command line is {@code postgres -D <cluster>}.
 */
record Postmaster(ProcessHandle process, Path cluster) {
  private static final Duration UNGENTLE = Duration.ofSeconds(5);

  /** Finds the server that runs on this cluster, started by whomever. */
  static Optional<Postmaster> find(Path cluster) {
    var recorded =
        recordedPid(cluster).flatMap(ProcessHandle::of).filter(process -> serves(process, cluster));
    return recorded
        .or(
            () ->
                ProcessHandle.allProcesses()
                    .filter(process -> serves(process, cluster))
                    .findFirst())
        .map(process -> new Postmaster(process, cluster));
  }

  /**
   * Removes a {@code postmaster.pid} that would stop the next server from starting: an unreadable
   * one, or one whose number now belongs to another process. A plain stale one stays: PostgreSQL
   * reads from it whether old backends still hold the shared memory. Call only while no server runs
   * and the directory's lock is held.
   */
  static void removeMisleadingPidFile(Path cluster) {
    var file = cluster.resolve("postmaster.pid");
    if (!Files.exists(file)) {
      return;
    }
    var pid = recordedPid(cluster);
    if (pid.isEmpty() || ProcessHandle.of(pid.get()).isPresent()) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw new StorageException("The stale file " + file + " cannot be removed: " + e, e);
      }
    }
  }

  /** The port that this server listens on, once it has written it down. */
  Optional<Integer> port() {
    try {
      return Optional.of(Integer.parseInt(lines(cluster).get(3).strip()));
    } catch (NumberFormatException | IndexOutOfBoundsException _) {
      return Optional.empty();
    }
  }

  /** The program that runs. */
  String program() {
    var arguments = commandLine(process);
    return arguments.isEmpty() ? "" : arguments.getFirst();
  }

  /**
   * Ends the server and waits until it is gone: fast (rolls open transactions back and writes a
   * checkpoint) for as long as given, then immediate, then SIGKILL, five seconds each. After the
   * last two the next start recovers from the write-ahead log.
   */
  void stop(ServerProgram programs, Duration fast) {
    var command = List.of("-D", cluster.toString(), "-W", "stop", "-m");
    for (var mode : List.of("fast", "immediate")) {
      var arguments = new ArrayList<>(command);
      arguments.add(mode);
      programs.attempt("pg_ctl", arguments, Duration.ofSeconds(5));
      if (isGoneWithin(mode.equals("fast") ? fast : UNGENTLE)) {
        return;
      }
    }
    process.destroyForcibly();
    if (!isGoneWithin(UNGENTLE)) {
      throw new StorageException(
          "The PostgreSQL server (process " + process.pid() + ") cannot be stopped");
    }
  }

  /**
   * Gone means that the process serves no longer, not that its number is free: where Weir is a
   * container's first process, nobody reaps the server, and it stays a zombie.
   */
  private boolean isGoneWithin(Duration limit) {
    var deadline = System.nanoTime() + limit.toNanos();
    while (process.isAlive() && serves(process, cluster)) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      Pause.of(Duration.ofMillis(10));
    }
    return true;
  }

  private static Optional<Long> recordedPid(Path cluster) {
    var lines = lines(cluster);
    try {
      return lines.isEmpty()
          ? Optional.empty()
          : Optional.of(Long.parseLong(lines.getFirst().strip()));
    } catch (NumberFormatException _) {
      return Optional.empty();
    }
  }

  private static List<String> lines(Path cluster) {
    try {
      return Files.readAllLines(cluster.resolve("postmaster.pid"));
    } catch (IOException _) {
      return List.of();
    }
  }

  private static boolean serves(ProcessHandle process, Path cluster) {
    var arguments = commandLine(process);
    var directory = arguments.indexOf("-D") + 1;
    return directory > 0
        && directory < arguments.size()
        && arguments.get(directory).equals(cluster.toString())
        && arguments.getFirst().endsWith("/postgres");
  }

  /**
   * Read from /proc: unlike {@code ProcessHandle.info()} it needs no right to inspect the process.
   */
  private static List<String> commandLine(ProcessHandle process) {
    try {
      return Arrays.asList(
          Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).split("\0"));
    } catch (IOException _) {
      return List.of();
    }
  }
}
