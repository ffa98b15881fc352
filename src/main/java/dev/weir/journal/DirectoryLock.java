package dev.weir.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The operating system's lock on a process' directory: it goes with the process, however that ends,
 * and a stopped process keeps it.
 *
 * <p>On POSIX systems a process loses its lock on a file as soon as it closes any channel to it, so
 * the ones that are held here are also known here, and their files are never opened again.
 */
final class DirectoryLock implements AutoCloseable {
  private static final Set<Path> HELD = ConcurrentHashMap.newKeySet();

  private final Path file;
  private final FileChannel channel;
  private final FileLock lock;

  private DirectoryLock(Path file, FileChannel channel, FileLock lock) {
    this.file = file;
    this.channel = channel;
    this.lock = lock;
  }

  /** Takes the lock of a directory; empty while anybody holds it, this process included. */
  static Optional<DirectoryLock> take(Path directory) throws IOException {
    var file = directory.toRealPath().resolve("lock");
    if (!HELD.add(file)) {
      return Optional.empty();
    }
    var taken = Optional.<DirectoryLock>empty();
    try {
      var channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        taken =
            Optional.ofNullable(channel.tryLock())
                .map(lock -> new DirectoryLock(file, channel, lock));
      } catch (OverlappingFileLockException e) {
        taken = Optional.empty();
      } finally {
        if (taken.isEmpty()) {
          channel.close();
        }
      }
      return taken;
    } finally {
      if (taken.isEmpty()) {
        HELD.remove(file);
      }
    }
  }

  /** Lets go, and removes the lock's file: only for a directory that is done with. */
  void delete() throws IOException {
    Files.deleteIfExists(file);
    close();
  }

  @Override
  public void close() throws IOException {
    try (channel) {
      lock.release();
    } finally {
      HELD.remove(file);
    }
  }
}
