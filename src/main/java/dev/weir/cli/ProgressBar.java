package dev.weir.cli;

import java.io.PrintWriter;

/**
 * A bar on a terminal; nothing where the output goes into a file or a pipe. What is said meanwhile
 * stands above it. Thread-safe.
 */
final class ProgressBar {
  private static final int WIDTH = 30;

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
    var filled = all == 0 ? WIDTH : WIDTH * done / all;
    shown = "[%s%s] %d of %d".formatted("#".repeat(filled), " ".repeat(WIDTH - filled), done, all);
    err.print("\r" + shown);
    if (done == all) {
      end();
    }
    err.flush();
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
