package dev.weir.prompts;

import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * All functions at one moment: an immutable snapshot. A call takes its function from one snapshot
 * and keeps it to its end, so a reload never changes a call in flight.
 */
public interface FunctionCatalogue {
  /** A catalogue without functions. */
  FunctionCatalogue EMPTY = of(List.of());

  /**
   * A catalogue of these functions.
   *
   * @throws IllegalArgumentException if two have the same name
   */
  static FunctionCatalogue of(Collection<FunctionDefinition> functions) {
    return new CatalogueSnapshot(functions);
  }

  /** The function of this name; costs a hash. */
  Optional<FunctionDefinition> find(String name);

  /**
   * The names nearest to a mistyped one, best first: what a reply about an unknown function
   * suggests. Costs a few milliseconds for 10,000 functions.
   */
  List<String> nearest(String name, int most);

  /** All functions by name. */
  List<FunctionDefinition> all();
}
