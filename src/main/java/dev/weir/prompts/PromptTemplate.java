package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Collectors;

/**
 * A message with places for the caller's input: mustache, without anything that could run code.
 * Thread-safe.
 *
 * <p>A template sees objects, lists and scalars of the input and nothing else. Values are put in as
 * they are, with no HTML escaping, and are never read as a template themselves. A list of scalars
 * is joined by commas, an object or a list of objects becomes compact JSON, what is absent or null
 * leaves no trace.
 *
 * <p>What a template encloses in tags of its own, as in {@code <letter>{{letter}}</letter>}, stays
 * enclosed: a closing tag of that name within a value arrives as {@code [/letter]}, also if it is
 * spaced, capitalised, holds attributes or never ends, so a caller's text cannot step out of its
 * place.
 */
public interface PromptTemplate {
  /** Characters that a message may have at most. */
  int MAX_LENGTH = 400_000;

  /**
   * A template over inputs that fit {@code input}.
   *
   * @throws IllegalArgumentException if it cannot be read, or names something that such an input
   *     cannot have; the message names every fault
   */
  static PromptTemplate of(String text, Schema input) {
    var faults = TemplateCheck.faultsOf(text, input.node());
    if (!faults.isEmpty()) {
      throw new IllegalArgumentException(
          faults.stream()
              .map(fault -> "line " + (fault.line() + 1) + ": " + fault.reason())
              .collect(Collectors.joining("; ")));
    }
    return MustacheTemplate.ofChecked(text);
  }

  /**
   * The message for this input. Bounded in time and size, so fit for an event loop.
   *
   * @param input an input that fits the schema; another one renders too, with nothing where it
   *     lacks something
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} if the message grows beyond {@value
   *     #MAX_LENGTH} characters or its lists multiply beyond measure
   */
  String render(JsonNode input);
}
