package dev.weir.cli;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir cache warm FILE}. */
@Command(
    name = "warm",
    mixinStandardHelpOptions = true,
    description = {
      "Fills the cache from a file: one JSON object a line, {\"function\": .., \"input\": {..},"
          + " \"user\": ..}.",
      "The user is whose answer it will be; a function whose cache is shared needs none. What is"
          + " kept already is not asked for again, so the same file may be given again. The calls"
          + " go on the account of the user weir-warm-up.",
      "If a line is no JSON object nothing is asked for. An input that fails is told with its line,"
          + " and the others go on; a limit of the account ends it."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir cache warm inputs.jsonl",
      "  ./weir cache warm inputs.jsonl --max-usd 2.50 --at-once 8"
    })
final class CacheWarmCommand implements Callable<Integer> {
  private static final int MOST_AT_ONCE = 100;

  private final World world;

  @Mixin private final AdminDoor admin;

  @Parameters(index = "0", paramLabel = "FILE", description = "The inputs.")
  private Path file = Path.of("");

  @Option(
      names = "--max-usd",
      paramLabel = "USD",
      description = "All together cost no more; it ends where the next one could.")
  private @Nullable BigDecimal most;

  @Option(
      names = "--at-once",
      paramLabel = "N",
      defaultValue = "4",
      description = "So many are asked for at a time, up to 100; default: ${DEFAULT-VALUE}.")
  private int atOnce;

  @Spec private CommandSpec spec = CommandSpec.create();

  CacheWarmCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() throws InterruptedException {
    if (atOnce < 1 || atOnce > MOST_AT_ONCE) {
      throw new CommandFailure(ExitCode.USAGE, "--at-once must be from 1 to " + MOST_AT_ONCE + ".");
    }
    var lines = LinesFile.read(world, file);
    var count = new FillCount(lines.size());
    var bar = new ProgressBar(world, spec.commandLine().getErr(), lines.size());
    var interrupted = new Thread(() -> interrupted(bar, count));
    Runtime.getRuntime().addShutdownHook(interrupted);
    try (var door = admin.open()) {
      return fill(door, lines, bar, count);
    } finally {
      forget(interrupted);
    }
  }

  private int fill(HttpDoor door, List<LinesFile.Line> lines, ProgressBar bar, FillCount count)
      throws InterruptedException {
    var fill = new CacheFill(door, new Purse(Optional.ofNullable(most), atOnce), bar, count, lines);
    var end = fill.run();
    if (end.isEmpty() || count.done() > 0) {
      tell(count.told() + (fill.ranOut() ? "; the next could cost more than --max-usd" : ""));
    }
    if (end.isPresent()) {
      throw end.get();
    }
    return count.hasFailures() ? ExitCode.FAILED : ExitCode.OK;
  }

  /** Ctrl-C: the process ends when this has returned. What is under way the service ends itself. */
  private void interrupted(ProgressBar bar, FillCount count) {
    bar.close();
    tell("Interrupted. " + count.told());
  }

  private void tell(String line) {
    spec.commandLine().getOut().println(line);
    spec.commandLine().getOut().flush();
  }

  private static void forget(Thread hook) {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException _) {
      // The process is ending already.
    }
  }
}
