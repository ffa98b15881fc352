package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weir forecast}. */
@Command(
    name = "forecast",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Shows what this month will have cost, and when a budget runs out.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir forecast",
      "  ./weir forecast --user ada",
      "  ./weir forecast --function cover-letter --json"
    })
final class ForecastCommand implements Callable<Integer> {
  @Option(names = "--user", paramLabel = "USER", description = "One user's month.")
  private @Nullable String user;

  @Option(names = "--function", paramLabel = "NAME", description = "One function's month.")
  private @Nullable String function;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  ForecastCommand(World world) {
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    if (user != null && function != null) {
      throw new ParameterException(
          spec.commandLine(), "Ask for a user or for a function, not for both.");
    }
    var forecast = admin.get(path());
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(forecast));
    } else {
      table(forecast, out);
    }
    return ExitCode.OK;
  }

  private String path() {
    var path = "/api/forecast?by=";
    if (user != null) {
      return path + "user&id=" + HttpDoor.parameter(user);
    }
    return function != null ? path + "function&id=" + HttpDoor.parameter(function) : path + "total";
  }

  private static void table(JsonNode f, PrintWriter out) {
    row(out, "month", f.path("month").asText());
    row(out, "of", f.has("id") ? f.path("by").asText() + " " + f.path("id").asText() : "everybody");
    row(out, "so far", usd(f.at("/month_to_date/settled")));
    row(out, "expected", usd(f.path("expected")));
    row(out, "80 %", interval(f.path("interval_80")));
    row(out, "95 %", interval(f.path("interval_95")));
    if (!f.path("budget").isNull()) {
      row(out, "budget", usd(f.path("budget")));
      row(out, "runs out", exhaustion(f.path("exhaustion")));
    }
    row(
        out,
        "method",
        f.path("method").asText() + (f.path("pooled").asBoolean() ? ", pooled interval" : ""));
  }

  private static String interval(JsonNode interval) {
    return interval.isNull()
        ? "too little history to tell"
        : usd(interval.path("low")) + " to " + usd(interval.path("high"));
  }

  private static String exhaustion(JsonNode e) {
    if (e.isNull()) {
      return "too little history to tell";
    }
    var never = Math.round(e.path("not_this_month").asDouble() * 100);
    var days =
        List.of("p10", "p50", "p90").stream()
            .map(p -> e.path(p).isNull() ? "later" : e.path(p).asText())
            .toList();
    return never == 100
        ? "not this month"
        : "%s (10 %%: %s, 90 %%: %s); not this month: %d %%"
            .formatted(days.get(1), days.get(0), days.get(2), never);
  }

  private static String usd(JsonNode amount) {
    return "%.2f USD".formatted(amount.asDouble());
  }

  private static void row(PrintWriter out, String name, String value) {
    out.println("%-9s  %s".formatted(name, value));
  }
}
