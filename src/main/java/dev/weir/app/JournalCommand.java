package dev.weir.app;

import dev.weir.config.WeirConfig;
import dev.weir.journal.Orphan;
import dev.weir.limits.LedgerConnection;
import dev.weir.metering.Replay;
import dev.weir.pricing.PriceFile;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weir journal}: the journals of usage that dead processes left behind. */
@Command(
    name = "journal",
    description = "The journals in which usage survives a crash.",
    mixinStandardHelpOptions = true,
    subcommands = JournalCommand.ReplayCommand.class)
public final class JournalCommand implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  /** Prints how the command is used. */
  @Override
  public void run() {
    spec.commandLine().usage(spec.commandLine().getOut());
  }

  /** {@code weir journal replay}: brings orphans into the database. */
  @Command(
      name = "replay",
      description = {
        "Bring the journals of dead processes into the database, and remove them.",
        "A start does the same for every journal that it can see; this is for a volume whose pod"
            + " will not come back. The journal of a living process is left alone, and what is in"
            + " the database already stays as it is, so it may be done again."
      },
      mixinStandardHelpOptions = true,
      footerHeading = "%nExample:%n",
      footer = "  WEIR_DATABASE_URL=postgres://... ./weir journal replay --dir /mnt/orphan/journal")
  static final class ReplayCommand implements Callable<Integer> {
    private static final Duration CLOSE = Duration.ofSeconds(5);

    @Option(
        names = "--dir",
        paramLabel = "DIR",
        description = "Where the journals are; default: journal.dir of the settings.")
    private @Nullable Path dir;

    @Option(names = "--dry-run", description = "Only list the journals whose process is gone.")
    private boolean dryRun;

    @Spec private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
      var config = Settings.load();
      var root = Optional.ofNullable(dir).orElse(config.journal().dir());
      if (dryRun) {
        return list(root);
      }
      var shutdown = new Shutdown();
      try {
        return replay(config, root, shutdown);
      } finally {
        shutdown.run();
      }
    }

    private int list(Path root) throws IOException {
      var out = spec.commandLine().getOut();
      var orphans = Orphan.take(root, new ArrayList<>());
      for (var orphan : orphans) {
        out.println(orphan.path());
        orphan.close();
      }
      out.printf("%d journals in %s wait to be replayed.%n", orphans.size(), root);
      return 0;
    }

    private int replay(WeirConfig config, Path root, Shutdown shutdown)
        throws IOException, InterruptedException {
      var out = spec.commandLine().getOut();
      if (!(PriceFile.read(config.pricesFile()) instanceof PriceFile.Result.Loaded prices)) {
        throw new StartFailure("The prices cannot be used; ./weir check says why.");
      }
      var url = OpenDatabase.migrate(config, shutdown).url();
      var vertx = Vertx.vertx();
      shutdown.opened("Vert.x", () -> Waiting.on(vertx.close(), CLOSE, "closing"));
      var database = OpenDatabase.pools(vertx, url, config, shutdown);
      var reports =
          new Replay(
                  vertx, database, prices::table, dead -> LedgerConnection.replayed(database, dead))
              .run(root);
      for (var report : reports) {
        out.printf(
            "%s: %d calls had ended, %d were interrupted and are billed by estimate%n",
            report.process(), report.ended(), report.interrupted());
      }
      out.printf("%d journals in %s were replayed.%n", reports.size(), root);
      return 0;
    }
  }
}
