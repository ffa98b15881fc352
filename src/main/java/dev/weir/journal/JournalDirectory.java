package dev.weir.journal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The journal of this process: a directory of its own under a common root, locked for as long as
 * the process lives. A thread of its own makes segments ahead and frees those that are done with,
 * so that no writer ever waits for a disk; when the disk is full, or the bound reached,
 * reservations fail and everything that was promised still holds.
 *
 * <p>Thread-safe, but for what {@link Chain} says of itself.
 */
public final class JournalDirectory {
  private static final Logger LOG = LogManager.getLogger(JournalDirectory.class);
  private static final Duration LOOK = Duration.ofMillis(100);
  private static final Duration COMPLAIN = Duration.ofSeconds(30);

  private final Path path;
  private final UUID process;
  private final Bounds bounds;
  private final DirectoryLock lock;
  private final List<Chain> chains;
  private final AtomicInteger segments = new AtomicInteger();
  private final LongAdder refused = new LongAdder();
  private final ConcurrentLinkedQueue<Segment> done = new ConcurrentLinkedQueue<>();
  private final Sync sync = new Sync();
  private final Thread keeper =
      Thread.ofPlatform().name("weir-journal").daemon().unstarted(this::keep);
  private volatile boolean closing;
  private int number;
  private long complainedAt = System.nanoTime() - COMPLAIN.toNanos();

  /**
   * How much of the disk a journal may take.
   *
   * @param segment the bytes of one segment; at least 64 KiB
   * @param total the bytes of all; room for two segments per chain at least
   */
  public record Bounds(int segment, long total) {
    /** Segments of 4 MiB, or smaller ones where {@code total} is too small for them. */
    public static Bounds of(long total, int chains) {
      var size = Math.clamp(total / (4L * chains), 64 << 10, 4 << 20);
      return new Bounds(size & ~4095, total);
    }

    private int most() {
      return (int) (total / segment);
    }
  }

  private JournalDirectory(
      Path path, UUID process, Bounds bounds, DirectoryLock lock, int chainCount)
      throws IOException {
    this.path = path;
    this.process = process;
    this.bounds = bounds;
    this.lock = lock;
    var made = new ArrayList<Chain>();
    for (var i = 0; i < chainCount; i++) {
      made.add(new Chain(this, i, create(i)));
    }
    this.chains = List.copyOf(made);
  }

  /**
   * Makes the journal of this process. Blocks.
   *
   * @param root where the journals of all processes are
   * @param process the id of this process, and the directory's name
   * @param chains how many threads will write
   * @throws IOException if the disk refuses
   * @throws IllegalArgumentException if the bounds leave less than two segments per chain
   */
  public static JournalDirectory open(Path root, UUID process, Bounds bounds, int chains)
      throws IOException {
    if (bounds.most() < 2 * chains || bounds.segment() < 64 << 10) {
      throw new IllegalArgumentException(
          "a journal of %d chains needs at least %d bytes"
              .formatted(chains, 2L * chains * Math.max(bounds.segment(), 64 << 10)));
    }
    var path = root.resolve(process.toString());
    var lock = made(root, path);
    try {
      var directory = new JournalDirectory(path, process, bounds, lock, chains);
      directory.fill();
      directory.keeper.start();
      directory.sync.start();
      return directory;
    } catch (IOException e) {
      lock.close();
      throw e;
    }
  }

  private static DirectoryLock made(Path root, Path path) throws IOException {
    try (var _ = RootLock.take(root)) {
      Files.createDirectories(path);
      return DirectoryLock.take(path)
          .orElseThrow(() -> new IOException(path + " is locked by another process"));
    }
  }

  /** The id of this process. */
  public UUID process() {
    return process;
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** The chain of the n-th writing thread, from 0. */
  public Chain chain(int n) {
    return chains.get(n);
  }

  /** All chains. */
  public List<Chain> chains() {
    return chains;
  }

  /** The bytes of the disk that it takes now. */
  public long bytes() {
    return (long) segments.get() * bounds.segment();
  }

  /** The bytes that it may take. */
  public long limit() {
    return bounds.total();
  }

  /** Reservations that failed since the start. */
  public long refused() {
    return refused.sum();
  }

  /**
   * Ends it: what is still in it stays for the next process to replay.
   *
   * @param empty whether everything in it has been carried to safety: then it is removed
   */
  public void close(boolean empty) {
    closing = true;
    sync.close();
    LockSupport.unpark(keeper);
    try {
      keeper.join();
      if (empty) {
        Orphan.remove(path, lock);
      } else {
        lock.close();
      }
    } catch (IOException e) {
      LOG.warn("The journal {} could not be closed properly: {}", path, e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  CompletableFuture<Void> sync(Segment segment) {
    return sync.wait(segment);
  }

  void free(Segment segment) {
    done.add(segment);
  }

  /** There is something to do for the keeper. */
  void wake() {
    LockSupport.unpark(keeper);
  }

  void shortOfRoom() {
    refused.increment();
    wake();
  }

  private void keep() {
    while (!closing) {
      try {
        sweep();
        fill();
      } catch (IOException | RuntimeException e) {
        complain(e);
      }
      LockSupport.parkNanos(LOOK.toNanos());
    }
  }

  private void sweep() throws IOException {
    for (var segment = done.poll(); segment != null; segment = done.poll()) {
      segments.decrementAndGet();
      segment.delete();
    }
  }

  /** One segment for each chain that lacks some, in turn, until none does or the bound is met. */
  private void fill() throws IOException {
    var more = true;
    while (more) {
      more = false;
      for (var chain : chains) {
        if (chain.missing() > 0 && segments.get() < bounds.most()) {
          chain.add(create(chain.index()));
          more = true;
        }
      }
    }
  }

  private Segment create(int chain) throws IOException {
    var segment = Segment.create(path, chain, number++, bounds.segment());
    // The file's name must survive a loss of power as well as its bytes.
    try (var directory = FileChannel.open(path, StandardOpenOption.READ)) {
      directory.force(true);
    } catch (IOException e) {
      segment.delete();
      throw e;
    }
    segments.incrementAndGet();
    return segment;
  }

  private void complain(Exception e) {
    if (System.nanoTime() - complainedAt > COMPLAIN.toNanos()) {
      complainedAt = System.nanoTime();
      LOG.error(
          "The journal {} cannot grow ({}); calls are refused when its room is used up. Free space"
              + " on that disk, or move it with WEIR_JOURNAL_DIR.",
          path,
          e.getMessage());
    }
  }
}
