package dev.weir.cli;

import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;

/**
 * What surrounds a command, given so that tests can give another.
 *
 * @param environment the environment variables
 * @param in the standard input
 * @param directory where relative paths begin
 */
record World(Map<String, String> environment, InputStream in, Path directory) {
  /** Copies the environment. */
  World {
    environment = Map.copyOf(environment);
  }

  static World ofProcess() {
    return new World(System.getenv(), System.in, Path.of(""));
  }
}
