package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.gateway.Answer;
import dev.weir.gateway.OutputOutcome;
import dev.weir.gateway.Repairs;
import dev.weir.gateway.Source;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.Schema;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;

/**
 * Reads a function's value out of a model's answer.
 *
 * <p>In this order, and the first value that fits the schema wins: the whole text as strict JSON;
 * each stretch of it that is strict JSON, the last one first, since models correct themselves
 * downwards; the repaired text. In strict mode the whole text alone. Whatever a model writes, it
 * takes time linear in the length, and longer texts than the limit are refused.
 */
final class AnswerReader {
  private static final int ANY_SOURCE = 99;
  private static final int VIOLATIONS_IN_MESSAGE = 3;
  private static final String END_OF_THINKING = "</think>";

  private final FunctionDefinition function;
  private final Repair repair;
  private final int longest;

  AnswerReader(FunctionDefinition function, Repair repair, int longest) {
    this.function = function;
    this.repair = repair;
    this.longest = longest;
  }

  Reading read(Answer answer) {
    var edit = citations(answer.sources());
    return function
        .output()
        .map(schema -> json(answer, schema, edit))
        .orElseGet(() -> plain(answer.text(), edit));
  }

  private static Reading plain(String text, UnaryOperator<String> edit) {
    return new Reading.Fits(
        Json.object().put("text", edit.apply(CleanTree.clean(text))),
        Repairs.NONE,
        Optional.empty());
  }

  private Reading json(Answer answer, Schema schema, UnaryOperator<String> edit) {
    if (answer.text().length() > longest) {
      return misfit(
          answer,
          unparseable("is longer than " + longest + " characters"),
          "Too long.",
          OutputOutcome.LOST);
    }
    var text = answer.text().strip();
    var whole = strict(text, edit);
    if (whole.isPresent() && schema.validate(whole.get()).isEmpty()) {
      return fits(whole.get(), Repairs.NONE, OutputOutcome.STRICT);
    }
    return function.repair().strict()
        ? whole.map(value -> invalid(answer, schema, value, true)).orElseGet(() -> refused(answer))
        : leniently(answer, whole.isPresent() ? text : withoutThinking(text), schema, whole, edit);
  }

  private Reading leniently(
      Answer answer,
      String text,
      Schema schema,
      Optional<JsonNode> whole,
      UnaryOperator<String> edit) {
    var outcome = whole.isPresent() ? OutputOutcome.CORRECTED : OutputOutcome.RESCUED;
    var strict = whole.map(List::of).orElseGet(() -> strictValues(text, edit));
    for (var value : strict) {
      if (schema.validate(value).isEmpty()) {
        return fits(value, Repairs.NONE, outcome);
      }
    }
    var mended = repair.repair(text, schema.node());
    var repaired = mended.flatMap(m -> CleanTree.of(m.value(), edit));
    if (repaired.isPresent() && schema.validate(repaired.get()).isEmpty()) {
      return fits(repaired.get(), mended.orElseThrow().repairs(), outcome);
    }
    // A lone word of prose is what the repair makes of a text without JSON.
    return strict.stream()
        .findFirst()
        .or(() -> repaired.filter(JsonNode::isContainerNode))
        .map(value -> invalid(answer, schema, value, whole.isPresent()))
        .orElseGet(
            () ->
                misfit(
                    answer,
                    unparseable("holds no JSON that could be read"),
                    "It holds no JSON that could be read.",
                    OutputOutcome.LOST));
  }

  private static Reading fits(JsonNode value, Repairs repairs, OutputOutcome outcome) {
    return new Reading.Fits(value, repairs, Optional.of(outcome));
  }

  /** What is not strict JSON, where nothing else counts. */
  private Reading refused(Answer answer) {
    return misfit(
        answer,
        unparseable("is not strict JSON as a whole, and its repair.mode is strict"),
        "It is not strict JSON as a whole.",
        OutputOutcome.LOST);
  }

  /** Without thoughts the whole text, if it is strict JSON; else its stretches, the last first. */
  private static List<JsonNode> strictValues(String text, UnaryOperator<String> edit) {
    var whole = strict(text, edit);
    if (whole.isPresent()) {
      return List.of(whole.get());
    }
    List<JsonNode> values = new ArrayList<>();
    for (var candidate : Candidates.in(text).reversed()) {
      strict(candidate, edit).ifPresent(values::add);
    }
    return values;
  }

  private static Optional<JsonNode> strict(String text, UnaryOperator<String> edit) {
    try {
      return CleanTree.of(Json.parse(text), edit);
    } catch (AIError _) {
      return Optional.empty();
    }
  }

  /** What follows the last block of a reasoning model's thoughts. */
  private static String withoutThinking(String text) {
    var end = text.lastIndexOf(END_OF_THINKING);
    return end < 0 ? text : text.substring(end + END_OF_THINKING.length()).strip();
  }

  /**
   * What takes citation marks out of a string, where the function wants that.
   *
   * @param sources those that can be cited; none if they are not known
   */
  UnaryOperator<String> citations(List<Source> sources) {
    if (!function.removeCitations()) {
      return UnaryOperator.identity();
    }
    var highest = sources.isEmpty() ? ANY_SOURCE : sources.size();
    return text -> CitationMarks.remove(text, highest);
  }

  private Reading invalid(Answer answer, Schema schema, JsonNode value, boolean strict) {
    var violations = schema.validate(value);
    var error =
        AIError.of(
                ErrorCode.OUTPUT_INVALID,
                violations.stream()
                    .limit(VIOLATIONS_IN_MESSAGE)
                    .map(v -> v.path() + " " + v.message())
                    .collect(
                        Collectors.joining(
                            "; ",
                            "The model's answer does not fit the output schema of '"
                                + function.name()
                                + "': ",
                            violations.size() > VIOLATIONS_IN_MESSAGE ? "; and more." : ".")))
            .with(
                "violations",
                violations.stream()
                    .map(v -> Map.of("path", v.path(), "message", v.message()))
                    .toList());
    var complaint =
        violations.stream()
            .map(v -> "- " + v.path() + " " + v.message())
            .collect(Collectors.joining("\n", "It breaks the schema:\n", ""));
    return misfit(answer, error, complaint, strict ? OutputOutcome.INVALID : OutputOutcome.LOST);
  }

  private AIError unparseable(String what) {
    return AIError.of(
        ErrorCode.OUTPUT_UNPARSEABLE,
        "The model's answer to '" + function.name() + "' " + what + ".");
  }

  /** A cut answer would be cut again and a filtered one filtered: only others are worth asking. */
  private Reading misfit(Answer answer, AIError error, String complaint, OutputOutcome outcome) {
    var noted = Optional.of(outcome);
    return switch (answer.finish()) {
      case LENGTH -> new Reading.Misfit(cutOff(error), complaint, false, noted);
      case CONTENT_FILTER ->
          new Reading.Misfit(
              AIError.of(
                  ErrorCode.CONTENT_FILTERED,
                  "The provider cut the answer off on grounds of content; change the input."),
              complaint,
              false,
              noted);
      case STOP, TOOL_CALLS -> new Reading.Misfit(error, complaint, true, noted);
    };
  }

  private AIError cutOff(AIError error) {
    var cap = function.parameters().maxOutputTokens();
    var told =
        AIError.of(
            error.code(),
            error.message()
                + " It was cut off at max_output_tokens ("
                + cap
                + "): raise that in the function's file, or ask for less.");
    for (var detail : error.details().entrySet()) {
      told = told.with(detail.getKey(), detail.getValue());
    }
    return told.with("max_output_tokens", cap);
  }
}
