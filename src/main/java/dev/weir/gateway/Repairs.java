package dev.weir.gateway;

import java.util.List;
import java.util.Map;

/**
 * What was mended in a model's answer.
 *
 * @param kinds how often, by kind: a name of the few that docs/json-repair.md lists, or {@code
 *     second_ask}
 * @param lines in words, for {@code meta.repairs}; bounded, so they may be fewer
 */
public record Repairs(Map<String, Integer> kinds, List<String> lines) {
  /** Nothing was mended. */
  public static final Repairs NONE = new Repairs(Map.of(), List.of());

  /** Copies both. */
  public Repairs {
    kinds = Map.copyOf(kinds);
    lines = List.copyOf(lines);
  }

  /** One thing that was mended. */
  public static Repairs one(String kind, String words) {
    return new Repairs(Map.of(kind, 1), List.of(kind + ": " + words));
  }
}
