package dev.weir.experiments;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * An experiment as somebody wants it; {@link SpecReader} has checked all that can be checked
 * without the registry.
 *
 * @param name its name
 * @param function the function
 * @param description what for
 * @param layer its exclusion group; the function's name if nothing is said
 * @param slotFrom the first of its slots
 * @param slotTo the slot after its last
 * @param salt of the arms' hash; made if nothing is said
 * @param bandit whether weights follow what is learned
 * @param window how long a user is watched
 * @param feedbackWindow how long after a call its feedback counts
 * @param settle how long after a window's end calls may take to come to an end
 * @param arms the arms in their order; one is control
 * @param plan what is fixed before the start
 */
record Spec(
    String name,
    String function,
    String description,
    String layer,
    int slotFrom,
    int slotTo,
    Optional<String> salt,
    boolean bandit,
    Duration window,
    Duration feedbackWindow,
    Duration settle,
    List<Arm> arms,
    ExperimentPlan plan) {
  Spec {
    arms = List.copyOf(arms);
  }

  /**
   * An arm.
   *
   * @param name its name
   * @param control whether the others are compared with it
   * @param weight its share, of the sum of all
   * @param promptVersion a version, or a label
   * @param changes what it changes of that version; empty for nothing
   */
  record Arm(
      String name, boolean control, double weight, String promptVersion, ObjectNode changes) {}
}
