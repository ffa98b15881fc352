package dev.weir.app;

import dev.weir.telemetry.Logs;

/** The process: the command line, and behind it the service. */
public final class Main {
  private Main() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    Logs.bridge();
    System.exit(new Serve().run());
  }
}
