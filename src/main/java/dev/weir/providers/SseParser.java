package dev.weir.providers;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Cuts a byte stream into server-sent events (WHATWG HTML, section 9.2.6), whatever the chunks:
 * lines end with LF, CR or CRLF, several {@code data} lines are joined by LF, comments carry
 * nothing, and a block without data is dropped.
 *
 * <p>An event is handed on together with its bytes as they came, so that it can be forwarded
 * without being written anew. The result does not depend on where the chunks were torn: where a
 * chunk ends between the CR and the LF of a closing blank line, the LF is added in advance and
 * skipped when it comes. One per stream; confined to its event loop.
 */
final class SseParser {
  private static final byte LF = '\n';
  private static final byte CR = '\r';
  private static final byte[] DATA = {'d', 'a', 't', 'a'};
  private static final byte[] BOM = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final int limit;
  private final Consumer<SseEvent> sink;
  private byte[] event = new byte[1024];
  private int size;
  private int lineStart;
  private int dataFrom = -1;
  private int dataTo;
  private ByteArrayOutputStream joined = new ByteArrayOutputStream(0);
  private boolean several;
  private boolean afterCr;
  private boolean crlf;
  private boolean skipLf;
  private boolean first = true;

  /**
   * A parser.
   *
   * @param limit the most bytes of one event
   * @param sink receives the events in order; may throw to stop
   */
  SseParser(int limit, Consumer<SseEvent> sink) {
    this.limit = limit;
    this.sink = sink;
  }

  /**
   * Takes the next chunk.
   *
   * @throws dev.weir.core.AIError {@code PROVIDER_ERROR} if an event is over the limit
   */
  void feed(Buffer chunk) {
    var bytes = chunk.getBytes();
    var at = 0;
    while (at < bytes.length) {
      if (skipLf) {
        skipLf = false;
        if (bytes[at] == LF) {
          at++;
          continue;
        }
      }
      if (afterCr && bytes[at] == LF) {
        // The second half of a CRLF; its line has been read already.
        append(bytes, at, at + 1);
        afterCr = false;
        crlf = true;
        lineStart = size;
        at++;
        continue;
      }
      afterCr = false;
      var end = at;
      while (end < bytes.length && bytes[end] != LF && bytes[end] != CR) {
        end++;
      }
      if (end == bytes.length) {
        append(bytes, at, end);
        return;
      }
      append(bytes, at, end + 1);
      at = end + 1;
      endLine(bytes[end] == CR, at < bytes.length ? bytes[at] : 0, at < bytes.length);
      if (skipLf && at < bytes.length) {
        skipLf = false;
        at++;
      }
    }
  }

  /**
   * The body is complete: hands on an event that lacks nothing but its blank line. Half a line is
   * dropped.
   */
  void finish() {
    if (size > 0 && lineStart == size && dataFrom >= 0) {
      append(new byte[] {LF}, 0, 1);
      dispatch();
    }
  }

  /** The line from {@code lineStart} has its terminator; {@code next} follows it, if known. */
  private void endLine(boolean byCr, byte next, boolean known) {
    var length = size - 1 - lineStart;
    if (length == 0) {
      if (byCr && (known ? next == LF : crlf)) {
        append(new byte[] {LF}, 0, 1);
        skipLf = true;
      } else {
        // An LF may still come, but then it ends a line of its own only if nobody expects it here.
        skipLf = byCr && !known;
      }
      dispatch();
      return;
    }
    readLine(lineStart, size - 1);
    afterCr = byCr;
    lineStart = size;
  }

  private void readLine(int from, int to) {
    var start = from;
    if (first) {
      first = false;
      if (to - from >= BOM.length
          && Arrays.equals(event, from, from + BOM.length, BOM, 0, BOM.length)) {
        start += BOM.length;
      }
    }
    var name = start + DATA.length;
    if (to < name || !Arrays.equals(event, start, name, DATA, 0, DATA.length)) {
      return;
    }
    if (to > name && event[name] != ':') {
      return;
    }
    var value = Math.min(to, name + 1);
    if (value < to && event[value] == ' ') {
      value++;
    }
    if (dataFrom < 0) {
      dataFrom = value;
      dataTo = to;
    } else {
      if (!several) {
        several = true;
        joined.write(event, dataFrom, dataTo - dataFrom);
      }
      joined.write(LF);
      joined.write(event, value, to - value);
    }
  }

  private void dispatch() {
    if (dataFrom >= 0) {
      var raw = Arrays.copyOf(event, size);
      var found =
          several
              ? new SseEvent(Buffer.buffer(raw), joined.toByteArray(), 0, joined.size())
              : new SseEvent(Buffer.buffer(raw), raw, dataFrom, dataTo - dataFrom);
      clear();
      sink.accept(found);
    } else {
      clear();
    }
  }

  private void clear() {
    size = 0;
    lineStart = 0;
    dataFrom = -1;
    afterCr = false;
    if (several) {
      several = false;
      joined = new ByteArrayOutputStream(0);
    }
  }

  private void append(byte[] bytes, int from, int to) {
    var more = to - from;
    if (size + more > limit) {
      throw Failures.oversized(limit);
    }
    if (size + more > event.length) {
      event = Arrays.copyOf(event, Math.clamp(2L * (size + more), event.length, limit));
    }
    System.arraycopy(bytes, from, event, size, more);
    size += more;
  }
}
