package dev.weir.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.RetryPolicy;
import dev.weir.prompts.TimeoutRange;
import dev.weir.prompts.Violation;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Judges a call before anything is spent on it, and plans how it is answered. Thread-safe; reads
 * one snapshot of the catalogue per call.
 */
public final class Planner {
  private static final Duration SHORTEST_TIMEOUT = Duration.ofMillis(1);
  private static final int NEAREST = 3;
  private static final int VIOLATIONS_IN_MESSAGE = 3;

  private final Supplier<FunctionCatalogue> catalogue;
  private final ModelDirectory models;

  /**
   * A planner.
   *
   * @param catalogue the current snapshot of the functions
   * @param models the known models
   */
  public Planner(Supplier<FunctionCatalogue> catalogue, ModelDirectory models) {
    this.catalogue = catalogue;
    this.models = models;
  }

  Exchange plan(Origin origin, Call call, Principal principal) {
    var plan =
        switch (call) {
          case Call.OfFunction f -> planFunction(f, principal);
          case Call.OfModel m ->
              planModel("chat", m, m.model(), new Ask.Chat(m.body(), m.stream()), principal);
          case Call.OfEmbedding e -> planEmbedding(e, principal);
        };
    return new Exchange(
        origin, call, principal, plan, Optional.empty(), new Cancellation(), new Tally());
  }

  private Plan planFunction(Call.OfFunction call, Principal principal) {
    var functions = catalogue.get();
    var function =
        functions.find(call.function()).orElseThrow(() -> unknown(call.function(), functions));
    if (!principal.mayCall(function.name())) {
      throw AIError.of(
          ErrorCode.FORBIDDEN,
          "This key may not call the function '"
              + function.name()
              + "'; use a key with it in its allowed functions.");
    }
    validate(function, call.input());
    var ask = Ask.Prompted.of(function, call.input(), call.stream());
    return new Plan(
        function.name(),
        Optional.of(function),
        Optional.empty(),
        ask,
        models.routeFunction(function.model(), function.fallbacks()),
        function.retry(),
        timeout(call.options(), function.timeout()));
  }

  /**
   * Of the model alone, never of its fallbacks: the vectors of two models cannot be compared, so
   * those of another one would spoil whatever the caller keeps them in.
   */
  private Plan planEmbedding(Call.OfEmbedding call, Principal principal) {
    var plan = planModel("embeddings", call, call.model(), call.ask(), principal);
    return plan.routed(new Route(plan.route().requested(), List.of(plan.route().first())));
  }

  private Plan planModel(String label, Call call, String model, Ask ask, Principal principal) {
    if (!principal.mayAsk(model)) {
      throw AIError.of(
          ErrorCode.FORBIDDEN,
          "This key may not ask for this model; use a key with it in its allowed models.");
    }
    return new Plan(
        label,
        Optional.empty(),
        Optional.empty(),
        ask,
        models.route(model, List.of()),
        RetryPolicy.DEFAULT,
        timeout(call.options(), TimeoutRange.DEFAULT));
  }

  private static void validate(FunctionDefinition function, JsonNode input) {
    var violations = function.input().validate(input);
    if (!violations.isEmpty()) {
      throw AIError.invalid(
              violations.stream()
                  .limit(VIOLATIONS_IN_MESSAGE)
                  .map(v -> v.path() + " " + v.message())
                  .collect(
                      Collectors.joining(
                          "; ",
                          "The input does not fit the schema of '" + function.name() + "': ",
                          violations.size() > VIOLATIONS_IN_MESSAGE ? "; and more." : ".")))
          .with("violations", violations.stream().map(Planner::detail).toList());
    }
  }

  private static java.util.Map<String, Object> detail(Violation violation) {
    return java.util.Map.of("path", violation.path(), "message", violation.message());
  }

  private static Duration timeout(CallOptions options, TimeoutRange range) {
    return options
        .timeout()
        .map(wish -> wish.compareTo(range.max()) > 0 ? range.max() : wish)
        .map(wish -> wish.compareTo(SHORTEST_TIMEOUT) < 0 ? SHORTEST_TIMEOUT : wish)
        .orElse(range.standard());
  }

  private static AIError unknown(String name, FunctionCatalogue functions) {
    var near = functions.nearest(name, NEAREST);
    var hint =
        near.isEmpty()
            ? "GET /v1/functions lists those there are."
            : "Did you mean " + String.join(", ", near) + "? GET /v1/functions lists all.";
    return AIError.of(ErrorCode.NOT_FOUND, "There is no function of this name. " + hint)
        .with("nearest", near);
  }
}
