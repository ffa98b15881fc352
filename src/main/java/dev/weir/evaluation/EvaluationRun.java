package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.contents.Contents;
import dev.weir.contents.StoredContent;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.core.Usd;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * One evaluation under way: a few virtual threads take items in their order, one more writes what
 * they scored. It ends with its last item, or with the first thing that stands in its way; items
 * under way then come to their end, and what is scored by then is reported.
 */
final class EvaluationRun {
  private static final Logger LOG = LogManager.getLogger(EvaluationRun.class);

  /** What is added to a function's name in records and meters, so that its own figures stay so. */
  static final String LABEL = "@eval";

  private static final int AT_ONCE = 4;
  private static final Duration PACE = Duration.ofMillis(500);

  /** How many paces items under way may take when the node goes down: two seconds. */
  private static final int GOING_DOWN = 4;

  /** How often its end is tried to be written: for a minute. */
  private static final int LAST_TRIES = 120;

  private final Plan plan;
  private final Asking asking;
  private final Contents contents;
  private final EvaluationTable table;
  private final Clock clock;
  private final CountDownLatch over;
  private final AtomicInteger next = new AtomicInteger();
  private final AtomicInteger done = new AtomicInteger();
  private final CountDownLatch workers = new CountDownLatch(AT_ONCE);
  private final AtomicReference<Optional<EvaluationEnd>> end =
      new AtomicReference<>(Optional.empty());

  /** Guarded by itself. */
  private final List<Scored> unwritten = new ArrayList<>();

  /**
   * What is to be done.
   *
   * @param baseline the version that is asked as well; empty for the answers that there are
   * @param report makes the report at the end
   */
  record Plan(
      String name,
      String function,
      List<Item> items,
      Candidate candidate,
      Optional<Candidate> baseline,
      List<Scorer> scorers,
      Judges judges,
      EvaluationReport report) {}

  EvaluationRun(
      Plan plan,
      Asking asking,
      Contents contents,
      EvaluationTable table,
      Clock clock,
      CountDownLatch over) {
    this.plan = plan;
    this.asking = asking;
    this.contents = contents;
    this.table = table;
    this.clock = clock;
    this.over = over;
  }

