package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weir cache stats}. */
@Command(
    name = "stats",
    mixinStandardHelpOptions = true,
    description = "Shows what was served from the cache and what that saved, by function.",
    footerHeading = "%nExamples:%n",
    footer = {"  ./weir cache stats", "  ./weir cache stats --hours 720 --json"})
final class CacheStatsCommand implements Callable<Integer> {
  private static final String ROW = "%-24s %9s %9s %9s %9s %7s %14s %14s %7s%n";

  @Mixin private final AdminDoor admin;

  @Option(names = "--hours", paramLabel = "N", description = "So many hours back. Default: 24.")
  private int hours = 24;

  @Option(names = "--json", description = "Prints JSON, as GET /api/cache/stats gives it.")
  private boolean json;

  @Spec private CommandSpec spec = CommandSpec.create();

  CacheStatsCommand(World world) {
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    var stats = admin.get("/api/cache/stats?hours=" + hours);
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(stats));
    } else {
      table(stats, out);
    }
    return ExitCode.OK;
  }

  private static void table(JsonNode stats, PrintWriter out) {
    out.printf(
        ROW,
        "FUNCTION",
        "CALLS",
        "HITS",
        "JOINED",
        "MISSES",
        "RATE",
        "SAVED USD",
        "SPENT USD",
        "SAVED");
    for (var function : stats.path("functions")) {
      line(out, function.path("function").asText(), function);
    }
    line(out, "all", stats.path("total"));
    var entries = 0L;
    var bytes = 0L;
    for (var kept : stats.path("kept")) {
      entries += kept.path("entries").asLong();
      bytes += kept.path("bytes").asLong();
    }
    out.printf(
        "kept: %d answers of %d bytes in the database, %s of %s bytes in this node's memory%n",
        entries, bytes, stats.at("/memory/entries").asText(), stats.at("/memory/bytes").asText());
    out.flush();
  }

  private static void line(PrintWriter out, String name, JsonNode figures) {
    var hits =
        figures.path("hits").asLong()
            + figures.path("semantic").asLong()
            + figures.path("stale").asLong();
    out.printf(
        ROW,
        name,
        figures.path("calls").asText(),
        hits,
        figures.path("coalesced").asText("0"),
        figures.path("misses").asLong() + figures.path("refreshes").asLong(),
        percent(figures.path("hit_rate")),
        usd(figures.path("saved_usd")),
        usd(figures.path("spent_usd")),
        percent(figures.path("saved_share")));
  }

  private static String percent(JsonNode share) {
    return String.format(Locale.ROOT, "%.1f %%", 100 * share.asDouble());
  }

  private static String usd(JsonNode amount) {
    return amount.decimalValue().setScale(6, RoundingMode.HALF_UP).toPlainString();
  }
}
