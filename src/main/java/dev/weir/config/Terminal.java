package dev.weir.config;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Tells whether somebody watches. */
public final class Terminal {
  private Terminal() {}

  /**
   * Whether standard output goes to a terminal. On Linux by what descriptor 1 is, since the JDK
   * asks for a terminal on both ends and a service started with {@code < /dev/null} has one only.
   */
  public static boolean attached() {
    var stdout = Path.of("/proc/self/fd/1");
    try {
      if (Files.isSymbolicLink(stdout)) {
        var target = Files.readSymbolicLink(stdout).toString();
        return target.startsWith("/dev/pts/")
            || target.startsWith("/dev/tty")
            || target.equals("/dev/console");
      }
    } catch (IOException _) {
      // An odd /proc: the JDK's own answer will do.
    }
    return Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false);
  }
}
