package dev.weir.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * PostgreSQL's programs as the test server has unpacked them. Unpacking takes seconds of a
 * processor, so a data directory of a test's own may have them lent.
 */
public final class ServerPrograms {
  private ServerPrograms() {}

  /** Lends them to a data directory that has none; where nobody has unpacked any, it does so. */
  public static void lend(Path data) {
    try {
      var unpacked = unpacked();
      if (unpacked.isEmpty()) {
        return;
      }
      var home = data.resolve(unpacked.get().getFileName());
      if (Files.exists(home)) {
        return;
      }
      Files.createDirectories(data);
      var lent = Files.createTempDirectory(data, "lent-");
      copy(unpacked.get(), lent);
      Files.move(lent, home);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A server moves its programs to this name when they are whole. */
  private static Optional<Path> unpacked() throws IOException {
    try (var servers = Files.newDirectoryStream(Path.of("target"), "test-postgres-*")) {
      for (var server : servers) {
        try (var homes = Files.newDirectoryStream(server, "postgres-*")) {
          for (var home : homes) {
            return Optional.of(home);
          }
        }
      }
    }
    return Optional.empty();
  }

  private static void copy(Path from, Path to) throws IOException {
    try (var all = Files.walk(from)) {
      for (var path : all.filter(path -> !Files.isDirectory(path)).toList()) {
        var copy = to.resolve(from.relativize(path));
        Files.createDirectories(copy.getParent());
        if (Files.isSymbolicLink(path)) {
          Files.createSymbolicLink(copy, Files.readSymbolicLink(path));
        } else {
          link(path, copy);
        }
      }
    }
  }

  private static void link(Path path, Path copy) throws IOException {
    try {
      Files.createLink(copy, path);
    } catch (IOException | UnsupportedOperationException _) {
      // Another file system.
      Files.copy(path, copy, StandardCopyOption.COPY_ATTRIBUTES);
    }
  }
}
