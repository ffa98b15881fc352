package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * A command's way to the management API, mixed into every command that needs one: where it is
 * ({@code --url}, {@code WEIR_URL}, else the settings of this directory) and with which key ({@code
 * WEIR_ADMIN_KEY}, its file, else {@code data/dev-keys}).
 *
 * <p>What is asked is answered with parsed JSON; a refusal fails with the sentence in which the
 * service says it, a missing key with how to come by one. Blocks.
 */
final class AdminDoor {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The management API; default: WEIR_URL, else http://127.0.0.1:8081.")
  private @Nullable String url;

  private final World world;

  AdminDoor(World world) {
    this.world = world;
  }

  JsonNode get(String path) {
    return once(door -> door.answer("GET", path, Optional.empty()));
  }

  JsonNode post(String path, JsonNode body) {
    return once(door -> door.answer("POST", path, Optional.of(body)));
  }

  JsonNode put(String path, JsonNode body) {
    return once(door -> door.answer("PUT", path, Optional.of(body)));
  }

  JsonNode delete(String path) {
    return once(door -> door.answer("DELETE", path, Optional.empty()));
  }

  /** What a path gives where it is no JSON. */
  String text(String path) {
    return once(door -> door.text(path));
  }

  /** Whether the command line itself says where the API is. */
  boolean named() {
    return url != null;
  }

  /** A door to ask at several times; the caller closes it. */
  HttpDoor open() {
    return find(new Surroundings(world))
        .orElseThrow(
            () ->
                new CommandFailure(
                    ExitCode.FAILED,
                    "There is no admin key. Set WEIR_ADMIN_KEY; in dev mode start the server once"
                        + " here, which makes data/dev-keys."));
  }

  /** A door, where there is an admin key to open it with; the caller closes it. */
  Optional<HttpDoor> find(Surroundings surroundings) {
    return surroundings
        .adminKey()
        .map(key -> new HttpDoor(surroundings.management(Optional.ofNullable(url)), key, PATIENCE));
  }

  private <T> T once(Function<HttpDoor, T> question) {
    try (var door = open()) {
      return question.apply(door);
    }
  }
}
