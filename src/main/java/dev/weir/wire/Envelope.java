package dev.weir.wire;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import java.util.UUID;

/**
 * How a surface writes an error. There is one for each dialect that clients speak; all are rendered
 * from the one catalogue. Thread-safe.
 */
public sealed interface Envelope permits FunctionErrors, OpenAiErrors {
  /** {@code {"success": false, "error": {...}}}: functions, the event bus, everything else. */
  Envelope FUNCTIONS = new FunctionErrors();

  /** {@code {"error": {"message", "type", "code", "param"}}}: the OpenAI-compatible endpoints. */
  Envelope OPENAI = new OpenAiErrors();

  /** The body that tells of this error. */
  ObjectNode error(AIError error, UUID requestId);
}
