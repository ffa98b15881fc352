package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import dev.weir.gateway.ModelDirectory;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.FunctionText;
import dev.weir.prompts.ModelCheck;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The functions that judge answers. Each answer is judged by itself, so no answer gains by standing
 * first. What the judge sees of input, answer and expected answer is text, in JSON's spelling, and
 * without any {@code <}: nothing of it can close the tags that it stands between.
 */
final class Judges {
  private static final String RESOURCE = "/evaluation/answer-judge.yaml";

  private final Map<String, Candidate> byName;

  private Judges(Map<String, Candidate> byName) {
    this.byName = byName;
  }

  /**
   * The judges that these scorers name: functions of the catalogue, or the one that Weir brings.
   *
   * @throws AIError {@code NOT_FOUND} or {@code INVALID_REQUEST} where one cannot judge
   */
  static Judges of(
      Iterable<Scorer> scorers,
      FunctionCatalogue catalogue,
      ModelDirectory models,
      ModelCheck check) {
    var byName = new TreeMap<String, Candidate>();
    for (var scorer : scorers) {
      if (scorer instanceof Scorer.Judged(var name)) {
        var function =
            catalogue
                .find(name)
                .or(
                    () ->
                        name.equals(Scorer.USUAL_JUDGE)
                            ? Optional.of(own(check))
                            : Optional.empty())
                .orElseThrow(
                    () ->
                        AIError.invalid(
                            "There is no function '" + name + "' that could judge answers."));
        check(function);
        byName.put(name, Candidate.of(function, models));
      }
    }
    return new Judges(byName);
  }

  /** Those that there are, by name. */
  Collection<Candidate> all() {
    return List.copyOf(byName.values());
  }

  private static FunctionDefinition own(ModelCheck models) {
    try (var file = Judges.class.getResourceAsStream(RESOURCE)) {
      if (file == null) {
        throw new IllegalStateException("the judge is not in the jar");
      }
      var text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      return switch (FunctionText.read(Scorer.USUAL_JUDGE, text, models)) {
        case FunctionText.Reading.Good good -> good.function();
        case FunctionText.Reading.Refused(var faults) ->
            throw AIError.invalid(
                "The judge that Weir brings cannot be asked here ("
                    + faults.getFirst().path()
                    + " "
                    + faults.getFirst().reason()
                    + "); name a function of your own with judge:FUNCTION.");
      };
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void check(FunctionDefinition judge) {
    var score = judge.output().map(s -> s.node().path("properties").path("score"));
    if (!judge.input().validate(input("{}", "{}", Optional.empty())).isEmpty()
        || score.filter(JsonNode::isObject).isEmpty()) {
      throw AIError.invalid(
          "The function '"
              + judge.name()
              + "' cannot judge: it must take {\"input\", \"answer\"} (and may take"
              + " \"expected\") as texts and answer {\"score\": 0 to 1}.");
    }
  }

  private static ObjectNode input(String input, String answer, Optional<String> expected) {
    var json = Json.object().put("input", input).put("answer", answer);
    expected.ifPresent(text -> json.put("expected", text));
    return json;
  }

  /** JSON in which a {@code <}, which only stands in strings there, is spelled by its number. */
  static String fenced(JsonNode json) {
    return json.toString().replace("<", "\\u003c");
  }

  /** A judge's score of an answer; empty where the judge failed, or was not to be understood. */
  Optional<Double> score(
      Scorer.Judged by, Asking asking, JsonNode input, JsonNode answer, Optional<JsonNode> expected)
      throws InterruptedException {
    var judge = Optional.ofNullable(byName.get(by.function())).orElseThrow();
    var question = input(fenced(input), fenced(answer), expected.map(Judges::fenced));
    if (!judge.function().input().validate(question).isEmpty()) {
      question.remove("expected");
      if (!judge.function().input().validate(question).isEmpty()) {
        return Optional.empty();
      }
    }
    return asking
        .ask(judge, by.function() + EvaluationRun.LABEL, question)
        .value()
        .map(value -> value.path("score"))
        .filter(JsonNode::isNumber)
        .map(JsonNode::doubleValue)
        .filter(score -> score >= 0 && score <= 1);
  }
}
