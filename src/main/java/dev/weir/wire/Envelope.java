package dev.weir.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import java.util.UUID;

/**
 * How a surface writes an error. There is one for each dialect that clients speak; all are rendered
 * from the one catalogue. Thread-safe.
 */
public sealed interface Envelope permits FunctionErrors, OpenAiErrors, Problems {
  /** {@code {"success": false, "error": {...}}}: functions, the event bus, everything else. */
  Envelope FUNCTIONS = new FunctionErrors();

  /** {@code {"error": {"message", "type", "code", "param"}}}: the OpenAI-compatible endpoints. */
  Envelope OPENAI = new OpenAiErrors();

  /** {@code application/problem+json} (RFC 9457): the management API. */
  Envelope PROBLEM = new Problems();

  /** The body that tells of this error. */
  ObjectNode error(AIError error, UUID requestId);

  /** The media type of that body. */
  String contentType();
}
