package dev.weir.admin;

import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Json;
import io.vertx.ext.web.RoutingContext;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Errors of the management API, as RFC 9457 has them. */
final class Problem {
  private static final Logger LOG = LogManager.getLogger(Problem.class);
  private static final String REQUEST_ID = "x-request-id";

  private Problem() {}

  /** Answers with an error, unless an answer is under way. */
  static void send(RoutingContext call, AIError error) {
    var response = call.response();
    if (response.ended() || response.headWritten()) {
      return;
    }
    var id = requestId(call);
    if (error.code() == ErrorCode.INTERNAL) {
      LOG.error("The management API failed, request {}", id, error.getCause());
    }
    var body =
        Json.object()
            .put("type", "urn:weir:error:" + error.code().name())
            .put("title", title(error.code()))
            .put("status", error.code().status())
            .put("detail", error.message())
            .put("instance", "urn:uuid:" + id)
            .put("code", error.code().name())
            .put("retryable", error.code().retryable())
            .put("request_id", id);
    error.retryAfter().ifPresent(wait -> body.put("retry_after_ms", wait.toMillis()));
    if (!error.details().isEmpty()) {
      body.set("details", Json.mapper().valueToTree(error.details()));
    }
    error
        .retryAfter()
        .ifPresent(
            wait ->
                response.putHeader(
                    "retry-after", String.valueOf(wait.plusMillis(999).toSeconds())));
    if (error.code() == ErrorCode.UNAUTHENTICATED) {
      response.putHeader("www-authenticate", "Bearer realm=\"weir\"");
    }
    response
        .setStatusCode(error.code().status())
        .putHeader("content-type", "application/problem+json")
        .putHeader("cache-control", "no-store")
        .end(Json.write(body));
  }

  /** The request's id: the management server's, if it gave one, else one made here. */
  static String requestId(RoutingContext call) {
    var headers = call.response().headers();
    var given = headers.get(REQUEST_ID);
    if (given != null) {
      return given;
    }
    var made = Ids.next(Clock.system()).toString();
    headers.set(REQUEST_ID, made);
    return made;
  }

  /** {@code Not found} for {@code NOT_FOUND}. */
  private static String title(ErrorCode code) {
    var words = code.name().replace('_', ' ').toLowerCase(java.util.Locale.ROOT);
    return Character.toUpperCase(words.charAt(0)) + words.substring(1);
  }
}
