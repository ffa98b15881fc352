package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code weir usage reprice}: orders a re-pricing of history and shows how far it is. */
@Command(
    name = "reprice",
    mixinStandardHelpOptions = true,
    description = {
      "Prices the calls of a span again, by the prices that the table of now gives for their time.",
      "The server does it in batches and goes on if this command ends; the same command given again"
          + " joins it, or goes on where one stopped. The same order twice changes nothing."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir usage reprice --from 2026-11-01 --to 2026-12-01 --dry-run",
      "  ./weir usage reprice --from 2026-11-01 --to 2026-12-01 --model openai/gpt-5-mini"
    })
final class RepriceCommand implements Callable<Integer> {
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(250);
  private static final int BAR = 30;

  private final World world;

  @Option(
      names = "--from",
      required = true,
      paramLabel = "DATE",
      description = "The first day (it begins at 00:00 UTC), or a moment.")
  private String from = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "DATE",
      description = "The day before which it ends, or a moment.")
  private String to = "";

  @Option(names = "--model", paramLabel = "M", description = "Calls of this provider/model only.")
  private @Nullable String model;

  @Option(names = "--dry-run", description = "Tells what would change, and changes nothing.")
  private boolean dryRun;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  RepriceCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    try (var door = admin.open()) {
      var order =
          Json.object().put("from", from).put("to", to).put("model", model).put("dry_run", dryRun);
      var so = door.answer("POST", "/api/usage/reprice", Optional.of(order));
      while (so.path("status").asText().equals("running")) {
        progress(so);
        LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
        so = door.answer("GET", "/api/usage/reprice/" + so.path("id").asText(), Optional.empty());
      }
      progress(so);
      return report(so);
    }
  }

  private int report(JsonNode so) {
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(so));
    } else {
      table(so, out);
    }
    if (so.path("status").asText().equals("done")) {
      return ExitCode.OK;
    }
    spec.commandLine().getErr().println("It has stopped; the same command goes on.");
    return ExitCode.TRY_LATER;
  }

  private static void table(JsonNode so, PrintWriter out) {
    var row = "%-36s %9s %9s %9s %18s %18s%n";
    out.printf(row, "MODEL", "ROWS", "CHANGED", "UNPRICED", "OLD USD", "NEW USD");
    var rows = 0L;
    for (var one : so.path("models")) {
      rows += one.path("rows").asLong();
      line(out, row, one.path("model").asText(), one, "rows", "changed", "unpriced");
    }
    out.printf(
        row,
        so.path("dry_run").asBoolean() ? "all (dry run: nothing changed)" : "all",
        rows,
        so.path("rows_changed").asText(),
        so.path("rows_unpriced").asText(),
        usd(so.path("old_usd")),
        usd(so.path("new_usd")));
    if (so.path("rows_kept").asLong() > 0) {
      out.println(
          so.path("rows_kept").asText()
              + " rows were left alone: their bill was written before it held every count.");
    }
    out.flush();
  }

  private static void line(
      PrintWriter out, String row, String name, JsonNode one, String... counts) {
    out.printf(
        row,
        name,
        one.path(counts[0]).asText(),
        one.path(counts[1]).asText(),
        one.path(counts[2]).asText(),
        usd(one.path("old_usd")),
        usd(one.path("new_usd")));
  }

  private static String usd(JsonNode amount) {
    return amount.decimalValue().setScale(6, java.math.RoundingMode.HALF_UP).toPlainString();
  }

  /** A bar on a terminal; nothing where the output goes into a file or a pipe. */
  private void progress(JsonNode so) {
    if (json || !world.terminal()) {
      return;
    }
    var expected = Math.max(1, so.path("rows_expected").asLong());
    var read = so.path("rows_read").asLong();
    var over = !so.path("status").asText().equals("running");
    var done = over ? BAR : (int) Math.min(BAR, BAR * read / expected);
    var err = spec.commandLine().getErr();
    err.printf(
        "\r[%s%s] %d of about %d rows", "#".repeat(done), " ".repeat(BAR - done), read, expected);
    if (over) {
      err.println();
    }
    err.flush();
  }
}
