package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.prompts.FunctionText;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir experiment}: tries versions out on users, and says what may be said. */
@Command(
    name = "experiment",
    mixinStandardHelpOptions = true,
    description = {
      "Tries versions of a prompt out on users, and says what may be said of them.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir experiment create --file tone.yaml",
      "  ./weir experiment size tone --effect 0.03",
      "  ./weir experiment apply --file tone.yaml",
      "  ./weir experiment start tone",
      "  ./weir experiment show tone",
      "  ./weir experiment weights tone control=3 warm=1",
      "  ./weir experiment off tone warm --reason \"complaints\"",
      "  ./weir experiment decisions tone",
      "  ./weir experiment csv tone > tone.csv",
      "  ./weir experiment conclude tone warm --promote"
    })
final class ExperimentCommand implements Callable<Integer> {
  private static final int PAGE = 1_000;

  private final World world;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "VERB",
      description =
          "list, create, apply, size, start, show, pause, resume, stop, conclude, weights, off, on,"
              + " decisions, csv or delete.")
  private String verb = "list";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "WORD",
      description = "The experiment, then variants or VARIANT=WEIGHT.")
  private List<String> words = List.of();

  @Option(names = "--file", paramLabel = "FILE", description = "What to try, in YAML or JSON.")
  private @Nullable Path file;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      description = "Why; it is kept with the decision.")
  private @Nullable String reason;

  @Option(
      names = "--force",
      description = "Promotes against the sample-ratio alarm; takes a reason.")
  private boolean force;

  @Option(names = "--weight", paramLabel = "NUMBER", description = "The weight, for on.")
  private double weight = 1;

  @Option(names = "--promote", description = "The winner's version goes to production.")
  private boolean promote;

  @Option(
      names = "--effect",
      paramLabel = "NUMBER",
      description = "The smallest difference worth finding, for size.")
  private double effect = 0.05;

  @Option(
      names = "--power",
      paramLabel = "NUMBER",
      description = "The chance to find it, for size.")
  private double power = 0.8;

  @Option(names = "--json", description = "The whole answer as JSON.")
  private boolean json;

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  ExperimentCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    switch (verb) {
      case "list" -> list(all(), ExperimentPrinter::list);
      case "apply" -> apply(read());
      case "create" -> show(admin.post("/api/experiments", read()));
      case "show" -> show(admin.get(path(1)));
      case "start", "pause", "resume", "stop" ->
          show(admin.post(path(1) + "/" + verb, because(Json.object())));
      case "conclude" ->
          show(
              admin.post(
                  path(2) + "/conclude",
                  because(
                      Json.object()
                          .put("winner", words.get(1))
                          .put("promote", promote)
                          .put("force", force))));
      case "weights" ->
          show(
              admin.put(
                  path(words.size()) + "/weights",
                  because((ObjectNode) Json.object().set("weights", weights()))));
      case "off" ->
          show(
              admin.post(
                  path(2) + "/variants/" + HttpDoor.part(words.get(1)) + "/off",
                  because(Json.object())));
      case "on" ->
          show(
              admin.post(
                  path(2) + "/variants/" + HttpDoor.part(words.get(1)) + "/on",
                  because(Json.object().put("weight", weight))));
      case "size" ->
          spec.commandLine()
              .getOut()
              .println(
                  KeyPrinter.pretty(
                      admin.get(path(1) + "/size?effect=" + effect + "&power=" + power)));
      case "decisions" -> list(admin.get(path(1) + "/decisions"), ExperimentPrinter::decisions);
      case "csv" -> {
        spec.commandLine().getOut().print(admin.text(path(1) + "/results.csv"));
        spec.commandLine().getOut().flush();
      }
      case "delete" ->
          spec.commandLine().getOut().println(admin.delete(path(1)).path("deleted").asText());
      default ->
          throw new CommandFailure(
              ExitCode.USAGE, "'" + verb + "' is no verb of experiment; see --help.");
    }
    return ExitCode.OK;
  }

  /** All of them, however many pages that takes. */
  private JsonNode all() {
    var all = Json.object();
    var experiments = all.putArray("experiments");
    var after = "";
    do {
      var page = admin.get("/api/experiments?limit=" + PAGE + after);
      page.path("experiments").forEach(experiments::add);
      var next = page.path("next");
      after = next.isTextual() ? "&after=" + HttpDoor.parameter(next.textValue()) : "";
    } while (!after.isEmpty());
    return all;
  }

  /** What is told of several: for people, or all of it. */
  private void list(JsonNode all, BiConsumer<ExperimentPrinter, JsonNode> print) {
    if (json) {
      spec.commandLine().getOut().println(KeyPrinter.pretty(all));
    } else {
      print.accept(printer(), all);
    }
  }

  private void apply(JsonNode file) {
    var name = file.path("name").asText();
    if (name.isEmpty() || !words.isEmpty()) {
      throw new CommandFailure(
          ExitCode.USAGE, "'experiment apply' takes --file alone, and the file has a 'name'.");
    }
    show(admin.put("/api/experiments/" + HttpDoor.part(name), file));
  }

  private ObjectNode because(ObjectNode body) {
    return reason == null ? body : body.put("reason", reason);
  }

  private String path(int needed) {
    if (words.isEmpty() || words.size() != needed) {
      throw new CommandFailure(
          ExitCode.USAGE, "'experiment " + verb + "' needs other words; see --help.");
    }
    return "/api/experiments/" + HttpDoor.part(words.getFirst());
  }

  private JsonNode read() {
    if (file == null) {
      throw new CommandFailure(ExitCode.USAGE, "Give the experiment with --file.");
    }
    try {
      return FunctionText.tree(TextFile.read(world, file));
    } catch (AIError e) {
      throw new CommandFailure(ExitCode.USAGE, file + ": " + e.message());
    }
  }

  private JsonNode weights() {
    var body = Json.object();
    words.stream().skip(1).forEach(word -> weight(body, word));
    if (body.isEmpty()) {
      throw weightsExpected();
    }
    return body;
  }

  private static void weight(ObjectNode body, String word) {
    var equal = word.indexOf('=');
    try {
      var number = Json.parse(word.substring(equal + 1));
      if (equal > 0 && number.isNumber()) {
        body.set(word.substring(0, equal), number);
        return;
      }
    } catch (AIError _) {
      // Told below.
    }
    throw weightsExpected();
  }

  private static CommandFailure weightsExpected() {
    return new CommandFailure(
        ExitCode.USAGE, "Weights are given as VARIANT=WEIGHT, as in control=3 warm=1.");
  }

  private void show(JsonNode experiment) {
    if (json) {
      spec.commandLine().getOut().println(KeyPrinter.pretty(experiment));
    } else {
      printer().show(experiment);
    }
  }

  private ExperimentPrinter printer() {
    return new ExperimentPrinter(spec.commandLine().getOut());
  }
}
