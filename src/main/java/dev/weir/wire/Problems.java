package dev.weir.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import java.util.Locale;
import java.util.UUID;

/** Problem details (RFC 9457) with the catalogue's code as an extension member. */
final class Problems implements Envelope {
  @Override
  public ObjectNode error(AIError error, UUID requestId) {
    var code = error.code();
    var problem =
        Json.object()
            .put("type", "urn:weir:error:" + code.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .put("title", code.name())
            .put("status", code.status())
            .put("detail", error.message())
            .put("instance", "urn:uuid:" + requestId)
            .put("code", code.name())
            .put("retryable", code.retryable());
    error.retryAfter().ifPresent(wait -> problem.put("retry_after_ms", wait.toMillis()));
    if (!error.details().isEmpty()) {
      problem.set("details", Json.mapper().valueToTree(error.details()));
    }
    return problem;
  }

  @Override
  public String contentType() {
    return "application/problem+json";
  }
}
