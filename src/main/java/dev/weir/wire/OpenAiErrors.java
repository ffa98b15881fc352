package dev.weir.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import java.util.Locale;
import java.util.UUID;

/**
 * OpenAI's envelope. {@code type} and {@code code} are OpenAI's own words where it has one, since
 * clients compare them; {@code weir_code} and {@code request_id} are additions that clients ignore
 * and people look for.
 */
final class OpenAiErrors implements Envelope {
  @Override
  public ObjectNode error(AIError error, UUID requestId) {
    var code = error.code();
    var detail =
        Json.object()
            .put("message", error.message())
            .put("type", type(code))
            .put("code", code(code))
            .put("weir_code", code.name())
            .put("request_id", requestId.toString());
    if (error.details().get("param") instanceof String param) {
      detail.put("param", param);
    } else {
      detail.putNull("param");
    }
    return Json.object().set("error", detail);
  }

  private static String type(ErrorCode code) {
    return switch (code) {
      case UNAUTHENTICATED -> "authentication_error";
      case FORBIDDEN -> "permission_error";
      case RATE_LIMITED, PROVIDER_RATE_LIMITED -> "rate_limit_error";
      case QUOTA_EXCEEDED, BUDGET_EXCEEDED -> "insufficient_quota";
      default -> code.status() < 500 ? "invalid_request_error" : "server_error";
    };
  }

  private static String code(ErrorCode code) {
    return switch (code) {
      case UNAUTHENTICATED -> "invalid_api_key";
      case RATE_LIMITED, PROVIDER_RATE_LIMITED -> "rate_limit_exceeded";
      case QUOTA_EXCEEDED, BUDGET_EXCEEDED -> "insufficient_quota";
      case CONTENT_FILTERED -> "content_filter";
      default -> code.name().toLowerCase(Locale.ROOT);
    };
  }
}
