package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.contents.Contents;
import dev.weir.core.AIError;
import dev.weir.prompts.FunctionDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * The items of an evaluation.
 *
 * @param unitsExpected how many of their users have one of which is known what the answer should be
 * @param unfit stored inputs that do not fit a version that is to be asked
 * @param leftOut stored calls that failed for a reason that says nothing of a version
 * @param baselineVersions who gave the stored answers
 */
record ItemChoice(
    List<Item> items, int unitsExpected, int unfit, int leftOut, List<String> baselineVersions) {
  private static final int PAGE = 50;
  private static final int MOST_TOLD = 5;

  /** How many users they have. */
  int units() {
    return items.getLast().unit() + 1;
  }

  /** The first so many cases of a file; refuses them if one cannot be asked. */
  static ItemChoice ofCases(
      String name, EvaluationOrder order, List<Case> all, List<FunctionDefinition> versions) {
    var cases = all.subList(0, Math.min(order.limit(), all.size()));
    var faults =
        cases.stream()
            .flatMap(
                one ->
                    versions.stream()
                        .map(version -> fault(version, one.input()))
                        .flatMap(Optional::stream)
                        .limit(1)
                        .map(fault -> "line " + one.line() + ": " + fault))
            .toList();
    if (!faults.isEmpty()) {
      throw AIError.invalid(
          faults.size()
              + " of "
              + cases.size()
              + " inputs cannot be asked: "
              + faults.stream().limit(MOST_TOLD).collect(Collectors.joining("; "))
              + (faults.size() > MOST_TOLD ? "; and more." : "."));
    }
    for (var one : cases) {
      takes(order, "Line " + one.line(), one.expected());
    }
    var items = ItemOrder.ofCases(name, Accounts.principal(Accounts.ofEvaluation(name)), cases);
    var expected =
        items.stream()
            .filter(item -> item.given().flatMap(Case::expected).isPresent())
            .map(Item::unit)
            .distinct()
            .count();
    return new ItemChoice(items, (int) expected, 0, 0, List.of());
  }

  private static Optional<String> fault(FunctionDefinition version, JsonNode input) {
    return version.input().validate(input).stream()
        .findFirst()
        .map(v -> v.path() + " " + v.message());
  }

  private static void takes(EvaluationOrder order, String where, Optional<JsonNode> expected) {
    for (var scorer : order.scorers()) {
      if (scorer instanceof Scorer.Contains contains && !contains.takes(expected)) {
        throw AIError.invalid(
            where
                + ": 'expected' is a text of more than "
                + Scorer.LONGEST_EXPECTED
                + " characters, which is too long for 'contains' to look for.");
      }
    }
  }

  /**
   * The newest stored contents. Only their names stay in memory; each is read at its turn.
   *
   * @param from where they are
   * @param compared whether the stored answers are the baseline: then those are left out that
   *     failed for a reason that says nothing of the version
   */
  static ItemChoice ofStored(
      Preparation from,
      String name,
      EvaluationOrder order,
      List<FunctionDefinition> versions,
      boolean compared)
      throws InterruptedException {
    var filter = Contents.Filter.callsOf(order.function());
    if (order.version().isPresent()) {
      var wanted = order.version().get();
      filter = filter.of(from.registry().labelled(order.function(), wanted).orElse(wanted));
    }
    var sources = new ArrayList<ItemOrder.Source>();
    var answered = new TreeSet<String>();
    var unfit = 0;
    var leftOut = 0;
    while (sources.size() < order.limit()) {
      var page = Asking.got(from.contents().find(filter, PAGE, true));
      for (var row : page.contents()) {
        var content = row.parsed();
        if (versions.stream().anyMatch(v -> fault(v, content.input()).isPresent())) {
          unfit++;
        } else if (compared && content.error().filter(Outcome::saysNothing).isPresent()) {
          leftOut++;
        } else if (sources.size() < order.limit()) {
          takes(order, "The content " + content.id(), content.expected());
          answered.add(content.version());
          sources.add(
              new ItemOrder.Source(content.id(), content.user(), content.expected().isPresent()));
        }
      }
      if (page.next().isEmpty() || unfit + leftOut > EvaluationOrder.MOST_ITEMS) {
        break;
      }
      filter = filter.after(page.next().get());
    }
    if (sources.isEmpty()) {
      throw AIError.invalid(
          unfit > 0
              ? "None of the stored inputs fits the schema of the version that is to be asked."
              : leftOut > 0
                  ? "All stored calls were failed by their provider, so there is no answer to"
                      + " compare with; name a version as the baseline."
                  : "There are no stored contents to replay. A function keeps them if its file says"
                      + " 'store'; or give cases of your own.");
    }
    var expected =
        sources.stream().filter(ItemOrder.Source::expected).map(ItemOrder.Source::user).distinct();
    return new ItemChoice(
        ItemOrder.ofStored(name, sources),
        (int) expected.count(),
        unfit,
        leftOut,
        List.copyOf(answered));
  }
}
