package dev.weir.cli;

import java.io.PrintWriter;

/** A bar on a terminal; nothing where the output goes into a file or a pipe. */
final class ProgressBar {
  private static final int WIDTH = 30;

  private final World world;
  private final PrintWriter err;
  private final int all;

  ProgressBar(World world, PrintWriter err, int all) {
    this.world = world;
    this.err = err;
    this.all = all;
  }

  void show(int done) {
    if (!world.terminal()) {
      return;
    }
    var filled = all == 0 ? WIDTH : WIDTH * done / all;
    err.printf(
        "\r[%s%s] %d of %d%s",
        "#".repeat(filled),
        " ".repeat(WIDTH - filled),
        done,
        all,
        done == all ? "%n".formatted() : "");
    err.flush();
  }
}
