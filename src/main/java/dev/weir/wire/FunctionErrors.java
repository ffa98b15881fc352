package dev.weir.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import java.time.Duration;
import java.util.UUID;

/** Weir's own envelope. */
final class FunctionErrors implements Envelope {
  @Override
  public ObjectNode error(AIError error, UUID requestId) {
    return Json.object().put("success", false).set("error", detail(error, requestId));
  }

  static ObjectNode detail(AIError error, UUID requestId) {
    var node =
        Json.object()
            .put("code", error.code().name())
            .put("message", error.message())
            .put("retryable", error.code().retryable());
    error
        .retryAfter()
        .map(Duration::toMillis)
        .ifPresentOrElse(
            millis -> node.put("retry_after_ms", millis), () -> node.putNull("retry_after_ms"));
    node.put("request_id", requestId.toString());
    return node.set("details", Json.mapper().valueToTree(error.details()));
  }
}
