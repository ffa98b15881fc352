package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/** The keys by way of a running service. */
final class ManagementKeys implements Keys {
  private final HttpDoor door;

  /** Takes over the door and closes it at the end. */
  ManagementKeys(HttpDoor door) {
    this.door = door;
  }

  @Override
  public JsonNode create(ObjectNode wish) {
    return door.answer("POST", "/api/keys", Optional.of(wish));
  }

  @Override
  public JsonNode list(int limit, Optional<String> after) {
    return door.answer(
        "GET",
        "/api/keys?limit=" + limit + after.map(a -> "&after=" + HttpDoor.parameter(a)).orElse(""),
        Optional.empty());
  }

  @Override
  public JsonNode rotate(String id, ObjectNode overlap) {
    return door.answer("POST", "/api/keys/" + HttpDoor.part(id) + "/rotate", Optional.of(overlap));
  }

  @Override
  public JsonNode revoke(String id) {
    return door.answer("POST", "/api/keys/" + HttpDoor.part(id) + "/revoke", Optional.empty());
  }

  @Override
  public void close() {
    door.close();
  }
}
