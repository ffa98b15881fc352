package dev.weir.registry;

import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Labels and the versions that they point to at one moment. Immutable.
 *
 * @param labels versions by label, by function
 * @param versions the labelled versions that can be served here
 */
record Board(
    Map<String, Map<String, String>> labels, Map<VersionKey, FunctionDefinition> versions) {
  static final String PRODUCTION = "production";
  static final Board EMPTY = new Board(Map.of(), Map.of());

  /** The version that a label points to. */
  Optional<String> label(String function, String label) {
    return Optional.ofNullable(labels.getOrDefault(function, Map.of()).get(label));
  }

  /** The files' functions, each in its production version where there is one. */
  FunctionCatalogue over(FunctionCatalogue files) {
    var served = new ArrayList<FunctionDefinition>();
    files.all().forEach(file -> served.add(production(file.name()).orElse(file)));
    labels.keySet().stream()
        .filter(name -> files.find(name).isEmpty())
        .forEach(name -> production(name).ifPresent(served::add));
    return labels.isEmpty() ? files : FunctionCatalogue.of(served);
  }

  private Optional<FunctionDefinition> production(String function) {
    return label(function, PRODUCTION)
        .flatMap(version -> Optional.ofNullable(versions.get(new VersionKey(function, version))));
  }

  /** The versions that labels point to. */
  static List<VersionKey> wanted(Map<String, Map<String, String>> labels) {
    return labels.entrySet().stream()
        .flatMap(f -> f.getValue().values().stream().map(v -> new VersionKey(f.getKey(), v)))
        .distinct()
        .toList();
  }
}
