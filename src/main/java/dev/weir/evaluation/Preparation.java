package dev.weir.evaluation;

import dev.weir.contents.Contents;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.gateway.ModelDirectory;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.ModelCheck;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.VersionKey;
import dev.weir.storage.Database;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Makes plans of orders: finds versions, judges and items, and refuses what cannot be done before
 * anything is spent.
 *
 * @param database where evaluations are kept
 * @param registry the versions
 * @param contents the stored contents
 * @param models the models
 * @param check says which models exist
 * @param clock makes names
 */
public record Preparation(
    Database database,
    PromptRegistry registry,
    Contents contents,
    ModelDirectory models,
    ModelCheck check,
    Clock clock) {
  private static final int NEAREST = 3;
  private static final int LONGEST_PREFIX = 50;
  private static final int SUFFIX = 8;

  /** An evaluation that can begin. */
  record Prepared(EvaluationTable.Beginning beginning, EvaluationRun.Plan plan) {}

  /**
   * The rest of an evaluation that another node began.
   *
   * @throws AIError {@code CONFLICT} if what is asked is not the same any more; {@code
   *     INVALID_REQUEST} if this Weir cannot read it; as {@link #of} where it cannot be asked here
   */
  EvaluationRun.Plan rest(Succession.Inherited one) throws InterruptedException {
    var candidate = Candidate.of(version(one.function(), one.candidate()), models);
    var baseline =
        one.baseline().isPresent()
            ? Optional.of(Candidate.of(version(one.function(), one.baseline().get()), models))
            : Optional.<Candidate>empty();
    var scorers = one.scorers().stream().map(Scorer::parse).toList();
    var judges = Judges.of(scorers, registry.get(), models, check);
    var asks = asks(candidate, baseline, judges);
    if (!asks.equals(one.asks())) {
      throw AIError.of(
          ErrorCode.CONFLICT,
          "It asked "
              + String.join(", ", one.asks())
              + ", which would be "
              + String.join(", ", asks)
              + " by now.");
    }
    return new EvaluationRun.Plan(
        one.held(),
        one.function(),
        one.left().stream().map(EvaluationWork.Left::item).toList(),
        one.items() - one.left().size(),
        candidate,
        baseline,
        scorers,
        judges,
        one.report());
  }

  /** All that is asked: function, version and model of each. */
  private static List<String> asks(
      Candidate candidate, Optional<Candidate> baseline, Judges judges) {
    return Stream.of(Stream.of(candidate), baseline.stream(), judges.all().stream())
        .flatMap(all -> all)
        .map(
            who ->
                who.function().name()
                    + " "
                    + who.function().version()
                    + " "
                    + who.route().first().model())
        .toList();
  }

  Prepared of(EvaluationOrder order, String by) throws InterruptedException {
    var candidate = Candidate.of(version(order.function(), order.candidate()), models);
    var asked = baseline(order);
    var baseline =
        asked.isPresent()
            ? Optional.of(Candidate.of(version(order.function(), asked.get()), models))
            : Optional.<Candidate>empty();
    var judges = Judges.of(order.scorers(), registry.get(), models, check);
    var name = order.name().orElseGet(() -> name(order.function()));
    var versions =
        baseline.isPresent()
            ? List.of(candidate.function(), baseline.get().function())
            : List.of(candidate.function());
    var items =
        order.cases().isPresent()
            ? ItemChoice.ofCases(name, order, order.cases().get(), versions)
            : ItemChoice.ofStored(this, name, order, versions, baseline.isEmpty());
    var report =
        new EvaluationReport(
            order.scorers().stream().map(Scorer::name).toList(),
            items.units(),
            items.unitsExpected());
    return new Prepared(
        new EvaluationTable.Beginning(
            name,
            order,
            candidate.function().version(),
            asked.orElse(EvaluationOrder.STORED),
            baseline.map(b -> List.of(b.function().version())).orElse(items.baselineVersions()),
            items.items(),
            items.units(),
            items.unitsExpected(),
            items.unfit(),
            items.leftOut(),
            asks(candidate, baseline, judges),
            by),
        new EvaluationRun.Plan(
            new EvaluationTable.Held(name, 1),
            order.function(),
            items.items(),
            0,
            candidate,
            baseline,
            order.scorers(),
            judges,
            report));
  }

  /** The label or version to ask as a baseline; empty for the answers that there are. */
  private static Optional<String> baseline(EvaluationOrder order) {
    var without =
        order.cases().stream()
            .flatMap(List::stream)
            .filter(one -> one.output().isEmpty())
            .findFirst();
    var wanted =
        order.baseline().orElse(without.isPresent() ? "production" : EvaluationOrder.STORED);
    if (!wanted.equals(EvaluationOrder.STORED)) {
      return Optional.of(wanted);
    }
    without.ifPresent(
        one -> {
          throw AIError.invalid(
              "Line "
                  + one.line()
                  + ": 'output' is missing, and with the baseline 'stored' it is what the candidate"
                  + " is compared with; name a label or a version as the baseline instead.");
        });
    return Optional.empty();
  }

  /** A version by its label or its name. */
  private FunctionDefinition version(String function, String wanted) throws InterruptedException {
    var label = registry.labelled(function, wanted);
    var version = label.orElse(wanted);
    var found =
        Asking.got(registry.version(new VersionKey(function, version)))
            .or(() -> registry.get().find(function).filter(f -> f.version().equals(version)));
    if (found.isPresent()) {
      return found.get();
    }
    if (registry.get().find(function).isEmpty() && registry.labels(function).isEmpty()) {
      var near = registry.get().nearest(function, NEAREST);
      throw AIError.of(
          ErrorCode.NOT_FOUND,
          "There is no function of this name."
              + (near.isEmpty() ? "" : " Did you mean " + String.join(", ", near) + "?"));
    }
    var labels = new TreeSet<>(registry.labels(function).keySet());
    labels.add("production");
    throw AIError.of(
        ErrorCode.NOT_FOUND,
        "'"
            + function
            + "' has no version and no label '"
            + wanted
            + "' that can be served here; its labels are "
            + String.join(", ", labels)
            + ".");
  }

  private String name(String function) {
    var id = Ids.next(clock).toString();
    var start =
        function.length() > LONGEST_PREFIX ? function.substring(0, LONGEST_PREFIX) : function;
    return (start.matches("[a-z][a-z0-9-]*") ? start : "eval")
        + "-"
        + id.substring(id.length() - SUFFIX);
  }
}
