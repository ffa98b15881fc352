package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.core.Secret;
import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code weir call}. */
@Command(
    name = "call",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Calls a function of a running Weir, with WEIR_KEY (in dev mode: data/dev-keys).",
      "Prints the reply as JSON. Exit code: 0 for success, 1 for a refusal, 3 if nobody answers, 4"
          + " if it may succeed later."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./weir call cover-letter --example",
      "  ./weir call cover-letter --example --stream",
      "  ./weir call job-analysis --input '{\"job_description\": \"...\"}' --data | jq .",
      "  ./weir call job-analysis --input @input.json",
      "  cat input.json | ./weir call job-analysis --input - --user ada"
    })
final class CallCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(11);

  private final World world;

  @Parameters(
      index = "0",
      paramLabel = "FUNCTION",
      description = "Its name; GET /v1/functions lists them.")
  private String function = "";

  @Option(
      names = {"-i", "--input"},
      paramLabel = "JSON|@FILE|-",
      description = "The input: JSON, @ and a file, or - for the standard input.")
  private @Nullable String input;

  @Option(names = "--example", description = "Uses the function's own example as the input.")
  private boolean example;

  @Option(names = "--stream", description = "Prints the answer as it is written.")
  private boolean stream;

  @Option(names = "--data", description = "Prints the reply's data alone.")
  private boolean data;

  @Option(
      names = "--user",
      paramLabel = "USER",
      description = "The user to act for, with a service key.")
  private @Nullable String user;

  @Option(
      names = "--timeout",
      paramLabel = "MS",
      description = "The call's deadline in milliseconds.")
  private @Nullable Integer timeout;

  @Option(names = "--cache", paramLabel = "HOW", description = "use, refresh or off.")
  private @Nullable String cache;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The public API; default: WEIR_URL, else http://127.0.0.1:8080.")
  private @Nullable String url;

  @Spec private CommandSpec spec = CommandSpec.create();

  CallCommand(World world) {
    this.world = world;
  }

  @Override
  public Integer call() {
    if (example == (input != null)) {
      throw new ParameterException(
          spec.commandLine(),
          "Give the input by --input, or take the function's own by --example.");
    }
    var surroundings = new Surroundings(world);
    var address = surroundings.calls(Optional.ofNullable(url));
    try (var door = new HttpDoor(address, key(surroundings), PATIENCE)) {
      var body = body(input == null ? exampleOf(door) : given(input));
      return stream ? streamed(door, body) : whole(door, body);
    }
  }

  private static Secret key(Surroundings surroundings) {
    return surroundings
        .callKey()
        .orElseThrow(
            () ->
                new CommandFailure(
                    ExitCode.FAILED,
                    "There is no key. Set WEIR_KEY ('weir key create' makes one); in dev mode start"
                        + " the server once here, which makes data/dev-keys."));
  }

  private JsonNode given(String text) {
    try {
      if (text.equals("-")) {
        return Json.parse(Buffer.buffer(world.in().readAllBytes()));
      }
      return text.startsWith("@")
          ? Json.parse(
              Buffer.buffer(Files.readAllBytes(world.directory().resolve(text.substring(1)))))
          : Json.parse(text);
    } catch (AIError e) {
      throw new CommandFailure(
          ExitCode.USAGE, "The input is no JSON: " + e.message().replace("The body", "it"));
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.USAGE, "The input cannot be read: " + e.getMessage());
    }
  }

  private JsonNode exampleOf(HttpDoor door) {
    var reply = door.ask("GET", path(), Optional.empty(), Map.of());
    if (!reply.ok()) {
      throw refusal(reply.json());
    }
    var found = reply.json().path("data").path("example");
    if (!found.isObject()) {
      throw new CommandFailure(
          ExitCode.FAILED, "The function " + function + " has no example; give an --input.");
    }
    return found;
  }

  private String path() {
    return "/v1/functions/" + HttpDoor.part(function);
  }

  private JsonNode body(JsonNode given) {
    var body = Json.object();
    body.set("input", given);
    body.put("stream", stream);
    if (timeout != null || cache != null) {
      var options = body.putObject("options");
      if (timeout != null) {
        options.put("timeout_ms", timeout);
      }
      if (cache != null) {
        options.put("cache", cache);
      }
    }
    return body;
  }

  private Map<String, String> headers() {
    return user == null ? Map.of() : Map.of("x-weir-user", user);
  }

  private int whole(HttpDoor door, JsonNode body) {
    var reply = door.ask("POST", path(), Optional.of(body), headers());
    if (!reply.json().path("success").asBoolean()) {
      throw refusal(reply.json());
    }
    var out = spec.commandLine().getOut();
    out.println(KeyPrinter.pretty(data ? reply.json().path("data") : reply.json()));
    return ExitCode.OK;
  }

  private int streamed(HttpDoor door, JsonNode body) {
    var response = door.lines(path(), body, headers());
    try (var lines = response.body()) {
      if (!response
          .headers()
          .firstValue("content-type")
          .orElse("")
          .startsWith("text/event-stream")) {
        throw refusal(door.json(response.statusCode(), lines.collect(Collectors.joining("\n"))));
      }
      return new StreamPrinter(spec.commandLine().getOut(), spec.commandLine().getErr())
          .print(lines);
    } catch (java.io.UncheckedIOException e) {
      throw new CommandFailure(ExitCode.TRY_LATER, "The stream broke off: " + e.getMessage());
    }
  }

  /** The failure that an envelope tells of. */
  private static CommandFailure refusal(JsonNode envelope) {
    return refused(envelope.path("error"));
  }

  static CommandFailure refused(JsonNode error) {
    if (!error.path("code").isTextual()) {
      return new CommandFailure(
          ExitCode.FAILED,
          "what answers there is not the public API (the management port, perhaps); say where it is"
              + " with --url");
    }
    var id = error.path("request_id").asText("");
    return new CommandFailure(
        error.path("retryable").asBoolean() ? ExitCode.TRY_LATER : ExitCode.FAILED,
        error.path("code").textValue()
            + ": "
            + error.path("message").asText("no message")
            + (id.isEmpty() ? "" : " (request " + id + ")"));
  }
}
