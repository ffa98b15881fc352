package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a caller thinks of an answer: {@code {"request_id", "success", "score"}}.
 *
 * @param request the call's id
 * @param success whether it served its purpose
 * @param score how well, from 0 to 1
 */
public record FeedbackRequest(UUID request, Optional<Boolean> success, Optional<Double> score) {
  private static final List<String> MEMBERS = List.of("request_id", "success", "score");
  private static final int ID_LENGTH = 36;

  /**
   * Decodes a body.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} with the path of what is wrong
   */
  public static FeedbackRequest decode(JsonNode body) {
    return decode(body, "$");
  }

  /** As {@link #decode(JsonNode)}, of what stands at a path of a message. */
  static FeedbackRequest decode(JsonNode body, String path) {
    var members = Members.of(body, path).only(MEMBERS);
    var success = members.bool("success");
    var score = members.raw("score").filter(s -> !s.isNull()).map(s -> score(members, s));
    if (success.isEmpty() && score.isEmpty()) {
      throw Members.fault(path, "must hold 'success', 'score' or both.");
    }
    return new FeedbackRequest(id(members), success, score);
  }

  /** The reply to it: what became of it, in a success envelope. */
  public ObjectNode reply(String what) {
    var data = Json.object().put("request_id", request.toString()).put("status", what);
    return Json.object().put("success", true).set("data", data);
  }

  private static UUID id(Members members) {
    var text = members.requiredText("request_id");
    try {
      if (text.length() == ID_LENGTH) {
        return UUID.fromString(text);
      }
    } catch (IllegalArgumentException _) {
      // Told below.
    }
    throw Members.fault(
        members.at("request_id"), "must be the x-request-id of an answer, which is a UUID.");
  }

  private static double score(Members members, JsonNode value) {
    if (value.isNumber() && value.doubleValue() >= 0 && value.doubleValue() <= 1) {
      return value.doubleValue();
    }
    throw Members.fault(members.at("score"), "must be a number from 0 to 1.");
  }
}
