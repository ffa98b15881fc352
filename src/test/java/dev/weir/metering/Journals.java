package dev.weir.metering;

import dev.weir.journal.Chain;
import dev.weir.journal.JournalDirectory;
import dev.weir.testing.Eventually;
import java.io.IOException;
import java.nio.file.Path;
import java.util.UUID;

/** The journal of a process, written by hand. */
final class Journals implements AutoCloseable {
  final JournalDirectory directory;
  private final Packer packer = new Packer();
  private final MarkCodec codec = new MarkCodec(packer);
  private boolean open = true;

  Journals(Path root, int segment, int segments) throws IOException {
    directory =
        JournalDirectory.open(
            root,
            UUID.randomUUID(),
            new JournalDirectory.Bounds(segment, (long) segment * segments),
            1);
  }

  void admitted(UsageRecord record) {
    codec.admitted(UsageRecords.interrupted(record, 0));
    append(false, 0);
  }

  void sent(Mark.Sent sent) {
    codec.sent(sent);
    append(true, sent.progress().cell());
  }

  void finished(UsageRecord record) {
    codec.finished(record, Integer.MAX_VALUE);
    append(false, 0);
  }

  void call(UsageRecord record) {
    admitted(record);
    finished(record);
  }

  /** What a kill leaves: everything as it is, and the lock gone. */
  void kill() {
    open = false;
    directory.close(false);
  }

  @Override
  public void close() {
    if (open) {
      directory.close(true);
    }
  }

  private void append(boolean cell, long value) {
    var chain = directory.chain(0);
    var size = Chain.size(packer.length(), cell);
    Eventually.until("the journal has room", () -> chain.reserve(size));
    if (cell) {
      chain.appendWithCell(packer.bytes(), packer.length()).set(value);
    } else {
      chain.append(packer.bytes(), packer.length());
    }
  }
}
