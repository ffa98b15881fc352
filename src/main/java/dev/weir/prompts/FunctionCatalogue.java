package dev.weir.prompts;

import java.util.List;
import java.util.Optional;

/** All functions at one moment: an immutable snapshot. */
public interface FunctionCatalogue {
  /** The function of this name. */
  Optional<FunctionDefinition> find(String name);

  /** The names nearest to a mistyped one, best first. */
  List<String> nearest(String name, int most);

  /** All functions by name. */
  List<FunctionDefinition> all();
}
