package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.gateway.Target;
import java.util.Set;

/** Translates the messages of a chat completion into the input of the Agent API. */
final class ChatMessages {
  private static final Set<String> ROLES = Set.of("user", "assistant", "system", "developer");
  private static final Set<String> INSTRUCTING = Set.of("system", "developer");

  private ChatMessages() {}

  /**
   * Sets {@code input}, and {@code instructions} from the system messages that open the
   * conversation. Under a preset those stay messages, since instructions would replace its own.
   *
   * @throws AIError {@code INVALID_REQUEST} that names the message at fault
   */
  static void translate(JsonNode messages, ObjectNode body, Target target) {
    if (!messages.isArray() || messages.isEmpty()) {
      throw AIError.invalid("'messages' must be an array with at least one message.");
    }
    var opening = target.preset().isEmpty();
    var instructions = new StringBuilder();
    for (var i = 0; i < messages.size(); i++) {
      var message = messages.get(i);
      var role = message.path("role").asText("");
      if (!ROLES.contains(role)) {
        throw wrong(i, "role", "must be one of user, assistant, system or developer");
      }
      opening &= INSTRUCTING.contains(role) && message.path("content").isTextual();
      // Something has to be left as input, even if the caller sent instructions only.
      if (opening && i < messages.size() - 1) {
        instructions.append(instructions.isEmpty() ? "" : "\n\n");
        instructions.append(message.path("content").textValue());
      } else {
        AgentRequest.message(body, role).set("content", content(message.path("content"), i));
      }
    }
    if (!instructions.isEmpty()) {
      body.put("instructions", instructions.toString());
    }
  }

  private static JsonNode content(JsonNode content, int message) {
    if (content.isTextual()) {
      return content;
    }
    if (!content.isArray() || content.isEmpty()) {
      throw wrong(message, "content", "must be a text or an array of parts");
    }
    var parts = dev.weir.core.Json.mapper().createArrayNode();
    for (var part : content) {
      add(parts, part, message);
    }
    return parts;
  }

  private static void add(ArrayNode parts, JsonNode part, int message) {
    switch (part.path("type").asText("")) {
      case "text" -> {
        if (!part.path("text").isTextual()) {
          throw wrong(message, "content", "has a text part without text");
        }
        parts.addObject().put("type", "input_text").set("text", part.get("text"));
      }
      case "image_url" -> {
        var image = part.path("image_url");
        var url = image.isObject() ? image.path("url") : image;
        if (!url.isTextual()) {
          throw wrong(message, "content", "has an image part without a URL");
        }
        parts.addObject().put("type", "input_image").set("image_url", url);
      }
      default ->
          throw wrong(
              message, "content", "has a part that this provider cannot take: text and image_url");
    }
  }

  private static AIError wrong(int index, String field, String why) {
    return AIError.invalid("'messages[" + index + "]." + field + "' " + why + ".");
  }
}
