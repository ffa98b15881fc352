package dev.weir.gateway;

import java.util.List;

/**
 * The targets of a call in the order in which they are tried.
 *
 * @param requested the name that was asked for: {@code provider/model} or a logical name
 * @param targets the first choice, then the fallbacks; at least one
 */
public record Route(String requested, List<Target> targets) {
  /** Copies the targets and checks that there is one. */
  public Route {
    targets = List.copyOf(targets);
    if (targets.isEmpty()) {
      throw new IllegalArgumentException("a route needs a target");
    }
  }

  /** The first choice. */
  public Target first() {
    return targets.getFirst();
  }
}
