package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.CallOptions.CacheUse;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decodes a message to {@code weir.invoke}: {@code {"key", "user"?, "function", "input",
 * "options"?, "tags"?, "correlation_id"?, "variant"?, "admin_key"?}}, or {@code {"key", "user"?,
 * "model", "body", "options"?, "tags"?, "correlation_id"?}} for a chat completion whose body has
 * OpenAI's shape, or {@code {"key", "user"?, "feedback", "correlation_id"?}} for what the sender
 * thinks of an answer.
 *
 * <p>In two steps, like a request: first who sends it, then, once that is verified, what it asks.
 */
public final class InvokeMessage {
  private static final List<String> FUNCTION_MEMBERS =
      List.of(
          "key",
          "user",
          "function",
          "input",
          "options",
          "stream",
          "tags",
          "correlation_id",
          "variant",
          "admin_key");
  private static final List<String> MODEL_MEMBERS =
      List.of("key", "user", "model", "body", "options", "stream", "tags", "correlation_id");

  private static final List<String> FEEDBACK_MEMBERS =
      List.of("key", "user", "feedback", "correlation_id");

  private final Members members;

  private InvokeMessage(Members members) {
    this.members = members;
  }

  /**
   * A message.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} if it is no JSON object
   */
  public static InvokeMessage of(JsonNode message) {
    return new InvokeMessage(Members.of(message, "$"));
  }

  /** The key, if it holds one; a key of another type counts as none. */
  public Optional<String> key() {
    return plainText("key");
  }

  /** The user that a service key names, if any. */
  public Optional<String> user() {
    return plainText("user");
  }

  /** The sender's own id, if it is a valid one. */
  public Optional<String> correlation() {
    return plainText("correlation_id").flatMap(CorrelationId::valid);
  }

  /** An administrator's key beside the own one, if it holds one; read as {@link #key}. */
  public Optional<String> adminKey() {
    return plainText("admin_key");
  }

  /**
   * The variant of an experiment that it wants to see, as {@code experiment/variant}, if any.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} if it is no text
   */
  public Optional<String> variant() {
    return members.text("variant").map(String::strip).filter(text -> !text.isEmpty());
  }

  /**
   * What it says of an answer; empty if it asks for one.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} with the path of what is wrong
   */
  public Optional<FeedbackRequest> feedback() {
    return members
        .raw("feedback")
        .map(
            given -> {
              members.only(FEEDBACK_MEMBERS);
              return FeedbackRequest.decode(given, members.at("feedback"));
            });
  }

  /**
   * What it asks.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} with the path of what is wrong
   */
  public Call call() {
    var model = members.raw("model").isPresent();
    if (model == members.raw("function").isPresent()) {
      throw Members.fault("$", "must hold either 'function' with 'input', or 'model' with 'body'.");
    }
    members.only(model ? MODEL_MEMBERS : FUNCTION_MEMBERS);
    refuseStream(members, "stream");
    var tags = CallTags.ofMember(members.at("tags"), members.raw("tags"));
    return model
        ? modelCall(tags)
        : FunctionRequest.decode(members.requiredText("function"), members, tags);
  }

  private Call modelCall(Map<String, String> tags) {
    var name = members.requiredText("model");
    var body = members.raw("body").orElseGet(Json::object);
    refuseStream(Members.of(body, members.at("body")), "stream");
    var complete = ((ObjectNode) body).deepCopy().put("model", name);
    var options =
        members
            .object("options")
            .map(CallOptionsReader::of)
            .orElse(new CallOptions(CacheUse.AS_KEY, Optional.empty()));
    return ChatRequest.decode(complete, options.tagged(tags));
  }

  private static void refuseStream(Members members, String name) {
    if (members.bool(name).orElse(false)) {
      throw Members.fault(
          members.at(name), "must be false: streams travel over HTTP, not over the event bus.");
    }
  }

  private Optional<String> plainText(String name) {
    return members.raw(name).filter(JsonNode::isTextual).map(JsonNode::textValue);
  }
}
