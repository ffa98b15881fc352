package dev.weir.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Held for the moment in which a journal is made, taken over or removed, one process at a time
 * under a root: without it a directory that is just being made has no lock yet, looks left behind,
 * and its process would be given up for dead before its first word.
 */
final class RootLock implements AutoCloseable {
  /** The operating system's lock is one of processes; this is the one of our threads. */
  private static final ReentrantLock OURS = new ReentrantLock();

  private final FileChannel channel;

  private RootLock(FileChannel channel) {
    this.channel = channel;
  }

  /** Waits for it. Blocks, for as long as others make or remove a few files. */
  static RootLock take(Path root) throws IOException {
    Files.createDirectories(root);
    OURS.lock();
    try {
      var channel =
          FileChannel.open(
              root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      try {
        channel.lock();
        return new RootLock(channel);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      OURS.unlock();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      // Closing it gives the lock back.
      channel.close();
    } finally {
      OURS.unlock();
    }
  }
}
