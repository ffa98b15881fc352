package dev.weir.metering;

import dev.weir.journal.ChainReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Reads the ended calls out of a living chain, and gives a segment back as soon as nothing in it is
 * needed any more: no call that has not ended, none whose row is not in the database. Confined to
 * one thread.
 */
final class Tail {
  private final ChainReader reader;

  /** The segments in which a call that has not been written yet left marks, one entry a mark. */
  private final Map<UUID, List<Integer>> open = new HashMap<>();

  /** How many marks of such calls lie in a segment. */
  private final TreeMap<Integer, Integer> needed = new TreeMap<>();

  Tail(ChainReader reader) {
    this.reader = reader;
  }

  /** Reads ended calls into {@code into}, until it holds so many or there are no more for now. */
  void read(List<Read> into, int most) {
    while (into.size() < most) {
      var next = reader.next();
      if (next.isEmpty()) {
        return;
      }
      var entry = next.get();
      var call = MarkCodec.call(entry.body());
      open.computeIfAbsent(call, _ -> new ArrayList<>(3)).add(entry.segment());
      needed.merge(entry.segment(), 1, Integer::sum);
      if (MarkCodec.kind(entry.body()) == MarkCodec.FINISHED
          && MarkCodec.read(entry) instanceof Mark.Finished finished) {
        into.add(new Read(finished.record(), this));
      }
    }
  }

  /** The row of this call is in the database. */
  void written(UUID call) {
    for (var segment : Optional.ofNullable(open.remove(call)).orElse(List.of())) {
      needed.merge(segment, -1, Integer::sum);
    }
  }

  /** Whether every call that left a mark here has ended and is in the database. */
  boolean settled() {
    var unwritten = new ArrayList<Read>();
    read(unwritten, Integer.MAX_VALUE);
    return open.isEmpty();
  }

  /** Gives back what is not needed any more. */
  void sweep() {
    var passed = needed.headMap(reader.segment());
    passed
        .entrySet()
        .removeIf(
            segment -> {
              var done = segment.getValue() == 0;
              if (done) {
                reader.free(segment.getKey());
              }
              return done;
            });
  }

  /**
   * An ended call that was read.
   *
   * @param record its record
   * @param from where it was read, and where it is to be told when it is written
   */
  record Read(UsageRecord record, Tail from) {
    void written() {
      from.written(record.id());
    }
  }
}
