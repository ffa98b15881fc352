package dev.weir.admin;

import io.vertx.core.Future;
import java.util.List;

/** Reads functions and settings again. Implemented by whoever holds the snapshots; never blocks. */
@FunctionalInterface
public interface Reload {
  /** Loads, judges, and swaps the snapshot if it is good. */
  Future<Outcome> reload();

  /**
   * What became of it.
   *
   * @param functions how many functions are in force now
   * @param faults why the new files are refused, each with file and line; empty if they are in
   *     force
   */
  record Outcome(int functions, List<String> faults) {
    /** Copies the faults. */
    public Outcome {
      faults = List.copyOf(faults);
    }
  }
}
