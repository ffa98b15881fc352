package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.io.PrintWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir eval}: replays a set of items on a candidate version and says what may be said. */
@Command(
    name = "eval",
    mixinStandardHelpOptions = true,
    customSynopsis = {
      "weir eval FUNCTION [OPTIONS]",
      "       weir eval list | show NAME | watch NAME | stop NAME [OPTIONS]"
    },
    description = {
      "Has a candidate version answer a function's stored contents, or the cases of a file, and"
          + " compares it with a baseline, scorer by scorer, with intervals.",
      "The server does it and goes on if this command ends, and on another node if that goes"
          + " down. By the management API with"
          + " WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir eval cover-letter --candidate candidate --scorer schema --scorer judge",
      "  ./weir eval job-analysis --candidate 0a1b2c3d4e5f --baseline production --file cases.jsonl"
          + " --scorer exact",
      "  ./weir eval list",
      "  ./weir eval show cover-letter-0a1b2c3d",
      "A case is one JSON object a line: {\"input\": {..}, \"expected\": .., \"output\": ..,"
          + " \"user\": ..}; all but input may be left out."
    })
final class EvalCommand implements Callable<Integer> {
  private static final Set<String> PASSING = Set.of("better", "no difference found");

  private final World world;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "FUNCTION",
      description = "The function; or list, show, watch (until it has ended) or stop.")
  private String word = "list";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "The evaluation.")
  private @Nullable String name;

  @Option(
      names = "--candidate",
      paramLabel = "VERSION",
      description = "The version or label that is tried; default: the label candidate.")
  private @Nullable String candidate;

  @Option(
      names = "--baseline",
      paramLabel = "VERSION",
      description =
          "What it is compared with: a version, a label, or stored for the answers that there are"
              + " (the default where there are some, else production).")
  private @Nullable String baseline;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Cases; without it the function's stored contents are replayed.")
  private @Nullable Path file;

  @Option(
      names = "--scorer",
      paramLabel = "SCORER",
      description =
          "schema (the default), exact, contains, contains:TEXT, judge or judge:FUNCTION; may be"
              + " given several times.")
  private List<String> scorers = List.of();

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "So many items at most: the first of a file, the newest of what is stored.")
  private @Nullable Integer limit;

  @Option(
      names = "--function-version",
      paramLabel = "VERSION",
      description = "Of stored contents only those that this version or label answered.")
  private @Nullable String version;

  @Option(
      names = "--max-usd",
      paramLabel = "USD",
      description = "What it may cost, judges included; default 1. No call goes beyond it.")
  private @Nullable BigDecimal budget;

  @Option(names = "--name", paramLabel = "NAME", description = "What to call it.")
  private @Nullable String called;

  @Option(
      names = "--fail-if-worse",
      description =
          "Fails unless it came to its end and each scorer has a finding that is not worse: for a"
              + " pipeline.")
  private boolean failIfWorse;

  @Option(names = "--json", description = "The whole answer as JSON.")
  private boolean json;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  EvalCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    var printer = new EvalPrinter(spec.commandLine().getOut(), json);
    switch (word) {
      case "list" -> printer.list(admin.get("/api/evaluations"));
      case "show" -> printer.show(admin.get(path() + "?partial=true"));
      case "watch" -> {
        return watch(printer);
      }
      case "stop" -> printer.show(admin.post(path() + "/stop", Json.object()));
      default -> {
        if (name != null) {
          throw new CommandFailure(
              ExitCode.USAGE,
              "'" + word + "' is no verb of eval: list, show NAME, watch NAME or stop NAME.");
        }
        return evaluate(printer);
      }
    }
    return ExitCode.OK;
  }

  private String path() {
    if (name == null) {
      throw new CommandFailure(ExitCode.USAGE, "'eval " + word + "' needs an evaluation's name.");
    }
    return "/api/evaluations/" + HttpDoor.part(name);
  }

  private int evaluate(EvalPrinter printer) {
    try (var door = admin.open()) {
      var so = door.answer("POST", "/api/evaluations", Optional.of(order()));
      var err = spec.commandLine().getErr();
      var called = so.path("name").asText();
      err.println(
          "The evaluation "
              + called
              + " runs on the server, whatever becomes of this command; see './weir eval watch "
              + called
              + "' and './weir eval show "
              + called
              + "'.");
      return watched(door, so, printer);
    }
  }

  private int watch(EvalPrinter printer) {
    try (var door = admin.open()) {
      return watched(door, door.answer("GET", path(), Optional.empty()), printer);
    }
  }

  private int watched(HttpDoor door, JsonNode began, EvalPrinter printer) {
    var err = spec.commandLine().getErr();
    var so = new EvalWatch(world, err, door).untilItHasEnded(began);
    printer.show(so);
    return switch (so.path("status").asText()) {
      case "done" -> failIfWorse && !passes(so, err) ? ExitCode.FAILED : ExitCode.OK;
      case "interrupted" -> ExitCode.TRY_LATER;
      default -> ExitCode.FAILED;
    };
  }

  /** Whether every scorer has found something, and nothing worse; says of each other what it is. */
  private static boolean passes(JsonNode so, PrintWriter err) {
    var scorers = so.at("/report/scorers");
    var passes = !scorers.isEmpty();
    for (var line : scorers) {
      var finding = line.path("finding").asText("no finding").replace('_', ' ');
      if (!PASSING.contains(finding)) {
        err.println("--fail-if-worse: " + line.path("scorer").asText() + ": " + finding + ".");
        passes = false;
      }
    }
    return passes;
  }

  private ObjectNode order() {
    var order = Json.object().put("function", word);
    put(order, "candidate", candidate);
    put(order, "baseline", baseline);
    put(order, "version", version);
    put(order, "name", called);
    if (!scorers.isEmpty()) {
      var list = order.putArray("scorers");
      scorers.forEach(list::add);
    }
    if (limit != null && limit < 1) {
      throw new CommandFailure(ExitCode.USAGE, "--limit must be at least 1.");
    }
    if (limit != null && file == null) {
      order.put("limit", limit);
    }
    if (budget != null) {
      order.put("budget_usd", budget);
    }
    if (file != null) {
      var lines = LinesFile.read(world, file);
      if (lines.isEmpty()) {
        throw new CommandFailure(ExitCode.USAGE, "The file holds no case.");
      }
      var cases = order.putArray("cases");
      lines.stream()
          .limit(limit == null ? lines.size() : limit)
          .forEach(line -> cases.add(line.json().put("line", line.number())));
    }
    return order;
  }

  private static void put(ObjectNode order, String field, @Nullable String value) {
    if (value != null) {
      order.put(field, value);
    }
  }
}
