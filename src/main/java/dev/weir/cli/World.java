package dev.weir.cli;

import dev.weir.config.Terminal;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What surrounds a command, given so that tests can give another.
 *
 * @param environment the environment variables
 * @param in the standard input
 * @param directory where relative paths begin
 * @param terminal whether somebody watches what is printed
 */
record World(Map<String, String> environment, InputStream in, Path directory, boolean terminal) {
  private static final int USUAL_COLUMNS = 80;

  /** Copies the environment. */
  World {
    environment = Map.copyOf(environment);
  }

  /** How wide the terminal is, in characters, as far as {@code COLUMNS} says so; else 80. */
  int columns() {
    try {
      var columns = Integer.parseInt(environment.getOrDefault("COLUMNS", "").strip());
      return columns > 0 ? columns : USUAL_COLUMNS;
    } catch (NumberFormatException _) {
      return USUAL_COLUMNS;
    }
  }

  static World ofProcess() {
    return new World(System.getenv(), System.in, Path.of(""), Terminal.attached());
  }
}
