package dev.weir.prompts;

import java.util.List;

/** What came of reading a folder of functions: all of it, or the reasons why not. */
public sealed interface LoadResult {
  /**
   * Every file is good.
   *
   * @param catalogue the functions
   */
  record Loaded(FunctionCatalogue catalogue) implements LoadResult {}

  /**
   * At least one file is not, so nothing was taken over.
   *
   * @param faults every fault of every file, by file and line; never empty, at most 1000
   */
  record Refused(List<Fault> faults) implements LoadResult {
    /** Copies the list. */
    public Refused {
      faults = List.copyOf(faults);
    }
  }
}
