package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
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
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final World world;

  @Option(names = "--user", paramLabel = "USER", description = "One user's month.")
  private @Nullable String user;

  @Option(names = "--function", paramLabel = "NAME", description = "One function's month.")
  private @Nullable String function;

  @Option(names = "--json", description = "Prints JSON.")
  private boolean json;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The management API; default: WEIR_URL, else http://127.0.0.1:8081.")
  private @Nullable String url;

  @Spec private CommandSpec spec = CommandSpec.create();

  ForecastCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() {
    if (user != null && function != null) {
      throw new ParameterException(
          spec.commandLine(), "Ask for a user or for a function, not for both.");
    }
    var forecast = ask();
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(forecast));
    } else {
      table(forecast, out);
    }
    return ExitCode.OK;
  }

  private JsonNode ask() {
    var surroundings = new Surroundings(world);
    var key =
        surroundings
            .adminKey()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.FAILED,
                        "There is no admin key. Set WEIR_ADMIN_KEY; in dev mode start the server"
                            + " once here, which makes data/dev-keys."));
    try (var door = new HttpDoor(surroundings.management(Optional.ofNullable(url)), key)) {
      var reply = door.ask("GET", path(), Optional.empty(), Map.of(), PATIENCE);
      if (!reply.ok()) {
        throw new CommandFailure(
            reply.json().path("retryable").asBoolean() ? ExitCode.TRY_LATER : ExitCode.FAILED,
            reply
                .json()
                .path("detail")
                .asText("The management API answered " + reply.status() + "."));
      }
      return reply.json();
    }
  }

  private String path() {
    var path = "/api/forecast?by=";
    if (user != null) {
      return path + "user&id=" + encoded(user);
    }
    return function != null ? path + "function&id=" + encoded(function) : path + "total";
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
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
