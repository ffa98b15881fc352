package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.util.Optional;

/**
 * An item that somebody wrote down.
 *
 * @param line where it stood, for messages
 * @param input what is asked
 * @param expected what the answer should be
 * @param output an answer that there is already, to compare with
 * @param user whose it is; cases of one user are not independent of each other
 */
record Case(
    int line,
    JsonNode input,
    Optional<JsonNode> expected,
    Optional<JsonNode> output,
    Optional<String> user) {
  /** As it is kept until it was asked. */
  ObjectNode json() {
    var json = Json.object().put("line", line);
    json.set("input", input);
    expected.ifPresent(value -> json.set("expected", value));
    output.ifPresent(value -> json.set("output", value));
    user.ifPresent(name -> json.put("user", name));
    return json;
  }

  /** One that was kept. */
  static Case of(JsonNode json) {
    return new Case(
        json.path("line").asInt(),
        json.path("input"),
        Optional.ofNullable(json.get("expected")),
        Optional.ofNullable(json.get("output")),
        Optional.ofNullable(json.get("user")).map(JsonNode::textValue));
  }
}
