package dev.weir.journal;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * One file of a chain, mapped into memory. It is filled with zeros and forced to disk before it is
 * mapped: writing to a hole of a sparse file on a full disk would kill the process. Written by one
 * thread, read by one other; what passes between them is volatile or written with release
 * semantics.
 */
final class Segment {
  /** The longest body of a record. */
  static final int MAX_BODY = 16 << 10;

  /** The longest record with all its dress. */
  static final int MAX_FRAME = Frame.size(MAX_BODY, true);

  /** What stands before the first record: a magic number, the chain and the number. */
  static final int HEADER = 16;

  private static final long MAGIC = 0x57454952_4a524e31L;
  private static final int ANYWHERE = Integer.MAX_VALUE;
  private static final int ZEROS = 256 << 10;

  private final Path file;
  private final int number;
  private final Arena arena;
  private final MemorySegment memory;

  /** Where its writer stopped; -1 while it is being written. */
  private volatile int sealedAt = -1;

  /** What its writer went on with. */
  private volatile @Nullable Segment next;

  private Segment(Path file, int number, Arena arena, MemorySegment memory) {
    this.file = file;
    this.number = number;
    this.arena = arena;
    this.memory = memory;
  }

  /** Makes the file of a new segment. Blocks until its space is on the disk. */
  static Segment create(Path directory, int chain, int number, int size) throws IOException {
    var file = directory.resolve("chain-%03d-%08d.log".formatted(chain, number));
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE)) {
      fill(channel, size);
      var head = ByteBuffer.allocate(HEADER).putLong(MAGIC).putInt(chain).putInt(number).flip();
      channel.write(head, 0);
      channel.force(true);
      var arena = Arena.ofShared();
      return new Segment(file, number, arena, channel.map(MapMode.READ_WRITE, 0, size, arena));
    } catch (IOException e) {
      Files.deleteIfExists(file);
      throw e;
    }
  }

  /** Opens a segment that another process left behind, to read it. */
  static Segment open(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var arena = Arena.ofShared();
      var memory = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
      var number = memory.asSlice(0, HEADER).asByteBuffer().getInt(HEADER - Integer.BYTES);
      return new Segment(file, number, arena, memory);
    }
  }

  /**
   * Whether a file has a segment's head: one that was being made when its process died has none.
   */
  static boolean isSegment(Path file) throws IOException {
    try (var channel = FileChannel.open(file, StandardOpenOption.READ)) {
      var head = ByteBuffer.allocate(HEADER);
      return channel.read(head, 0) == HEADER && head.flip().getLong() == MAGIC;
    }
  }

  private static void fill(FileChannel channel, int size) throws IOException {
    var zeros = ByteBuffer.allocateDirect(ZEROS);
    for (var left = size; left > 0; left -= zeros.limit()) {
      zeros.clear().limit(Math.min(left, ZEROS));
      while (zeros.hasRemaining()) {
        channel.write(zeros);
      }
    }
  }

  int number() {
    return number;
  }

  MemorySegment memory() {
    return memory;
  }

  int size() {
    return (int) memory.byteSize();
  }

  /** Whether its writer has gone on to another, and wrote nothing behind {@code at}. */
  boolean endsAt(int at) {
    var sealed = sealedAt;
    return sealed == at || sealed == ANYWHERE;
  }

  @Nullable Segment next() {
    return next;
  }

  /** Told by its writer: nothing more comes here. */
  void seal(int at, Segment goesOnIn) {
    next = goesOnIn;
    sealedAt = at;
  }

  /** As {@link #seal}, of a writer that is gone: it ends where the next record is absent. */
  void sealAnywhere(Segment goesOnIn) {
    seal(ANYWHERE, goesOnIn);
  }

  void cell(int at, long value) {
    memory.set(ValueLayout.JAVA_LONG, at, value);
  }

  /**
   * Blocks until what was written is on the disk. Of one that is closed nothing is left to wait
   * for: it was given back because all that it held is safe elsewhere.
   */
  synchronized void force() {
    if (arena.scope().isAlive()) {
      memory.force();
    }
  }

  /** Forgets it, after a {@link #force} under way; nobody may read or write it from here on. */
  synchronized void close() {
    arena.close();
  }

  /** Forgets it and frees its space. */
  void delete() throws IOException {
    close();
    Files.deleteIfExists(file);
  }
}
