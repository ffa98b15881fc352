package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code weir content}: what was asked and answered, of functions whose files say {@code store}.
 */
@Command(
    name = "content",
    mixinStandardHelpOptions = true,
    description = {
      "Stored inputs and answers, of functions whose files say 'store'.",
      "By the management API with WEIR_ADMIN_KEY (in dev mode: data/dev-keys)."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir content list --function cover-letter",
      "  ./weir content list --run warmer",
      "  ./weir content show 01a22af9-5600-779c-bc12-5dbe58993919",
      "  ./weir content export --function cover-letter --limit 200 > cases.jsonl",
      "  ./weir content expect 01a22af9-5600-779c-bc12-5dbe58993919 --file right.json",
      "  ./weir content delete --user ada"
    })
final class ContentCommand implements Callable<Integer> {
  private static final int PAGE = 200;

  private final World world;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "VERB",
      description = "list, show, export, expect or delete.")
  private String verb = "list";

  @Parameters(index = "1", arity = "0..1", paramLabel = "ID", description = "The content.")
  private @Nullable String id;

  @Option(names = "--function", paramLabel = "NAME", description = "Only of this function.")
  private @Nullable String function;

  @Option(
      names = "--function-version",
      paramLabel = "VERSION",
      description = "Only of this version.")
  private @Nullable String version;

  @Option(names = "--user", paramLabel = "ID", description = "Only of this user.")
  private @Nullable String user;

  @Option(
      names = "--kind",
      paramLabel = "KIND",
      description = "Only call, shadow or evaluation; export gives calls if nothing is said.")
  private @Nullable String kind;

  @Option(
      names = "--run",
      paramLabel = "NAME",
      description = "Only of this shadow run or evaluation: the newest of the name, or an id.")
  private @Nullable String run;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The newest so many (default: 50; 1000 for export).")
  private int limit;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "What the answer should have been, in JSON, for expect; 'none' takes it back.")
  private @Nullable String file;

  /** The run that {@code --run} meant, as the server found it. */
  private JsonNode found = MissingNode.getInstance();

  @Mixin private final AdminDoor admin;

  @Spec private CommandSpec spec = CommandSpec.create();

  ContentCommand(World world) {
    this.world = world;
    this.admin = new AdminDoor(world);
  }

  @Override
  public Integer call() {
    var out = spec.commandLine().getOut();
    switch (verb) {
      case "list" -> list();
      case "show" -> out.println(KeyPrinter.pretty(admin.get(path())));
      case "export" -> export();
      case "expect" ->
          out.println(
              KeyPrinter.pretty(
                  admin.put(path() + "/expected", Json.object().set("expected", expected()))));
      case "delete" -> out.println(deleted().path("deleted").asText() + " deleted");
      default ->
          throw new CommandFailure(
              ExitCode.USAGE,
              "'" + verb + "' is no verb of content: list, show, export, expect, delete.");
    }
    return ExitCode.OK;
  }

  private String path() {
    if (id == null) {
      throw new CommandFailure(ExitCode.USAGE, "Say which content: content " + verb + " ID.");
    }
    return "/api/contents/" + HttpDoor.part(id);
  }

  private JsonNode expected() {
    if (file == null) {
      throw new CommandFailure(ExitCode.USAGE, "Give the right answer with --file.");
    }
    return file.equals("none")
        ? NullNode.getInstance()
        : Json.parse(TextFile.read(world, Path.of(file)));
  }

  private JsonNode deleted() {
    if (id != null) {
      return admin.delete(path());
    }
    if (function == null && user == null) {
      throw new CommandFailure(ExitCode.USAGE, "Say which: an ID, --function, --user, or both.");
    }
    var query = new LinkedHashMap<String, String>();
    put(query, "function", function);
    put(query, "user", user);
    return admin.delete("/api/contents" + text(query));
  }

  /** Hands over the newest contents, page by page. */
  private void each(int most, boolean words, Consumer<JsonNode> take) {
    var query = new LinkedHashMap<String, String>();
    put(query, "function", function);
    put(query, "version", version);
    put(query, "user", user);
    put(query, "run", run);
    put(query, "kind", kind == null && words && run == null ? "call" : kind);
    if (words) {
      query.put("content", "true");
    }
    var left = most;
    var places = new HashSet<String>();
    try (var door = admin.open()) {
      while (left > 0) {
        query.put("limit", String.valueOf(Math.min(PAGE, left)));
        var page = door.answer("GET", "/api/contents" + text(query), Optional.empty());
        var contents = page.path("contents");
        var next = page.path("next");
        var goesOn = next.isTextual();
        if (!contents.isArray()
            || contents.size() > Math.min(PAGE, left)
            || (goesOn && (contents.isEmpty() || !places.add(next.asText())))
            || (!goesOn && !next.isNull())) {
          throw new CommandFailure(
              ExitCode.FAILED,
              "The server's answer is no page of contents that leads to the next one; what came"
                  + " before it is not all.");
        }
        stay(query, page.path("run"));
        contents.forEach(take);
        left -= contents.size();
        if (!goesOn) {
          break;
        }
        query.put("after", next.asText());
      }
    }
  }

  /** Further pages are of the run that the first one was of, also if another begins meanwhile. */
  private void stay(Map<String, String> query, JsonNode of) {
    if (of.isObject()) {
      found = of;
      query.put("run", of.path("id").asText(of.path("name").asText()));
      query.put("kind", of.path("kind").asText());
    }
  }

  private static void put(Map<String, String> query, String name, @Nullable String value) {
    if (value != null) {
      query.put(name, value);
    }
  }

  private static String text(Map<String, String> query) {
    return query.entrySet().stream()
        .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), StandardCharsets.UTF_8))
        .collect(Collectors.joining("&", "?", ""));
  }

  private void list() {
    var contents = new ArrayList<JsonNode>();
    each(limit > 0 ? limit : 50, false, contents::add);
    var out = spec.commandLine().getOut();
    if (found.path("id").isTextual()) {
      out.printf(
          "of the shadow run %s with the id %s%n",
          found.path("name").asText(), found.path("id").asText());
    }
    out.printf(
        "%-36s %-10s %-19s %-24s %-14s %-16s %s%n",
        "ID", "KIND", "AT", "FUNCTION", "VERSION", "USER", "ERROR");
    for (var content : contents) {
      out.printf(
          "%-36s %-10s %.19s %-24s %-14s %-16s %s%n",
          content.path("id").asText(),
          content.path("kind").asText(),
          content.path("created_at").asText(),
          content.path("function").asText(),
          content.path("version").asText(),
          content.path("user").asText(),
          content.path("error").asText(""));
    }
  }

  /** In the form that {@code weir eval --file} reads; how many on the standard error. */
  private void export() {
    var out = spec.commandLine().getOut();
    var many = new AtomicInteger();
    try {
      each(
          limit > 0 ? limit : 1_000,
          true,
          content -> {
            out.println(line(content));
            many.incrementAndGet();
          });
    } finally {
      out.flush();
      spec.commandLine().getErr().println(many + " written");
    }
  }

  private static ObjectNode line(JsonNode content) {
    var line = Json.object();
    for (var field : List.of("user", "input", "output", "expected")) {
      if (content.has(field)) {
        line.set(field, content.get(field));
      }
    }
    return line;
  }
}
