package dev.weir.config;

import dev.weir.core.Usd;
import java.util.List;
import java.util.Optional;

/**
 * A logical name of a model.
 *
 * @param name the name that functions and callers use
 * @param model the {@code provider/model} behind it
 * @param search whether a web search is forced
 * @param preset a provider's preset that goes with the model
 * @param fallbacks {@code provider/model} or logical names to try after it
 * @param maxCost what one request to the model costs at most, for models without a price or with
 *     fees that have no bound
 */
public record ModelAlias(
    String name,
    String model,
    boolean search,
    Optional<String> preset,
    List<String> fallbacks,
    Optional<Usd> maxCost) {
  /** Copies the fallbacks. */
  public ModelAlias {
    fallbacks = List.copyOf(fallbacks);
  }

  /** A name without a bound of its cost. */
  public ModelAlias(
      String name, String model, boolean search, Optional<String> preset, List<String> fallbacks) {
    this(name, model, search, preset, fallbacks, Optional.empty());
  }
}
