package dev.weir.journal;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * How one record lies in a segment, aligned to eight bytes:
 *
 * <pre>
 * word  int   the body's length, and a flag for a cell; 0 where no record has been written yet
 * check int   CRC-32C of the word, the segment's number, the place in it, and the body
 * body  bytes, zeros up to the next multiple of eight
 * cell  long  only with the flag; may change after the record was written, so no part of the check
 * </pre>
 *
 * The word is written last, with release semantics: a reader in another thread, or after a kill,
 * sees either nothing or a whole record. Number and place are in the check so that bytes of another
 * place are never taken for a record.
 */
final class Frame {
  /** What stands before a body. */
  static final int PREFIX = 8;

  private static final int CELL = 8;
  private static final int CELL_FLAG = 1 << 30;
  private static final int SEED = 12;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
  private static final VarHandle WORD = INT.varHandle();

  private Frame() {}

  /** A record that was read, and where the next one begins. */
  record Read(ByteBuffer body, long cell, int next) {}

  /** The bytes that a record takes. */
  static int size(int bodyLength, boolean cell) {
    return PREFIX + padded(bodyLength) + (cell ? CELL : 0);
  }

  /** Writes a record; the caller has seen to it that it fits. Returns where its cell is, or -1. */
  static int write(
      MemorySegment memory, int number, int at, byte[] body, int length, boolean cell) {
    var word = cell ? length | CELL_FLAG : length;
    MemorySegment.copy(body, 0, memory, ValueLayout.JAVA_BYTE, at + PREFIX, length);
    memory.set(INT, at + Integer.BYTES, check(word, number, at, body, length));
    WORD.setRelease(memory, (long) at, word);
    return cell ? at + PREFIX + padded(length) : -1;
  }

  /** Whether a record has been written here. */
  static boolean present(MemorySegment memory, int at) {
    return at + PREFIX <= memory.byteSize() && (int) WORD.getAcquire(memory, (long) at) != 0;
  }

  /** Reads the record that is present here; empty if it is torn. */
  static Optional<Read> read(MemorySegment memory, int number, int at) {
    var word = (int) WORD.getAcquire(memory, (long) at);
    var cell = (word & CELL_FLAG) != 0;
    var length = word & ~CELL_FLAG;
    if (length <= 0 || length > Segment.MAX_BODY || at + size(length, cell) > memory.byteSize()) {
      return Optional.empty();
    }
    var body = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at + PREFIX, body, 0, length);
    if (memory.get(INT, at + Integer.BYTES) != check(word, number, at, body, length)) {
      return Optional.empty();
    }
    var value = cell ? memory.get(ValueLayout.JAVA_LONG, at + PREFIX + padded(length)) : 0;
    return Optional.of(
        new Read(ByteBuffer.wrap(body).asReadOnlyBuffer(), value, at + size(length, cell)));
  }

  private static int check(int word, int number, int at, byte[] body, int length) {
    var crc = new CRC32C();
    crc.update(ByteBuffer.allocate(SEED).putInt(word).putInt(number).putInt(at).flip());
    crc.update(body, 0, length);
    return (int) crc.getValue();
  }

  private static int padded(int length) {
    return (length + 7) & ~7;
  }
}
