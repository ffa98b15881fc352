package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import io.vertx.core.MultiMap;
import io.vertx.core.buffer.Buffer;
import java.util.Optional;
import java.util.Set;

/**
 * Turns a provider's refusal (Perplexity's and OpenAI's error envelopes, and whatever stands in
 * front of them) into an error of our catalogue.
 *
 * <p>The words are ours: what a provider writes may quote a prompt, a key or a host, so it is read
 * to classify and never passed on. Its code and the field it names are kept as details where they
 * look like identifiers. Thread-safe.
 */
final class Refusals {
  private static final Set<String> TOO_LONG =
      Set.of("context_length_exceeded", "string_above_max_length", "context_window_exceeded");
  private static final Set<String> FILTERED =
      Set.of(
          "content_filter", "content_policy_violation", "content_filtered", "moderation_blocked");
  private static final Set<String> NO_CREDIT =
      Set.of("insufficient_quota", "billing_hard_limit_reached", "insufficient_credits");
  private static final Set<String> NO_KEY =
      Set.of("invalid_api_key", "forbidden", "authentication_error", "unauthorized");
  private static final Set<String> NO_MODEL = Set.of("model_not_found", "invalid_model");
  private static final Set<String> NO_ENDPOINT = Set.of("unknown_url");
  private static final Set<String> LIMITED =
      Set.of("rate_limit_exceeded", "request_rate_limit_exceeded", "rate_limit_error", "requests");
  private static final Set<String> INVALID = Set.of("invalid_request", "invalid_request_error");

  private final RetryAfter retryAfter;

  Refusals(Clock clock) {
    this.retryAfter = new RetryAfter(clock);
  }

  /** What an error envelope says; each part empty if it is missing or no identifier. */
  private record Said(Set<String> words, String message, String code, String param) {
    boolean any(Set<String> names) {
      return words.stream().anyMatch(names::contains);
    }
  }

  /** The error for a response under an error status. */
  AIError of(int status, MultiMap headers, Buffer body) {
    var tree = UpstreamJson.maybe(body);
    var error = classify(status, tree.map(Refusals::said), tree.isPresent());
    return retryAfter.in(headers).map(error::retryAfter).orElse(error);
  }

  /** The error for an error object that stands in a body or stream under status 200. */
  AIError within(JsonNode error) {
    var code = error.path("code");
    var status = code.isInt() ? code.intValue() : 0;
    return classify(status, Optional.of(said(error)), true);
  }

  private static AIError classify(int status, Optional<Said> read, boolean json) {
    var said = read.orElseGet(() -> new Said(Set.of(), "", "", ""));
    var error = withParam(judge(status, said, json), said);
    var named = said.code().isEmpty() ? error : error.with("upstream_code", said.code());
    return status > 0 ? named.with("upstream_status", status) : named;
  }

  private static AIError judge(int status, Said said, boolean json) {
    if (said.any(TOO_LONG) || (status < 500 && speaksOfLength(said.message()))) {
      return AIError.of(
          ErrorCode.CONTEXT_LENGTH_EXCEEDED,
          "The prompt is longer than the model's context window; shorten it or ask another model.");
    }
    if (said.any(FILTERED)) {
      return AIError.of(
          ErrorCode.CONTENT_FILTERED, "The provider declined to answer on grounds of content.");
    }
    if (said.any(NO_CREDIT) || status == 402) {
      return AIError.of(
          ErrorCode.PROVIDER_AUTH,
          "The account at the provider has no credit left; an operator has to act.");
    }
    if (said.any(NO_MODEL) || (status == 404 && json && !said.any(NO_ENDPOINT))) {
      return AIError.of(
          ErrorCode.NOT_FOUND,
          "The provider has no model of this name, or not for this account; GET /v1/models lists"
              + " those that are known.");
    }
    if (said.any(NO_KEY) || status == 401 || status == 403) {
      return AIError.of(
          ErrorCode.PROVIDER_AUTH, "The provider refused Weir's key; an operator has to act.");
    }
    if (said.any(LIMITED) || status == 429) {
      return AIError.of(
          ErrorCode.PROVIDER_RATE_LIMITED, "The provider limits our calls at the moment.");
    }
    if (status == 413) {
      return AIError.of(
          ErrorCode.PAYLOAD_TOO_LARGE, "The prompt is larger than what the provider accepts.");
    }
    if (status == 400 || status == 422 || (status == 0 && said.any(INVALID))) {
      return AIError.of(
          ErrorCode.INVALID_REQUEST,
          said.param().isEmpty()
              ? "The provider refused the request as invalid."
              : "The provider refused the request as invalid: its field '"
                  + said.param()
                  + "' is at fault.");
    }
    return AIError.of(ErrorCode.PROVIDER_ERROR, describe(status));
  }

  private static String describe(int status) {
    if (status == 0) {
      return "The provider failed while it was answering.";
    }
    if (status >= 300 && status < 400) {
      return "The provider answered with a redirect, which is never followed; an operator has to"
          + " check its base URL.";
    }
    if (status == 404 || status == 405) {
      return "There is no such endpoint at the provider; an operator has to check its base URL.";
    }
    return "The provider failed with status " + status + ".";
  }

  private static AIError withParam(AIError error, Said said) {
    return said.param().isEmpty() ? error : error.with("upstream_param", said.param());
  }

  private static boolean speaksOfLength(String message) {
    return message.contains("context length")
        || message.contains("context window")
        || message.contains("maximum context")
        || message.contains("prompt is too long")
        || message.contains("input is too long");
  }

  /** Reads an envelope, or the error object within one. */
  private static Said said(JsonNode body) {
    var error = body.path("error").isObject() ? body.path("error") : body;
    var code = identifier(error.path("code"));
    var type = identifier(error.path("type"));
    var words = code.equals(type) ? Set.of(code) : Set.of(code, type);
    var name = code.isEmpty() || error.path("code").isNumber() ? type : code;
    return new Said(
        words,
        error.path("message").asText("").toLowerCase(java.util.Locale.ROOT),
        name,
        identifier(error.path("param")));
  }

  private static String identifier(JsonNode node) {
    var text = node.isNull() ? "" : node.asText("");
    return text.matches("[A-Za-z0-9_.\\[\\]-]{1,64}") ? text : "";
  }
}