  /** Runs to the end; for a virtual thread of its own. */
  void run() {
    for (var i = 0; i < AT_ONCE; i++) {
      Thread.ofVirtual().name("evaluation-" + plan.name() + "-" + i).start(this::work);
    }
    try {
      var patience = GOING_DOWN;
      while (!workers.await(PACE.toMillis(), TimeUnit.MILLISECONDS) && patience > 0) {
        write();
        patience -= ended().filter(EvaluationEnd::goingDown).isPresent() ? 1 : 0;
      }
      finish();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Takes no further item. */
  void end(EvaluationEnd why) {
    if (end.compareAndSet(Optional.empty(), Optional.of(why))) {
      over.countDown();
    }
  }

  private Optional<EvaluationEnd> ended() {
    return Optional.ofNullable(end.get()).flatMap(e -> e);
  }

  private void work() {
    try {
      for (var i = next.getAndIncrement();
          i < plan.items().size() && ended().isEmpty();
          i = next.getAndIncrement()) {
        var scored = score(plan.items().get(i));
        synchronized (unwritten) {
          unwritten.add(scored);
        }
        done.incrementAndGet();
      }
    } catch (EvaluationEnd e) {
      end(e);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // By its kind only: what it says may hold what was asked.
      LOG.error("The evaluation {} failed: {}", plan.name(), e.getClass().getName());
      end(broken());
    } finally {
      workers.countDown();
    }
  }

  private static EvaluationEnd broken() {
    return EvaluationEnd.failed(
        AIError.of(ErrorCode.INTERNAL, "Something went wrong inside Weir."));
  }

  /** What an item asks, and the answer that it came with. */
  private record Question(
      JsonNode input,
      Optional<JsonNode> expected,
      Optional<Outcome> stored,
      Optional<StoredContent> content) {}

  private Scored score(Item item) throws InterruptedException {
    var found = question(item);
    if (found.isEmpty()) {
      return Scored.of(item, Outcome.GONE, Outcome.GONE, Optional.empty(), Map.of());
    }
    var question = found.get();
    var label = plan.function() + LABEL;
    var candidate = asking.ask(plan.candidate(), label, question.input());
    question.content().ifPresent(content -> contents.keep(kept(content, candidate)));
    var baseline =
        plan.baseline().isPresent()
            ? asking.ask(plan.baseline().get(), label, question.input())
            : question.stored().orElseThrow();
    var same =
        baseline.value().flatMap(one -> candidate.value().map(other -> SameValue.of(one, other)));
    var scores = new LinkedHashMap<String, Optional<Scored.Pair>>();
    for (var scorer : plan.scorers()) {
      scores.put(scorer.name(), pair(scorer, question, baseline, candidate, same.orElse(false)));
    }
    return Scored.of(item, baseline, candidate, same, scores);
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
        .read(() -> contents.get(source).map(Optional::of).recover(EvaluationRun::gone))
        .map(
            content ->
                new Question(
                    content.input(),
                    content.expected(),
                    Optional.of(stored(content)),
                    Optional.of(content)));
  }

  private static Future<Optional<StoredContent>> gone(Throwable e) {
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

  /** Both scores; none where one of the two has none. */
  private Optional<Scored.Pair> pair(
      Scorer scorer, Question question, Outcome baseline, Outcome candidate, boolean same)
      throws InterruptedException {
    if (scorer.needsExpected() && question.expected().isEmpty()) {
      return Optional.empty();
    }
    var after = one(scorer, question, candidate);
    if (after.isEmpty()) {
      return Optional.empty();
    }
    // The same answer is as good, and need not be judged again.
    var before = same ? after : one(scorer, question, baseline);
    return before.map(b -> new Scored.Pair(b, after.get()));
  }

  private Optional<Double> one(Scorer scorer, Question question, Outcome outcome)
      throws InterruptedException {
    if (outcome.value().isEmpty()) {
      return Optional.of(0.0);
    }
    var answer = outcome.value().get();
    return switch (scorer) {
      case Scorer.Fits _ -> Optional.of(fits(question, answer) ? 1.0 : 0.0);
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

  /** An answer of a call did fit, or it would be none; one that was written down may not. */
  private boolean fits(Question question, JsonNode answer) {
    return question.content().isPresent()
        || plan.candidate().function().output().isEmpty()
        || plan.candidate().function().output().get().validate(answer).isEmpty();
  }

  /** Writes what was scored and that somebody is at work; tries again next time if it cannot. */
  private void write() throws InterruptedException {
    List<Scored> some;
    synchronized (unwritten) {
      some = List.copyOf(unwritten);
    }
    try {
      if (Asking.got(table.move(plan.name(), some, done.get(), asking.spent()))) {
        end(EvaluationEnd.stopped());
      }
      synchronized (unwritten) {
        unwritten.subList(0, some.size()).clear();
      }
    } catch (AIError e) {
      LOG.debug("The evaluation {} waits for the database: {}", plan.name(), e.getMessage());
    }
  }

  private void finish() throws InterruptedException {
    if (done.get() < plan.items().size()) {
      // Whatever kept an item from its end without a word.
      end(broken());
    }
    var status = ended().map(EvaluationEnd::status).orElse("done");
    var reason = ended().flatMap(EvaluationEnd::reason);
    for (var tries = 0; tries < LAST_TRIES; tries++) {
      write();
      if (allWritten() && close(status, reason)) {
        LOG.info(
            "The evaluation {} has ended ({}) after {} of {} items and {} USD",
            plan.name(),
            status,
            done.get(),
            plan.items().size(),
            asking.spent());
        return;
      }
      Thread.sleep(PACE);
    }
    LOG.warn("The end of the evaluation {} could not be written", plan.name());
  }

  private boolean allWritten() {
    synchronized (unwritten) {
      return unwritten.isEmpty();
    }
  }

  private boolean close(String status, Optional<String> reason) throws InterruptedException {
    try {
      var report = plan.report().of(Asking.got(table.items(plan.name())));
      Asking.got(table.end(plan.name(), status, reason, report, done.get(), asking.spent()));
      return true;
    } catch (AIError e) {
      LOG.debug("The evaluation {} waits for the database: {}", plan.name(), e.getMessage());
      return false;
    }
  }
}
