package dev.weir.gateway;

import java.util.List;

/** Turns the name of a model into a route. The seam to the {@code providers} room; thread-safe. */
public interface ModelDirectory {
  /**
   * The route of a model name, with the logical name's own fallbacks and then those given.
   *
   * @param name {@code provider/model} or a logical name of conf/weir.yaml
   * @param fallbacks further names to try after it
   * @throws dev.weir.core.AIError {@code NOT_FOUND} with the three nearest names if it is unknown
   */
  Route route(String name, List<String> fallbacks);

  /**
   * The route of a model that a function names. It differs from {@link #route} where the operator
   * has put every function on one model; what a caller asks for by name is never replaced.
   *
   * @param model the model in the function's file
   * @param fallbacks those after it
   * @throws dev.weir.core.AIError as {@link #route} does
   */
  default Route routeFunction(String model, List<String> fallbacks) {
    return route(model, fallbacks);
  }

  /**
   * Whether all that may answer under this name has a price: else some of its calls are recorded
   * without a cost.
   */
  default boolean priced(String name) {
    return false;
  }

  /** As {@link #priced}, of a model that a function names and those after it. */
  default boolean pricedFunction(String model, List<String> fallbacks) {
    return priced(model) && fallbacks.stream().allMatch(this::priced);
  }

  /** Every name that can be asked for, sorted: for {@code GET /v1/models} and suggestions. */
  List<String> names();
}
