package dev.weir.app;

/** {@code weir migrate}: brings the database to this version's schema and ends. */
final class Migrate {
  private Migrate() {}

  /** The number of migrations applied. */
  static int run() {
    var config = Settings.load();
    var shutdown = new Shutdown();
    try {
      return OpenDatabase.migrate(config, shutdown).applied();
    } finally {
      shutdown.run();
    }
  }
}
