package dev.weir.journal;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process whose journal may grow further than its disk: fills it, reads everything back, and goes
 * on when there is room. Prints what it saw; that it lives to do so is half of the test, since a
 * write to a mapped page that has no place on the disk kills the process.
 */
final class FullDisk {
  private static final int SIZE = 1_000;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);

  private FullDisk() {}

  public static void main(String[] args) throws Exception {
    var root = Path.of(args[0]);
    var bounds = new JournalDirectory.Bounds(64 << 10, 64L << 20);
    var journal = JournalDirectory.open(root, UUID.randomUUID(), bounds, 1);
    var chain = journal.chain(0);
    var body = new byte[SIZE];
    var appended = 0;
    while (reserved(chain)) {
      body[0] = (byte) (appended % 127 + 1);
      chain.append(body, SIZE);
      appended++;
    }
    var free = Files.getFileStore(root).getUsableSpace();

    var reader = chain.reader();
    var first = reader.segment();
    var read = 0;
    for (var entry = reader.next(); entry.isPresent(); entry = reader.next()) {
      read += entry.get().body().get(0) == read % 127 + 1 ? 1 : 0;
    }
    for (var segment = first; segment < reader.segment(); segment++) {
      reader.free(segment);
    }
    System.out.printf(
        "appended=%d read=%d free=%d again=%b%n", appended, read, free, reserved(chain));
    journal.close(true);
  }

  private static boolean reserved(Chain chain) {
    var since = System.nanoTime();
    while (!chain.reserve(Chain.size(SIZE, false))) {
      if (System.nanoTime() - since > PATIENCE_NANOS) {
        return false;
      }
      LockSupport.parkNanos(1_000_000);
    }
    return true;
  }
}
