package dev.weir.storage;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Locale;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.xz.XZCompressorInputStream;

/**
 * The server's programs ({@code initdb}, {@code pg_ctl}, {@code postgres}), unpacked once per
 * version from the zonky archive on the classpath.
 */
final class PostgresBinaries {
  /** The version on the classpath; a test compares it with the archive. */
  static final String VERSION = "18.6.0";

  /** What {@code server_version} says, and the cluster's {@code PG_VERSION} begins with. */
  static final String SERVER_VERSION = "18.6";

  private PostgresBinaries() {}

  /**
   * Returns the directory with {@code bin}, {@code lib} and {@code share}. Takes two seconds when
   * it must unpack.
   */
  static Path unpacked(DataDirectory data) {
    var name = "postgres-" + VERSION;
    var home = data.resolve(name);
    // A crash of the machine may leave the name but not the bytes.
    if (isWhole(home)) {
      return home;
    }
    try (var archive = PostgresBinaries.class.getResourceAsStream("/" + archive())) {
      if (archive == null) {
        throw new StorageException(
            "This build has no PostgreSQL for "
                + System.getProperty("os.name")
                + " on "
                + System.getProperty("os.arch")
                + ". Set WEIR_DATABASE_URL to a PostgreSQL 15 to 18 server.");
      }
      var temporary = data.temporaryDirectory();
      unpack(archive, temporary);
      data.moveInPlace(temporary, name);
      return home;
    } catch (IOException e) {
      throw new StorageException(
          "PostgreSQL's programs cannot be unpacked to " + home + ": " + e, e);
    }
  }

  private static boolean isWhole(Path home) {
    try {
      return Files.isExecutable(home.resolve("bin/postgres"))
          && Files.size(home.resolve("bin/postgres")) > 0;
    } catch (IOException _) {
      return false;
    }
  }

  private static String archive() {
    var system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    var machine = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    if (!system.contains("linux")) {
      return "postgres-none.txz";
    }
    return switch (machine) {
      case "amd64", "x86_64" -> "postgres-linux-x86_64.txz";
      case "aarch64", "arm64" -> "postgres-linux-arm_64.txz";
      default -> "postgres-none.txz";
    };
  }

  private static void unpack(InputStream archive, Path target) throws IOException {
    try (var tar =
        new TarArchiveInputStream(new XZCompressorInputStream(new BufferedInputStream(archive)))) {
      TarArchiveEntry entry;
      while ((entry = tar.getNextEntry()) != null) {
        var path = target.resolve(entry.getName()).normalize();
        if (!path.startsWith(target)) {
          throw new IOException("the archive names a file outside of itself: " + entry.getName());
        }
        unpack(tar, entry, path);
      }
    }
  }

  private static void unpack(TarArchiveInputStream tar, TarArchiveEntry entry, Path path)
      throws IOException {
    if (entry.isDirectory()) {
      Files.createDirectories(path);
      return;
    }
    var parent = path.getParent();
    if (parent != null) {
      Files.createDirectories(parent);
    }
    if (entry.isSymbolicLink()) {
      Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
      return;
    }
    Files.copy(tar, path);
    var executable = (entry.getMode() & 0100) != 0;
    Files.setPosixFilePermissions(
        path, PosixFilePermissions.fromString(executable ? "rwx------" : "rw-------"));
  }
}
