package dev.weir.alerts;

import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One round of the detector over some minutes. Pure: the memory before and what was spent in, the
 * memory after and what has to be told out.
 *
 * @param memory of every series that spent or fires
 * @param found those that begin to jump
 * @param over those whose jump has ended
 */
record Round(Map<Series, PulseTable.Kept> memory, List<Found> found, Set<Series> over) {
  /**
   * A jump.
   *
   * @param series whose
   * @param expected what it usually costs in a minute of that hour, in USD
   * @param spent what it did cost in its last minute
   * @param excess what it cost above the expected since the jump began
   */
  record Found(Series series, double expected, double spent, double excess) {
    JsonObject detail() {
      return new JsonObject()
          .put("kind", series.kind())
          .put("id", series.id())
          .put("expected_usd_per_minute", rounded(expected))
          .put("last_minute_usd", rounded(spent))
          .put("above_expected_usd", rounded(excess));
    }

    private static double rounded(double usd) {
      return Math.round(usd * 1e6) / 1e6;
    }
  }

  /**
   * Learns the minutes up to {@code last}.
   *
   * @param before the memory of every series that is in {@code costs}, and of those that fire
   */
  static Round of(
      Detector detector,
      Map<String, Season> seasons,
      Map<Series, PulseTable.Kept> before,
      List<PulseTable.Cost> costs,
      long last) {
    var minutes = new HashMap<Series, TreeMap<Long, Double>>();
    for (var cost : costs) {
      for (var series : List.of(Series.user(cost.user()), Series.function(cost.function()))) {
        minutes
            .computeIfAbsent(series, _ -> new TreeMap<>())
            .merge(cost.minute(), cost.usd(), Double::sum);
      }
    }
    var memory = new HashMap<Series, PulseTable.Kept>();
    var found = new ArrayList<Found>();
    var over = new HashSet<Series>();
    before.forEach(
        (series, kept) -> {
          var season = PulseTable.season(seasons, series);
          var firing = kept.firing();
          var pulse = kept.pulse();
          for (var cost : minutes.getOrDefault(series, new TreeMap<>()).entrySet()) {
            if (cost.getKey() <= pulse.minute()) {
              continue;
            }
            var expected = detector.expected(pulse, season, cost.getKey());
            pulse = detector.learn(pulse, season, cost.getKey(), cost.getValue());
            if (!firing && detector.alarms(pulse)) {
              firing = true;
              found.add(new Found(series, expected, cost.getValue(), pulse.excess()));
            }
          }
          pulse = detector.quietUntil(pulse, season, last);
          if (firing && detector.calm(pulse)) {
            firing = false;
            over.add(series);
          }
          memory.put(series, new PulseTable.Kept(pulse, firing));
        });
    return new Round(memory, found, over);
  }
}
