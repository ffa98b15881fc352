package dev.weir.experiments;

import dev.weir.gateway.Route;
import dev.weir.prompts.FunctionDefinition;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The experiments that run at one moment, as the calls see them. Immutable.
 *
 * @param byFunction those of each function, in slots that do not overlap
 */
record Roster(Map<String, List<Running>> byFunction) {
  static final Roster EMPTY = new Roster(Map.of());

  /**
   * One experiment.
   *
   * @param open whether users may enter it; a paused one keeps those it has
   * @param epoch the epoch of now
   * @param probabilities of the arms in this epoch
   * @param served the function's version with which the arms were compared; empty before that
   */
  record Running(
      String name,
      String layer,
      int slotFrom,
      int slotTo,
      String salt,
      boolean open,
      int epoch,
      List<Arm> arms,
      List<Double> probabilities,
      String served) {
    Running {
      arms = List.copyOf(arms);
      probabilities = List.copyOf(probabilities);
    }

    /** The same, its arms compared with this version. */
    Running comparedWith(String version) {
      return new Running(
          name, layer, slotFrom, slotTo, salt, open, epoch, arms, probabilities, version);
    }

    boolean owns(String user) {
      var slot = Draw.slot(layer, user);
      return slotFrom <= slot && slot < slotTo;
    }

    /** Whether a draw tells everything: there was no other epoch in which a user may have come. */
    boolean firstEpoch() {
      return epoch == 1 && open;
    }

    Optional<Arm> arm(String variant) {
      return arms.stream().filter(arm -> arm.name().equals(variant)).findFirst();
    }

    Arm control() {
      return arms.stream().filter(Arm::control).findFirst().orElseThrow();
    }
  }

  /**
   * One arm.
   *
   * @param offBeforeEpoch users of an earlier epoch get control's behaviour
   * @param production whether it was declared to be what is in production
   * @param function the function in the arm's version
   * @param route whom it asks
   */
  record Arm(
      String name,
      boolean control,
      int offBeforeEpoch,
      boolean production,
      FunctionDefinition function,
      Route route) {}

  /** The experiment that a user's calls of a function belong to. */
  Optional<Running> of(String function, String user) {
    for (var running : byFunction.getOrDefault(function, List.of())) {
      if (running.owns(user)) {
        return Optional.of(running);
      }
    }
    return Optional.empty();
  }

  /** An experiment by its name. */
  Optional<Running> named(String function, String name) {
    return byFunction.getOrDefault(function, List.of()).stream()
        .filter(running -> running.name().equals(name))
        .findFirst();
  }
}
