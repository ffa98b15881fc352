package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.CallOptions.CacheUse;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Decodes a chat completion in OpenAI's shape. Only what Weir itself needs is judged: the model,
 * the messages and {@code stream}; everything else passes through, known or not.
 */
public final class ChatRequest {
  private static final Set<String> ROLES =
      Set.of("system", "developer", "user", "assistant", "tool", "function");

  private ChatRequest() {}

  /**
   * The call in a body.
   *
   * @param body the parsed body
   * @param options what the caller chose beside the body
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} with the path of what is wrong as {@code
   *     param}
   */
  public static Call.OfModel decode(JsonNode body, CallOptions options) {
    if (!(body instanceof ObjectNode object)) {
      throw Members.fault("body", "must be a JSON object, but is " + Members.kind(body) + ".");
    }
    var model = object.path("model");
    if (!model.isTextual() || model.textValue().isBlank()) {
      throw Members.fault(
          "model", "is missing; name a model as a string. GET /v1/models lists those there are.");
    }
    checkMessages(object.path("messages"));
    checkStreamOptions(object.path("stream_options"));
    return new Call.OfModel(model.textValue(), object, stream(object.path("stream")), options);
  }

  /**
   * What a caller chose in headers. The cache is off here unless they ({@link CacheControl}) or the
   * caller's key ask for it: clients of this surface expect a fresh answer each time.
   *
   * @param timeoutMillis {@code x-weir-timeout-ms}
   * @param tags the call's labels, see {@link CallTags}
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} that names the header
   */
  public static CallOptions options(Optional<String> timeoutMillis, Map<String, String> tags) {
    return new CallOptions(
        CacheUse.AS_KEY,
        timeoutMillis.map(millis -> CallOptionsReader.timeout("x-weir-timeout-ms", millis)),
        false,
        tags);
  }

  private static boolean stream(JsonNode stream) {
    if (stream.isMissingNode() || stream.isNull()) {
      return false;
    }
    if (!stream.isBoolean()) {
      throw Members.fault("stream", "must be true or false, but is " + Members.kind(stream) + ".");
    }
    return stream.booleanValue();
  }

  private static void checkStreamOptions(JsonNode options) {
    if (!options.isMissingNode() && !options.isNull() && !options.isObject()) {
      throw Members.fault(
          "stream_options", "must be an object, but is " + Members.kind(options) + ".");
    }
  }

  private static void checkMessages(JsonNode messages) {
    if (!messages.isArray() || messages.isEmpty()) {
      throw Members.fault("messages", "must be an array with at least one message.");
    }
    for (var i = 0; i < messages.size(); i++) {
      checkMessage(messages.get(i), "messages[" + i + "]");
    }
  }

  private static void checkMessage(JsonNode message, String at) {
    if (!message.isObject()) {
      throw Members.fault(at, "must be an object, but is " + Members.kind(message) + ".");
    }
    var role = message.path("role");
    if (!role.isTextual() || !ROLES.contains(role.textValue())) {
      throw Members.fault(at + ".role", "must be one of system, developer, user, assistant, tool.");
    }
    var content = message.path("content");
    var absent = content.isMissingNode() || content.isNull();
    var mayLackContent = role.textValue().equals("assistant");
    if (absent ? !mayLackContent : !content.isTextual() && !content.isArray()) {
      throw Members.fault(at + ".content", "must be a string or an array of parts.");
    }
  }
}
