package dev.weir.evaluation;

import dev.weir.core.Usd;
import java.util.List;
import java.util.Optional;

/**
 * What somebody wants evaluated.
 *
 * @param name what it will be called; empty for a name of Weir's choice
 * @param function the function
 * @param candidate the label or the version that is tried out
 * @param baseline the label or the version that it is compared with; empty for the answers that the
 *     items come with, or for production where they come with none
 * @param scorers by what; at least one
 * @param cases the items; empty for the function's stored contents
 * @param limit how many items at most
 * @param version of stored contents only those that this version answered
 * @param budget what it may cost
 */
record EvaluationOrder(
    Optional<String> name,
    String function,
    String candidate,
    Optional<String> baseline,
    List<Scorer> scorers,
    Optional<List<Case>> cases,
    int limit,
    Optional<String> version,
    Usd budget) {
  /** The baseline that is no version but the answers that there are. */
  static final String STORED = "stored";

  /** Items of one evaluation, at most. */
  static final int MOST_ITEMS = 2_000;
}
