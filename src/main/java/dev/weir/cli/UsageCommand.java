package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code weir usage}: what was used and what it cost; holds further commands about usage. */
@Command(
    name = "usage",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what was used and what it cost: by default the last 30 days as a chart, and the most"
          + " expensive functions.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    commandListHeading = "%nCommands:%n",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir usage",
      "  ./weir usage --by user --from 2026-11-01 --to 2026-12-01",
      "  ./weir usage --by tag:team --interval month --csv > teams.csv",
      "  ./weir usage --by function,model --json | jq '.data[0]'"
    })
final class UsageCommand implements Callable<Integer> {
  private static final int MOST = 1_000;

  private final World world;

  @Option(
      names = "--by",
      paramLabel = "GROUPS",
      description =
          "One line for each user, team, key, function, version, experiment, variant, provider,"
              + " model, cache or tag:KEY; several with commas between.")
  private @Nullable String by;

  @Option(
      names = "--from",
      paramLabel = "TIME",
      description = "A date or a time (UTC). Default: 29 days ago.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "TIME",
      description = "The moment after the last one; a date is its midnight. Default: tomorrow.")
  private @Nullable String to;

  @Option(
      names = "--interval",
      paramLabel = "INTERVAL",
      description = "hour, day, month or none. Default: day for the chart, none with --by.")
  private @Nullable String interval;

  @Option(names = "--limit", paramLabel = "N", description = "Lines of --by at most. Default: 20.")
  private int limit = 20;

  @Option(names = "--csv", description = "Prints CSV: every line, with percentiles.")
  private boolean csv;

  @Option(names = "--json", description = "Prints JSON, as GET /api/usage gives it.")
  private boolean json;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  UsageCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    if (csv && json) {
      throw new ParameterException(spec.commandLine(), "Choose one of --csv and --json.");
    }
    if (limit < 1 || limit > MOST) {
      throw new ParameterException(
          spec.commandLine(), "--limit must lie between 1 and " + MOST + ".");
    }
    try (var door = admin.open()) {
      show(door, spec.commandLine().getOut());
    }
    return ExitCode.OK;
  }

  private void show(HttpDoor door, PrintWriter out) {
    var groups = Optional.ofNullable(by);
    if (csv) {
      var text =
          door.text("/api/usage?" + query(groups, standardInterval(), Map.of("format", "csv")));
      out.print(text);
      out.flush();
    } else if (json) {
      var more = Map.of("limit", String.valueOf(by == null ? MOST : limit));
      out.println(KeyPrinter.pretty(ask(door, query(groups, standardInterval(), more))));
    } else if (by == null) {
      var more = Map.of("percentiles", "false", "limit", String.valueOf(MOST));
      var days = ask(door, query(Optional.empty(), standardInterval(), more));
      var top = ask(door, query(Optional.of("function"), "none", Map.of("limit", "5")));
      printer(out).chart(days, top);
    } else {
      var more = Map.of("limit", String.valueOf(limit));
      printer(out).table(ask(door, query(groups, standardInterval(), more)));
    }
  }

  private String standardInterval() {
    return Optional.ofNullable(interval).orElse(by == null ? "day" : "none");
  }

  private UsagePrinter printer(PrintWriter out) {
    return new UsagePrinter(out, world);
  }

  private String query(Optional<String> groups, String cut, Map<String, String> more) {
    var parameters = new LinkedHashMap<String, String>();
    groups.ifPresent(g -> parameters.put("group_by", g));
    parameters.put("interval", cut);
    Optional.ofNullable(from).ifPresent(f -> parameters.put("from", f));
    Optional.ofNullable(to).ifPresent(t -> parameters.put("to", t));
    parameters.putAll(more);
    return parameters.entrySet().stream()
        .map(p -> p.getKey() + "=" + HttpDoor.parameter(p.getValue()))
        .collect(Collectors.joining("&"));
  }

  private static JsonNode ask(HttpDoor door, String query) {
    return door.answer("GET", "/api/usage?" + query, Optional.empty());
  }
}
