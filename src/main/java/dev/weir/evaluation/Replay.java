package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.contents.ContentRow;
import dev.weir.contents.Contents;
import dev.weir.contents.StoredContent;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Usd;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Has an item answered by the candidate, and by the baseline if that is a version, and scores both.
 * A stored content is read at its turn, and the candidate's answer to it is kept for as long as it
 * is. Thread-safe; blocks, so for virtual threads only.
 */
final class Replay {
  private final EvaluationRun.Plan plan;
  private final Asking asking;
  private final Contents contents;
  private final Clock clock;

  Replay(EvaluationRun.Plan plan, Asking asking, Contents contents, Clock clock) {
    this.plan = plan;
    this.asking = asking;
    this.contents = contents;
    this.clock = clock;
  }

  /** What an item asks, and the answer that it came with. */
  private record Question(
      JsonNode input,
      Optional<JsonNode> expected,
      Optional<Outcome> stored,
      Optional<StoredContent> content) {}

  /** Has an item answered and scored. */
  Scored score(Item item) throws InterruptedException {
    var found = question(item);
    if (found.isEmpty()) {
      return Scored.of(item, Outcome.GONE, Outcome.GONE, Optional.empty(), Map.of());
    }
    var question = found.get();
    var label = plan.function() + EvaluationRun.LABEL;
    // By turns, so that neither always finds a provider that the other has just warmed, or tired.
    var candidateFirst = item.position() % 2 == 0;
    var early = candidateFirst ? Optional.<Outcome>empty() : Optional.of(baseline(question, label));
    var candidate = asking.ask(plan.candidate(), label, question.input());
    question.content().ifPresent(content -> contents.keep(kept(content, candidate)));
    var baseline = early.isPresent() ? early.get() : baseline(question, label);
    var same =
        baseline.value().flatMap(one -> candidate.value().map(other -> SameValue.of(one, other)));
    var scores = new LinkedHashMap<String, Optional<Scored.Pair>>();
    for (var scorer : plan.scorers()) {
      scores.put(scorer.name(), pair(scorer, question, baseline, candidate, same.orElse(false)));
    }
    return Scored.of(item, baseline, candidate, same, scores);
  }

  private Outcome baseline(Question question, String label) throws InterruptedException {
    return plan.baseline().isPresent()
        ? asking.ask(plan.baseline().get(), label, question.input())
        : question.stored().orElseThrow();
  }

  private Optional<Question> question(Item item) throws InterruptedException {
    if (item.given().isPresent()) {
      var given = item.given().get();
      return Optional.of(
          new Question(
              given.input(),
              given.expected(),
              given.output().map(Outcome::given),
              Optional.empty()));
    }
    var source = item.source().orElseThrow();
    return asking
        .read(() -> contents.get(source).map(Optional::of).recover(Replay::gone))
        .map(ContentRow::parsed)
        .map(
            content ->
                new Question(
                    content.input(),
                    content.expected(),
                    Optional.of(stored(content)),
                    Optional.of(content)));
  }

  private static Future<Optional<ContentRow>> gone(Throwable e) {
    return AIError.from(e).code() == ErrorCode.NOT_FOUND
        ? Future.succeededFuture(Optional.empty())
        : Future.failedFuture(e);
  }

  private static Outcome stored(StoredContent content) {
    return new Outcome(
        content.output(),
        content.error().orElse(Outcome.OK),
        content.model(),
        Optional.of(content.latency()),
        Optional.of(content.cost()));
  }

  /** The candidate's answer, kept as long as what it answers. */
  private StoredContent kept(StoredContent content, Outcome candidate) {
    return new StoredContent(
        Ids.next(clock),
        StoredContent.Kind.EVALUATION,
        Optional.of(content.id()),
        Optional.of(plan.name()),
        Optional.empty(),
        content.user(),
        content.function(),
        plan.candidate().function().version(),
        candidate.model(),
        content.input(),
        candidate.value(),
        candidate.value().isPresent() ? Optional.empty() : Optional.of(candidate.word()),
        Optional.empty(),
        candidate.cost().orElse(Usd.ZERO),
        candidate.took().orElse(Duration.ZERO),
        clock.now(),
        content.expiresAt());
  }

  /**
   * Both scores, each judged whatever became of the other; empty where there can be none. A side
   * that failed has 0, unless its provider failed it: then it has none.
   */
  private Optional<Scored.Pair> pair(
      Scorer scorer, Question question, Outcome baseline, Outcome candidate, boolean same)
      throws InterruptedException {
    if (scorer.needsExpected() && question.expected().isEmpty()) {
      return Optional.empty();
    }
    var after = one(scorer, question, candidate, false);
    // The same answer is as good, and need not be judged again.
    var before = same ? after : one(scorer, question, baseline, isWritten(question));
    return Optional.of(new Scored.Pair(before, after));
  }

  /** Whether the baseline's answer is one that somebody wrote down with the case. */
  private boolean isWritten(Question question) {
    return plan.baseline().isEmpty() && question.content().isEmpty();
  }

  private Optional<Double> one(Scorer scorer, Question question, Outcome outcome, boolean written)
      throws InterruptedException {
    if (outcome.saysNothing()) {
      return Optional.empty();
    }
    if (outcome.value().isEmpty()) {
      return Optional.of(0.0);
    }
    var answer = outcome.value().get();
    return switch (scorer) {
      case Scorer.Fits _ -> Optional.of(fits(answer, written));
      case Scorer.Exact _ ->
          question.expected().map(expected -> SameValue.of(answer, expected) ? 1.0 : 0.0);
      case Scorer.Contains(var text) ->
          text.map(t -> Likeness.mentions(answer, t))
              .or(() -> question.expected().map(e -> Likeness.contains(answer, e)))
              .map(found -> found ? 1.0 : 0.0);
      case Scorer.Judged judged ->
          plan.judges().score(judged, asking, question.input(), answer, question.expected());
    };
  }

  /**
   * An answer of a call did fit the schema of the version that gave it, or it would be none; one
   * that was written down is held against the candidate's.
   */
  private double fits(JsonNode answer, boolean written) {
    var schema = plan.candidate().function().output();
    return !written || schema.isEmpty() || schema.get().validate(answer).isEmpty() ? 1 : 0;
  }
}
