package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.gateway.Ask;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.Plan;
import dev.weir.gateway.Route;
import dev.weir.prompts.FunctionDefinition;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A version that is asked for its own sake.
 *
 * @param function the version
 * @param route whom to ask: its first choice only, since another model's answer would say nothing
 *     of it
 */
record Candidate(FunctionDefinition function, Route route) {
  /** A version by the models of now. */
  static Candidate of(FunctionDefinition function, ModelDirectory models) {
    var route = models.routeFunction(function.model(), function.fallbacks());
    return new Candidate(function, new Route(route.requested(), List.of(route.first())));
  }

  /**
   * How it is asked.
   *
   * @param label what records and meters call it, so that the function's own figures stay its own
   */
  Plan plan(String label, JsonNode input) {
    return plan(label, input, function.timeout().standard());
  }

  /** The same, with another deadline than the version's own. */
  Plan plan(String label, JsonNode input, Duration timeout) {
    return new Plan(
        label,
        Optional.of(function),
        Optional.empty(),
        Ask.Prompted.of(function, input, false),
        route,
        function.retry(),
        timeout);
  }
}
