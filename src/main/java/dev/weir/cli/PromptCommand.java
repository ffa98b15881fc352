package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir prompt}: versions of prompts, and the labels that point at them. */
@Command(
    name = "prompt",
    mixinStandardHelpOptions = true,
    description = {
      "Versions of prompts, and the labels that point at them.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir prompt list",
      "  ./weir prompt versions cover-letter",
      "  ./weir prompt show cover-letter 3f2a9c01d4e7",
      "  ./weir prompt add cover-letter --file cover-letter.yaml --note \"warmer\"",
      "  ./weir prompt diff cover-letter production candidate",
      "  ./weir prompt label cover-letter candidate 3f2a9c01d4e7",
      "  ./weir prompt rollback cover-letter production"
    })
final class PromptCommand implements Callable<Integer> {
  private final World world;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "VERB",
      description = "list, versions, show, add, diff, label, unlabel, rollback or moves.")
  private String verb = "list";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "WORD",
      description = "The function, then labels or versions.")
  private List<String> words = List.of();

  @Option(names = "--file", paramLabel = "FILE", description = "The version's text, for add.")
  private @Nullable Path file;

  @Option(names = "--note", paramLabel = "TEXT", description = "Why, for add, label and rollback.")
  private String note = "";

  @Option(
      names = "--parent",
      paramLabel = "VERSION",
      description = "The version or label that it was made from, for add.")
  private @Nullable String parent;

  @Option(names = "--json", description = "The whole answer as JSON, for show, versions and moves.")
  private boolean json;

  @Option(names = "--author", paramLabel = "NAME", description = "Who wrote it, for add.")
  private @Nullable String author;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  PromptCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    switch (verb) {
      case "list" -> list(admin.get("/api/prompts"));
      case "versions" -> versions(admin.get(path(1) + "/versions?limit=100"));
      case "show" -> show(admin.get(path(2) + "/versions/" + word(1)));
      case "add" ->
          out.println(admin.post(path(1) + "/versions", version()).path("version").asText());
      case "diff" -> diff(admin.get(path(3) + "/diff?from=" + word(1) + "&to=" + word(2)));
      case "label" ->
          labels(
              admin.put(
                  path(3) + "/labels/" + word(1),
                  Json.object().put("version", words.get(2)).put("note", note)));
      case "unlabel" -> labels(admin.delete(path(2) + "/labels/" + word(1)));
      case "rollback" ->
          labels(
              admin.post(
                  path(2) + "/labels/" + word(1) + "/rollback",
                  note.isEmpty() ? Json.object() : Json.object().put("note", note)));
      case "moves" -> moves(admin.get(path(2) + "/labels/" + word(1) + "/moves?limit=100"));
      default ->
          throw new CommandFailure(
              ExitCode.USAGE,
              "'"
                  + verb
                  + "' is no verb of prompt: list, versions, show, add, diff, label,"
                  + " unlabel, rollback, moves.");
    }
    return ExitCode.OK;
  }

  private String path(int needed) {
    if (words.size() != needed) {
      throw new CommandFailure(
          ExitCode.USAGE, "'prompt " + verb + "' takes " + needed + " words; see --help.");
    }
    return "/api/prompts/" + word(0);
  }

  private String word(int n) {
    return HttpDoor.part(words.get(n));
  }

  private JsonNode version() {
    if (file == null) {
      throw new CommandFailure(ExitCode.USAGE, "Give the version's text with --file.");
    }
    var body = Json.object().put("source", TextFile.read(world, file)).put("note", note);
    if (author != null) {
      body.put("author", author);
    }
    if (parent != null) {
      body.put("base", parent);
    }
    return body;
  }

  private void list(JsonNode json) {
    var out = spec.commandLine().getOut();
    out.printf("%-32s %-14s %s%n", "FUNCTION", "SERVING", "LABELS");
    json.path("prompts")
        .forEach(
            p ->
                out.printf(
                    "%-32s %-14s %s%n",
                    p.path("function").asText(), p.path("serving").asText(), words(p)));
  }

  /** Labels in the order of their names: the service gives them in any. */
  private static String words(JsonNode prompt) {
    return prompt.path("labels").properties().stream()
        .map(l -> l.getKey() + "=" + l.getValue().asText())
        .sorted()
        .collect(Collectors.joining(" "));
  }

  private void labels(JsonNode json) {
    var serving = "serving " + json.path("serving").asText("nothing");
    spec.commandLine().getOut().println((serving + " " + words(json)).strip());
  }

  /** The text alone, on the way to a file; with {@code --json} who wrote it, and from what. */
  private void show(JsonNode version) {
    spec.commandLine()
        .getOut()
        .println(json ? KeyPrinter.pretty(version) : version.path("source").asText());
  }

  private static String orDash(String text) {
    return text.isEmpty() ? "-" : text;
  }

  /** Moves of a label, newest first. */
  private void moves(JsonNode history) {
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(history));
      return;
    }
    for (var move : history.path("moves")) {
      out.printf(
          "%.19s  %-14s %-14s %-9s %s (%s)%n",
          move.path("at").asText(),
          orDash(move.path("from").asText("")),
          orDash(move.path("to").asText("")),
          move.path("rollback").asBoolean()
              ? "rollback"
              : move.path("undone_at").isTextual() ? "undone" : "",
          move.path("note").asText(),
          move.path("by").asText());
    }
  }

  private void versions(JsonNode all) {
    var out = spec.commandLine().getOut();
    if (json) {
      out.println(KeyPrinter.pretty(all));
      return;
    }
    out.printf(
        "%-12s %-6s %-19s %7s %8s %8s %7s %7s %7s  %-12s %-12s %s%n",
        "VERSION",
        "ORIGIN",
        "SINCE",
        "CALLS",
        "VALID",
        "FALLBACK",
        "TOKENS",
        "AVG MS",
        "P95 MS",
        "PARENT",
        "AUTHOR",
        "NOTE");
    all.path("versions")
        .forEach(
            v -> {
              var figures = v.path("performance");
              out.printf(
                  "%-12s %-6s %-19.19s %7s %8s %8s %7s %7s %7s  %-12s %-12.12s %s%n",
                  v.path("version").asText(),
                  v.path("origin").asText(),
                  v.path("first_seen_at").asText(),
                  figures.path("calls").asText("0"),
                  rounded(figures.path("success_rate"), 4),
                  figures.path("fallback_answers").asText("-"),
                  rounded(figures.path("avg_tokens"), 0),
                  rounded(figures.path("avg_latency_ms"), 0),
                  rounded(figures.path("p95_ms"), 0),
                  orDash(v.path("parent").asText("")),
                  orDash(v.path("author").asText("")),
                  v.path("note").asText());
            });
    labels(all);
  }

  static String rounded(JsonNode number, int digits) {
    return number.isNumber()
        ? number.decimalValue().setScale(digits, java.math.RoundingMode.HALF_EVEN).toPlainString()
        : "-";
  }

  private void diff(JsonNode json) {
    var out = spec.commandLine().getOut();
    for (var change : json.path("changes")) {
      out.println(change.path("path").asText());
      change.path("lines").forEach(line -> out.println("  " + line.asText()));
      if (change.has("from")) {
        out.println("  -" + change.get("from"));
      }
      if (change.has("to")) {
        out.println("  +" + change.get("to"));
      }
    }
  }
}
