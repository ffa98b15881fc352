package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import java.util.List;
import java.util.Map;

/**
 * Decodes a function call: {@code {"input": {...}, "stream": false, "options": {"cache":
 * "use|refresh|off", "timeout_ms": 60000, "partial": false}}}.
 */
public final class FunctionRequest {
  private static final List<String> MEMBERS = List.of("input", "stream", "options");

  private FunctionRequest() {}

  /**
   * The call in an HTTP body.
   *
   * @param function the name, from the path
   * @param body the parsed body
   * @param tags the call's labels, from its headers
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} with the path of what is wrong; the input
   *     itself is judged later, against the function's schema
   */
  public static Call.OfFunction decode(String function, JsonNode body, Map<String, String> tags) {
    return decode(function, Members.of(body, "$").only(MEMBERS), tags);
  }

  static Call.OfFunction decode(String function, Members members, Map<String, String> tags) {
    var input =
        members
            .raw("input")
            .orElseThrow(
                () ->
                    Members.fault(
                        members.at("input"),
                        "is missing; send the function's input as an object:"
                            + " {\"input\": {...}}."));
    var stream = members.bool("stream").orElse(false);
    var options =
        members
            .object("options")
            .map(given -> CallOptionsReader.ofFunction(given, stream))
            .orElse(CallOptions.DEFAULT)
            .tagged(tags);
    return new Call.OfFunction(function, input, stream, options);
  }
}
