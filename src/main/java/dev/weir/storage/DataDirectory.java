package dev.weir.storage;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The data directory while this process holds it: private to its user (0700), and locked so that a
 * second Weir cannot touch the same server. The lock is the operating system's, so it ends with the
 * process however that ends.
 */
final class DataDirectory implements AutoCloseable {
  private static final String TEMPORARY = ".new-";

  private final Path root;
  private final FileChannel channel;

  private DataDirectory(Path root, FileChannel channel) {
    this.root = root;
    this.channel = channel;
  }

  /**
   * Creates the directory where it is absent, and locks it; fails at once if another process holds
   * it.
   */
  static DataDirectory lock(Path directory) {
    try {
      Files.createDirectories(directory);
      // initdb and postgres change their working directory, so every path must be absolute.
      var root = directory.toRealPath();
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      // POSIX drops a process's lock when it closes any descriptor of the file: open it here only.
      var channel =
          FileChannel.open(
              root.resolve("database.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      var lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StorageException(
            "Another Weir process uses the data directory "
                + root
                + ". Stop it, or give this one a directory of its own with WEIR_DATA_DIR.");
      }
      var locked = new DataDirectory(root, channel);
      locked.deleteLeftovers();
      return locked;
    } catch (IOException | UnsupportedOperationException e) {
      throw new StorageException(
          "The data directory "
              + directory
              + " cannot be used ("
              + e
              + "). Check its owner, or set WEIR_DATA_DIR.",
          e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      return null; // held by another EmbeddedPostgres in this very process
    }
  }

  Path resolve(String name) {
    return root.resolve(name);
  }

  /**
   * A new empty directory beside the final one, to be moved there by {@link #moveInPlace} when it
   * is whole.
   */
  Path temporaryDirectory() throws IOException {
    return Files.createTempDirectory(root, TEMPORARY);
  }

  /**
   * Moves a finished temporary directory to its name, atomically: a crash leaves all of it or
   * nothing.
   */
  void moveInPlace(Path temporary, String name) throws IOException {
    var target = root.resolve(name);
    delete(target);
    Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * Reads the secret kept under this name, making it of 32 random bytes on first use (file mode
   * 0600).
   */
  String secret(String name) throws IOException {
    var file = root.resolve(name);
    try {
      var kept = Files.readString(file).strip();
      if (!kept.isEmpty()) {
        return kept;
      }
    } catch (NoSuchFileException _) {
      // First use.
    }
    var bytes = new byte[32];
    new SecureRandom().nextBytes(bytes);
    var secret = HexFormat.of().formatHex(bytes);
    writePrivately(file, secret + "\n");
    return secret;
  }

  /** Replaces a file's text atomically, readable by this user only. */
  void writePrivately(Path file, String text) throws IOException {
    var temporary =
        Files.createTempFile(
            root,
            TEMPORARY,
            "",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    try (var out = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
      var bytes = java.nio.charset.StandardCharsets.UTF_8.encode(text);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(true);
    }
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void deleteLeftovers() throws IOException {
    try (var leftovers = Files.newDirectoryStream(root, TEMPORARY + "*")) {
      for (var leftover : leftovers) {
        delete(leftover);
      }
    }
  }

  /** Deletes a tree; nothing to do where there is none. */
  static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    Files.walkFileTree(
        tree,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.delete(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Gives the directory up. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // The lock ends with the process at the latest.
    }
  }
}
