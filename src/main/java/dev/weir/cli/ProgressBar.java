package dev.weir.cli;

import java.io.PrintWriter;

/**
 * A bar on a terminal, on one line of it however narrow that is; nothing where the output goes into
 * a file or a pipe. What is said meanwhile stands above it. Thread-safe.
 */
final class ProgressBar {
  private static final int WIDEST = 30;

  /** A shorter one shows nothing that the numbers beside it do not. */
  private static final int SHORTEST = 5;

  private final World world;
  private final PrintWriter err;
  private final int all;
  private String shown = "";
  private boolean over;

  ProgressBar(World world, PrintWriter err, int all) {
    this.world = world;
    this.err = err;
    this.all = all;
  }

  /** So much is done. */
  synchronized void show(int done) {
    if (over || !world.terminal()) {
      return;
    }
    shown = line(done);
    err.print("\r" + shown);
    if (done == all) {
      end();
    }
    err.flush();
  }

  /** The last column is left free: many terminals begin a new line after it. */
  private String line(int done) {
    var columns = world.columns() - 1;
    var width = Math.min(WIDEST, columns - "[] %d of %d".formatted(all, all).length());
    var numbers = "%d of %d".formatted(done, all);
    if (width < SHORTEST) {
      return numbers.substring(0, Math.min(numbers.length(), columns));
    }
    var filled = all == 0 ? width : (int) ((long) width * done / all);
    return "[%s%s] %s".formatted("#".repeat(filled), " ".repeat(width - filled), numbers);
  }

  /** A line above the bar. */
  synchronized void say(String line) {
    if (!shown.isEmpty()) {
      err.print("\r" + " ".repeat(shown.length()) + "\r");
    }
    err.println(line);
    err.print(shown);
    err.flush();
  }

  /** As {@link #end}, and no more is shown, whoever goes on. */
  synchronized void close() {
    end();
    over = true;
  }

  /** What is printed next begins a line of its own; also where not everything was done. */
  synchronized void end() {
    if (!shown.isEmpty()) {
      err.println();
      err.flush();
      shown = "";
    }
  }
}
