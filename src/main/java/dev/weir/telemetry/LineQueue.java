package dev.weir.telemetry;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;

/**
 * Lines on their way to a stream that may be slow or stuck: a bounded queue and one thread behind
 * it. Whoever offers a line never waits; what does not fit is dropped and counted, and as soon as
 * there is room again one line says how many are missing.
 */
final class LineQueue implements AutoCloseable {
  private static final int LINES = 8192;
  private static final long CHARACTERS = 4 << 20;
  private static final int BATCH = 256;

  /** Wakes a writer that waits for lines when there will be no more. */
  private static final String WAKE = "";

  private final ArrayBlockingQueue<String> lines = new ArrayBlockingQueue<>(LINES);
  private final AtomicLong characters = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final OutputStream out;
  private final UnaryOperator<String> lastTouch;
  private final LongFunction<String> note;
  private final Thread thread;
  private volatile boolean closed;

  /**
   * A queue before a stream.
   *
   * @param out where lines go; flushed after each batch, never closed
   * @param lastTouch done to each line on the writing thread
   * @param note the line that tells of so many lines that are missing
   */
  LineQueue(OutputStream out, UnaryOperator<String> lastTouch, LongFunction<String> note) {
    this.out = out;
    this.lastTouch = lastTouch;
    this.note = note;
    this.thread = Thread.ofPlatform().name("weir-log").daemon().unstarted(this::write);
  }

  void start() {
    thread.start();
  }

  /** Takes a line, or drops and counts it. Any thread; never waits. */
  void offer(String line) {
    var size = line.length();
    if (characters.addAndGet(size) > CHARACTERS || !lines.offer(line)) {
      characters.addAndGet(-size);
      dropped.incrementAndGet();
    }
  }

  /** Lines dropped since the start. */
  long dropped() {
    return dropped.get();
  }

  /** Writes what is queued, but waits no longer than this for a stream that is stuck. */
  void close(Duration patience) {
    closed = true;
    lines.offer(WAKE);
    try {
      if (!thread.join(patience)) {
        thread.interrupt();
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    close(Duration.ofSeconds(2));
  }

  private void write() {
    var batch = new ArrayList<String>(BATCH);
    var told = 0L;
    try {
      while (!(closed && lines.isEmpty())) {
        batch.add(lines.take());
        lines.drainTo(batch, BATCH - 1);
        write(batch);
        batch.clear();
        var missing = dropped.get();
        if (missing > told && lines.size() < LINES / 2) {
          put(note.apply(missing - told));
          told = missing;
        }
      }
    } catch (InterruptedException _) {
      // Closed while the stream was stuck: what is queued is lost, as it would be with the process.
    }
  }

  private void write(List<String> batch) {
    for (var line : batch) {
      characters.addAndGet(-line.length());
      put(line);
    }
    try {
      out.flush();
    } catch (IOException _) {
      dropped.addAndGet(batch.size());
    }
  }

  private void put(String line) {
    try {
      out.write(lastTouch.apply(line).getBytes(StandardCharsets.UTF_8));
    } catch (IOException _) {
      // Nobody reads any more (a closed pipe): there is no second place to say so.
      dropped.incrementAndGet();
    }
  }
}
