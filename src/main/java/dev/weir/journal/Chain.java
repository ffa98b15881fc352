package dev.weir.journal;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The records of one thread, one segment after the other. {@link #reserve}, {@link #release},
 * {@link #append} and {@link #sync} belong to that thread, and neither block nor lock; {@link
 * #reader} belongs to the one that carries the records away.
 *
 * <p>Room is reserved in bytes ({@link #size}) before it is needed: a successful reservation is a
 * promise that so many bytes can be appended, since their disk space exists already. The promise
 * holds over the ends of segments, because a segment is counted without the longest record that
 * might not fit into its rest.
 */
public final class Chain {
  /** The longest body of a record, in bytes. */
  public static final int MAX_BODY = Segment.MAX_BODY;

  private final JournalDirectory directory;
  private final int index;
  private final int usable;
  private final ConcurrentLinkedQueue<Segment> spares = new ConcurrentLinkedQueue<>();
  private final AtomicInteger spare = new AtomicInteger();
  private final ChainReader reader;
  private volatile int wanted = 1;

  // Confined to the writing thread.
  private Segment current;
  private int at = Segment.HEADER;
  private long reserved;

  Chain(JournalDirectory directory, int index, Segment first) {
    this.directory = directory;
    this.index = index;
    this.current = first;
    this.usable = first.size() - Segment.HEADER - Segment.MAX_FRAME;
    this.reader = new ChainReader(first, directory::free);
  }

  /**
   * The bytes that a record takes of the room.
   *
   * @param bodyLength 1 to {@link #MAX_BODY}
   * @param cell whether it has a cell
   */
  public static int size(int bodyLength, boolean cell) {
    return Frame.size(bodyLength, cell);
  }

  /**
   * Takes room for so many bytes, in records of any sizes; false if it is not there, and then
   * nothing was taken.
   */
  public boolean reserve(int bytes) {
    var after = reserved + bytes;
    ask((int) (after / usable) + 1);
    if (after > room()) {
      directory.shortOfRoom();
      return false;
    }
    reserved = after;
    return true;
  }

  /** Gives back reserved room that is not needed after all. */
  public void release(int bytes) {
    reserved -= bytes;
  }

  /**
   * Appends a record within room that was reserved for it.
   *
   * @param body its first {@code length} bytes are the record; copied
   * @param length 1 to {@link #MAX_BODY}
   */
  public void append(byte[] body, int length) {
    write(body, length, false);
  }

  /** As {@link #append}, with a cell that holds 0 at first. */
  public Cell appendWithCell(byte[] body, int length) {
    var cell = write(body, length, true);
    return new Cell(current, cell);
  }

  /**
   * Completes once everything that was appended before is on the disk; many waiters share one sync.
   * Completed by another thread. Fails if the disk does.
   */
  public CompletableFuture<Void> sync() {
    return directory.sync(current);
  }

  /** Where the records come out again. */
  public ChainReader reader() {
    return reader;
  }

  private int write(byte[] body, int length, boolean withCell) {
    if (length < 1 || length > MAX_BODY) {
      throw new IllegalArgumentException("a record has 1 to " + MAX_BODY + " bytes, not " + length);
    }
    var frame = Frame.size(length, withCell);
    if (at + frame > current.size()) {
      roll();
    }
    var cell = Frame.write(current.memory(), current.number(), at, body, length, withCell);
    at += frame;
    reserved -= frame;
    return cell;
  }

  private void roll() {
    var next =
        Optional.ofNullable(spares.poll())
            .orElseThrow(() -> new IllegalStateException("a record came without room for it"));
    spare.decrementAndGet();
    current.seal(at, next);
    current = next;
    at = Segment.HEADER;
    // Given back here and nowhere else: what has been promised rests on the number of spares.
    if (spare.get() > wanted + 1) {
      spare.decrementAndGet();
      directory.free(spares.remove());
    }
    directory.wake();
  }

  private long room() {
    return Math.max(0, current.size() - at - Segment.MAX_FRAME) + (long) spare.get() * usable;
  }

  private void ask(int segments) {
    if (segments != wanted) {
      var more = segments > wanted;
      wanted = segments;
      if (more) {
        directory.wake();
      }
    }
  }

  // Called by the directory's own thread.

  int index() {
    return index;
  }

  int missing() {
    return wanted - spare.get();
  }

  void add(Segment segment) {
    spares.add(segment);
    spare.incrementAndGet();
  }
}
