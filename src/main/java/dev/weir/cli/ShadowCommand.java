package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.math.BigDecimal;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir shadow}: has a candidate answer a share of the calls as well, and compares. */
@Command(
    name = "shadow",
    mixinStandardHelpOptions = true,
    description = {
      "Has a version answer a share of a function's calls as well; nobody gets its answers.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir shadow start warmer --function cover-letter --candidate candidate \\",
      "      --share 0.1 --usd-per-month 20",
      "  ./weir shadow show warmer",
      "  ./weir shadow stop warmer",
      "  ./weir shadow list"
    })
final class ShadowCommand implements Callable<Integer> {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "VERB",
      description = "list, start, show, stop or delete.")
  private String verb = "list";

  @Parameters(index = "1", arity = "0..1", paramLabel = "NAME", description = "The run.")
  private @Nullable String name;

  @Option(names = "--function", paramLabel = "NAME", description = "Whose calls, for start.")
  private @Nullable String function;

  @Option(
      names = "--candidate",
      paramLabel = "VERSION",
      description = "Who answers as well: a version or a label (default: candidate), for start.")
  private String candidate = "candidate";

  @Option(
      names = "--share",
      paramLabel = "SHARE",
      description = "The share of the calls, above 0 and at most 1 (default: 0.1), for start.")
  private BigDecimal share = new BigDecimal("0.1");

  @Option(
      names = "--days",
      paramLabel = "N",
      description = "After which it stops by itself (default: 30, at most 90), for start.")
  private int days = 30;

  @Option(
      names = "--usd-per-month",
      paramLabel = "USD",
      description = "What it may cost in a calendar month (default: 10), for start.")
  private BigDecimal budget = BigDecimal.TEN;

  @Option(names = "--json", description = "The whole answer as JSON.")
  private boolean json;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  ShadowCommand(World world) {
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    switch (verb) {
      case "list" -> list(admin.get("/api/shadows"));
      case "start" -> show(admin.post("/api/shadows", wish()));
      case "show" -> show(admin.get(path()));
      case "stop" -> show(admin.post(path() + "/stop", Json.object()));
      case "delete" ->
          spec.commandLine().getOut().println(admin.delete(path()).path("deleted").asText());
      default ->
          throw new CommandFailure(
              ExitCode.USAGE,
              "'" + verb + "' is no verb of shadow: list, start, show, stop, delete.");
    }
    return ExitCode.OK;
  }

  private String named() {
    if (name == null) {
      throw new CommandFailure(ExitCode.USAGE, "Say which run: shadow " + verb + " NAME.");
    }
    return name;
  }

  private String path() {
    return "/api/shadows/" + HttpDoor.part(named());
  }

  private JsonNode wish() {
    if (function == null) {
      throw new CommandFailure(ExitCode.USAGE, "Say whose calls with --function.");
    }
    return Json.object()
        .put("name", named())
        .put("function", function)
        .put("version", candidate)
        .put("share", share)
        .put("days", days)
        .put("usd_per_month", budget);
  }

  private void list(JsonNode all) {
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(all));
      return;
    }
    out.printf(
        "%-24s %-24s %-14s %6s %-8s %s%n",
        "SHADOW", "FUNCTION", "CANDIDATE", "SHARE", "STATUS", "USD");
    for (var run : all.path("shadows")) {
      out.printf(
          "%-24s %-24s %-14s %6s %-8s %s of %s%n",
          run.path("name").asText(),
          run.path("function").asText(),
          run.path("candidate").asText(),
          run.path("share").asText(),
          run.path("status").asText(),
          PromptCommand.rounded(run.path("spent_this_month_usd"), 4),
          PromptCommand.rounded(run.path("usd_per_month"), 2));
    }
  }

  private void show(JsonNode run) {
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(run));
      return;
    }
    out.printf(
        "%s: %s also answered by %s, share %s, %s; %s of %s USD of this month spent%n",
        run.path("name").asText(),
        run.path("function").asText(),
        run.path("candidate").asText(),
        run.path("share").asText(),
        run.path("status").asText(),
        PromptCommand.rounded(run.path("spent_this_month_usd"), 4),
        PromptCommand.rounded(run.path("usd_per_month"), 2));
    if (!run.has("pairs")) {
      return;
    }
    var missed =
        run.path("not_copied").properties().stream()
            .map(miss -> miss.getValue().asText() + " " + miss.getKey())
            .collect(Collectors.joining(", "));
    if (!missed.isEmpty()) {
      out.println("drawn and not copied: " + missed);
    }
    out.printf(
        "%s pairs of %s users; of %s that both answered %s are the same%n",
        run.path("pairs").asText(),
        run.path("users").asText(),
        run.path("both_answered").asText(),
        run.path("same_answer").asText());
    if (!run.path("answers_kept").asBoolean()) {
      out.println(
          "The answers are compared and not kept: the function's file does not say 'store'.");
    }
    if (run.has("live")) {
      out.printf(
          "%-10s %8s %8s %8s %14s %12s%n", "", "VALID", "P50 MS", "P95 MS", "MEAN USD", "TOKENS");
      side("live", run.path("live"));
      side("candidate", run.path("shadow"));
      validity(run.path("validity"));
    }
  }

  private void validity(JsonNode validity) {
    var out = spec.commandLine().getOut();
    if (validity.path("left_out").asInt() > 0) {
      out.printf(
          "first calls left out, since a provider failed them: %s (live %s, candidate %s)%s%n",
          validity.path("left_out").asText(),
          validity.path("missing_live").asText(),
          validity.path("missing_shadow").asText(),
          validity.has("finding")
              ? "; more than 2 in 100, so no difference in valid answers is told"
              : "");
    }
    if (validity.has("finding")) {
      return;
    }
    if (!validity.path("effect").isNumber()) {
      out.println(
          "The difference in valid answers is told of calls whose slowest copies have surely ended:"
              + " twice the function's longest time after a call.");
      return;
    }
    out.printf(
        "valid answers, candidate minus live: %s [%s, %s] over the first calls of %s users, p %s%n",
        PromptCommand.rounded(validity.path("effect"), 4),
        PromptCommand.rounded(validity.path("lower"), 4),
        PromptCommand.rounded(validity.path("upper"), 4),
        validity.path("users").asText(),
        PromptCommand.rounded(validity.path("p_value"), 4));
  }

  private void side(String who, JsonNode figures) {
    spec.commandLine()
        .getOut()
        .printf(
            "%-10s %8s %8s %8s %14s %12s%n",
            who,
            PromptCommand.rounded(figures.path("valid_share"), 4),
            figures.path("p50_ms").asText(),
            figures.path("p95_ms").asText(),
            PromptCommand.rounded(figures.path("mean_cost_usd"), 6),
            PromptCommand.rounded(figures.path("mean_output_tokens"), 0));
  }
}
