package dev.weir.prompts;

import dev.weir.core.Nearest;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The catalogue as a hash table beside a sorted list. */
final class CatalogueSnapshot implements FunctionCatalogue {
  private final Map<String, FunctionDefinition> byName;
  private final List<FunctionDefinition> sorted;

  CatalogueSnapshot(Collection<FunctionDefinition> functions) {
    sorted = functions.stream().sorted(Comparator.comparing(FunctionDefinition::name)).toList();
    byName = HashMap.newHashMap(sorted.size());
    for (var function : sorted) {
      if (byName.put(function.name(), function) != null) {
        throw new IllegalArgumentException("two functions are called " + function.name());
      }
    }
  }

  @Override
  public Optional<FunctionDefinition> find(String name) {
    return Optional.ofNullable(byName.get(name));
  }

  @Override
  public List<String> nearest(String name, int most) {
    return Nearest.of(name, byName.keySet(), most);
  }

  @Override
  public List<FunctionDefinition> all() {
    return sorted;
  }
}
