package dev.weir.journal;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads a chain from its beginning, behind its writer or, of an orphan, after it. Confined to one
 * thread.
 *
 * <p>A segment that was read to its end stays until {@link #free} gives its space back: whoever
 * reads decides when everything in it has been carried to safety.
 */
public final class ChainReader {
  private final Consumer<Segment> freed;
  private final Map<Integer, Segment> read = new HashMap<>();
  private Segment current;
  private int at = Segment.HEADER;
  private int torn;

  ChainReader(Segment first, Consumer<Segment> freed) {
    this.current = first;
    this.freed = freed;
  }

  /**
   * A record that was read.
   *
   * @param body what was appended, from its beginning
   * @param cell what its cell holds now; 0 without one
   * @param segment the number of the segment that it lies in
   */
  public record Entry(ByteBuffer body, long cell, int segment) {}

  /** The next record; empty if there is none yet, or none any more. */
  public Optional<Entry> next() {
    while (true) {
      if (Frame.present(current.memory(), at)) {
        var frame = Frame.read(current.memory(), current.number(), at);
        if (frame.isPresent()) {
          at = frame.get().next();
          return frame.map(f -> new Entry(f.body(), f.cell(), current.number()));
        }
        torn++;
        if (!skip()) {
          return Optional.empty();
        }
      } else if (!current.endsAt(at) || !skip()) {
        return Optional.empty();
      }
    }
  }

  /** The number of the segment that is being read; those before it have been read to their end. */
  public int segment() {
    return current.number();
  }

  /**
   * How many segments ended in something that is no whole record: a write that a loss of power cut
   * short.
   */
  public int torn() {
    return torn;
  }

  /** Gives the space of a segment back that has been read to its end. */
  public void free(int segment) {
    var done = read.remove(segment);
    if (done == null) {
      throw new IllegalArgumentException("segment " + segment + " is not there, or still read");
    }
    freed.accept(done);
  }

  private boolean skip() {
    var next = current.next();
    if (next == null) {
      return false;
    }
    read.put(current.number(), current);
    current = next;
    at = Segment.HEADER;
    return true;
  }
}
