package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Asks the management API one thing, with the admin key of the surroundings. Blocks. */
final class AdminCall {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final World world;
  private final Optional<String> url;

  AdminCall(World world, @Nullable String url) {
    this.world = world;
    this.url = Optional.ofNullable(url);
  }

  /** The answer; a refusal fails with what the service says. */
  JsonNode ask(String verb, String path, Optional<JsonNode> body) {
    try (var door = open()) {
      var reply = door.ask(verb, path, body, Map.of(), PATIENCE);
      if (!reply.ok()) {
        throw HttpDoor.refused(reply);
      }
      return reply.json();
    }
  }

  /** The answer where it is no JSON. */
  String text(String path) {
    try (var door = open()) {
      return door.text(path, PATIENCE);
    }
  }

  private HttpDoor open() {
    var surroundings = new Surroundings(world);
    var key =
        surroundings
            .adminKey()
            .orElseThrow(
                () -> new CommandFailure(ExitCode.FAILED, "Set WEIR_ADMIN_KEY to an admin key."));
    return new HttpDoor(surroundings.management(url), key);
  }

  /** A name as a part of a path. */
  static String part(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
