package dev.weir.experiments;

import dev.weir.experiments.stats.ArmValue;
import dev.weir.experiments.stats.Estimate;
import dev.weir.experiments.stats.Posterior;
import dev.weir.experiments.stats.Posteriors;
import dev.weir.experiments.stats.RatioSums;
import dev.weir.experiments.stats.SampleRatio;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The users who entered a test: their windows have closed, and their metric is known. Kept by
 * epoch, and never put together over epochs but by comparisons within them. Constant room per epoch
 * and arm. Not thread-safe.
 */
final class Entered {
  private final Map<Lot, Map<String, RatioSums>> sums = new LinkedHashMap<>();
  private final Map<String, ArmValue> values = new HashMap<>();

  /**
   * Among which arms users were drawn. Users of an arm that was switched off end early; what is
   * said of the others is said under the condition that a user is in none such.
   */
  private record Lot(int epoch, List<String> arms) {}

  /**
   * @param experiment as it is
   * @param alpha of each arm's value, told where weights follow the data
   */
  Entered(Judged experiment, double alpha) {
    if (experiment.bandit()) {
      for (var arm : experiment.arms()) {
        values.put(
            arm.name(), new ArmValue(alpha, experiment.plan().expectedUsers(), experiment.floor()));
      }
    }
  }

  /** Takes a user with a judged trial. */
  void add(Judged now, ClosedUnit unit, double share) {
    var among =
        now.arms().stream()
            .filter(arm -> arm.compares(unit.epoch(), unit.windowEndsAt()))
            .map(Judged.Arm::name)
            .filter(arm -> now.probability(unit.epoch(), arm) > 0)
            .toList();
    if (!among.contains(unit.arm())) {
      return;
    }
    sums.computeIfAbsent(new Lot(unit.epoch(), among), _ -> new HashMap<>())
        .merge(unit.arm(), RatioSums.NONE.with(share, 1), RatioSums::plus);
    if (!values.isEmpty()) {
      var total = total(now, unit.epoch(), among);
      for (var arm : among) {
        Objects.requireNonNull(values.get(arm))
            .observe(
                arm.equals(unit.arm()),
                share,
                Math.min(1, now.probability(unit.epoch(), arm) / total));
      }
    }
  }

  private static double total(Judged now, int epoch, List<String> arms) {
    return arms.stream().mapToDouble(arm -> now.probability(epoch, arm)).sum();
  }

  /** What all users would have had in this arm; of a bandit alone. */
  Optional<Estimate> value(String arm) {
    return Optional.ofNullable(values.get(arm)).map(ArmValue::estimate);
  }

  /**
   * Whether as many entered from each arm as were sent there: an arm that makes users stay away, or
   * keep their opinions to themselves, leaves other users to compare.
   */
  SampleRatio ratio(Judged now) {
    var ratio = new SampleRatio(now.arms().size());
    sums.forEach(
        (lot, arms) -> {
          var total = total(now, lot.epoch(), lot.arms());
          var all = now.arms().stream().map(Judged.Arm::name).toList();
          ratio.observeAll(
              all.stream().mapToLong(arm -> of(arms, arm).users()).toArray(),
              all.stream()
                  .mapToDouble(
                      arm ->
                          lot.arms().contains(arm) ? now.probability(lot.epoch(), arm) / total : 0)
                  .toArray());
        });
    return ratio;
  }

  private static RatioSums of(Map<String, RatioSums> arms, String arm) {
    return arms.getOrDefault(arm, RatioSums.NONE);
  }

  /**
   * What is believed of the arms that users are sent to now, in their order; by epochs in which all
   * of them were.
   */
  Map<String, Posterior> posteriors(Judged now) {
    var arms =
        now.arms().stream()
            .filter(arm -> !arm.off() && now.probability(now.epoch(), arm.name()) > 0)
            .toList();
    var epochs = new TreeMap<Integer, Map<String, RatioSums>>();
    sums.forEach(
        (lot, of) ->
            of.forEach(
                (arm, more) ->
                    epochs
                        .computeIfAbsent(lot.epoch(), _ -> new HashMap<>())
                        .merge(arm, more, RatioSums::plus)));
    var told = new ArrayList<Posteriors.Epoch>();
    epochs.forEach(
        (epoch, of) ->
            told.add(
                new Posteriors.Epoch(
                    arms.stream().map(arm -> of(of, arm.name())).toList(),
                    arms.stream()
                        .map(arm -> epoch < arm.from() ? 0.0 : now.probability(epoch, arm.name()))
                        .toList())));
    var posteriors =
        Posteriors.of(arms.size(), told, now.bandit() ? Posteriors.BANDIT_DISCOUNT : 1);
    var all = new LinkedHashMap<String, Posterior>();
    for (var n = 0; n < arms.size(); n++) {
      all.put(arms.get(n).name(), posteriors.get(n));
    }
    return all;
  }
}
