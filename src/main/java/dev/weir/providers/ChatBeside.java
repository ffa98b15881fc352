package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import io.vertx.core.buffer.Buffer;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What the pieces of a stream say beside its text (reasoning, annotations), put together as one
 * message would have it: texts and lists one behind the other, of all else the last word. So who
 * gets the answer later gets all of it. One per attempt.
 */
final class ChatBeside {
  private final Map<String, StringBuilder> texts = new LinkedHashMap<>();
  private final ObjectNode others = Json.object();
  private final ObjectNode around = Json.object();
  private long size;

  /**
   * One member of a piece's delta.
   *
   * @throws dev.weir.core.AIError {@code PROVIDER_ERROR} where all together were more than is read
   *     of a whole answer
   */
  void add(String name, JsonNode value) {
    size += value.isTextual() ? value.textValue().length() : value.toString().length();
    if (size > Reception.MAX_ANSWER_BYTES) {
      throw Failures.oversized(Reception.MAX_ANSWER_BYTES);
    }
    if (value.isTextual() && !others.has(name)) {
      texts.computeIfAbsent(name, _ -> new StringBuilder()).append(value.textValue());
    } else if (value.isArray() && others.path(name) instanceof ArrayNode list) {
      list.addAll((ArrayNode) value);
    } else {
      texts.remove(name);
      others.set(name, value);
    }
  }

  /** A member beside the choices, which each piece says as far as it is known by then. */
  void around(String name, JsonNode value) {
    around.set(name, value);
  }

  /** Whether there was nothing beside the text. */
  boolean isEmpty() {
    return others.isEmpty() && texts.values().stream().allMatch(StringBuilder::isEmpty);
  }

  /**
   * The stream as a whole completion.
   *
   * @param id what the provider called it
   * @param created when it began, in Unix seconds
   * @param answer what else is known of it
   */
  Buffer completion(String id, long created, Answer answer) {
    var completion = Json.object().put("id", id).put("object", "chat.completion");
    completion.put("created", created).put("model", answer.model());
    var choice = completion.putArray("choices").addObject().put("index", 0);
    var message = choice.putObject("message").put("role", "assistant");
    message.put("content", answer.text());
    texts.forEach((name, text) -> message.put(name, text.toString()));
    message.setAll(others);
    choice.put("finish_reason", answer.finish().label());
    var usage = answer.usage();
    completion
        .putObject("usage")
        .put("prompt_tokens", usage.inputTokens())
        .put("completion_tokens", usage.outputTokens())
        .put("total_tokens", usage.totalTokens());
    return Json.write(completion.setAll(around));
  }
}
