package dev.weir.cli;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/**
 * What the command line cannot do by itself, because it takes the whole house; given by the
 * composition root. All of them block.
 *
 * @param serve runs the service until it is told to stop; its result is the exit code
 * @param check reads and judges everything on disk, starts nothing
 * @param migrate brings the database to this version's schema; its result is the number of files
 *     applied
 * @param more further commands, each an object that picocli can read
 */
public record Actions(
    Callable<Integer> serve,
    Supplier<CheckReport> check,
    Callable<Integer> migrate,
    List<Object> more) {
  /** Copies the list. */
  public Actions {
    more = List.copyOf(more);
  }
}
