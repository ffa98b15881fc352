package dev.weir.prompts;

import java.util.List;
import java.util.stream.Stream;

/** What a reload changed. */
record CatalogueDifference(
    List<String> added, List<String> changed, List<String> removed, int total) {
  private static final int SHOWN = 5;

  /** A loader hands out the same function for the same bytes, so equality is mostly identity. */
  static CatalogueDifference between(FunctionCatalogue before, FunctionCatalogue after) {
    return new CatalogueDifference(
        names(after.all().stream().filter(f -> before.find(f.name()).isEmpty())),
        names(
            after.all().stream()
                .filter(
                    f -> before.find(f.name()).filter(former -> !former.equals(f)).isPresent())),
        names(before.all().stream().filter(f -> after.find(f.name()).isEmpty())),
        after.all().size());
  }

  boolean isEmpty() {
    return added.isEmpty() && changed.isEmpty() && removed.isEmpty();
  }

  private static List<String> names(Stream<FunctionDefinition> functions) {
    return functions.map(FunctionDefinition::name).toList();
  }

  /** For the log: {@code 1 changed (cover-letter), 2 added (a, b), 7 in all}. */
  @Override
  public String toString() {
    return part(changed, "changed")
        + part(added, "added")
        + part(removed, "removed")
        + total
        + " in all";
  }

  private static String part(List<String> names, String verb) {
    if (names.isEmpty()) {
      return "";
    }
    var more = names.size() > SHOWN ? ", ..." : "";
    return "%d %s (%s%s), "
        .formatted(
            names.size(),
            verb,
            String.join(", ", names.subList(0, Math.min(SHOWN, names.size()))),
            more);
  }
}
