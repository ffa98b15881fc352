package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Secret;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The keys by way of a running service. */
final class ManagementKeys implements Keys {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpDoor door;

  ManagementKeys(URI management, Secret adminKey) {
    this.door = new HttpDoor(management, adminKey);
  }

  @Override
  public JsonNode create(ObjectNode wish) {
    return ask("POST", "/api/keys", Optional.of(wish));
  }

  @Override
  public JsonNode list(int limit, Optional<String> after) {
    return ask(
        "GET",
        "/api/keys?limit=" + limit + after.map(a -> "&after=" + encoded(a)).orElse(""),
        Optional.empty());
  }

  @Override
  public JsonNode rotate(String id, ObjectNode overlap) {
    return ask("POST", "/api/keys/" + encoded(id) + "/rotate", Optional.of(overlap));
  }

  @Override
  public JsonNode revoke(String id) {
    return ask("POST", "/api/keys/" + encoded(id) + "/revoke", Optional.empty());
  }

  private JsonNode ask(String method, String path, Optional<JsonNode> body) {
    var reply = door.ask(method, path, body, Map.of(), PATIENCE);
    if (!reply.ok()) {
      throw new CommandFailure(
          reply.json().path("retryable").asBoolean() ? ExitCode.TRY_LATER : ExitCode.FAILED,
          reply
              .json()
              .path("detail")
              .asText("The management API answered " + reply.status() + "."));
    }
    return reply.json();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    door.close();
  }
}
