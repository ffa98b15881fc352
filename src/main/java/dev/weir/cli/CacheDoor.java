package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the commands about the cache find the management API. */
final class CacheDoor {
  static final Duration PATIENCE = Duration.ofMinutes(2);

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The management API; default: WEIR_URL, else http://127.0.0.1:8081.")
  private @Nullable String url;

  /** Asks once; a refusal fails with what the service says. */
  JsonNode ask(World world, String method, String path, Optional<JsonNode> body) {
    try (var door = open(world)) {
      return ask(door, method, path, body);
    }
  }

  /** A door to ask at several times; the caller closes it. */
  HttpDoor open(World world) {
    var surroundings = new Surroundings(world);
    var key =
        surroundings
            .adminKey()
            .orElseThrow(
                () ->
                    new CommandFailure(
                        ExitCode.FAILED, "There is no admin key; set WEIR_ADMIN_KEY."));
    return new HttpDoor(surroundings.management(Optional.ofNullable(url)), key);
  }

  /** Asks at an open door. */
  static JsonNode ask(HttpDoor door, String method, String path, Optional<JsonNode> body) {
    var reply = door.ask(method, path, body, Map.of(), PATIENCE);
    if (!reply.ok()) {
      throw HttpDoor.refused(reply);
    }
    return reply.json();
  }
}
