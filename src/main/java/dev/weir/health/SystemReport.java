package dev.weir.health;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import io.vertx.ext.healthchecks.CheckResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * How the whole process is: a score out of 100, its status, and for an admin what lies behind it.
 *
 * @param status healthy from 90, degraded from 50, else unhealthy; always unhealthy when not ready
 * @param score 0 to 100
 * @param checks each check with its failure
 * @param concerns what took off the score
 * @param sections figures of the rooms, by name
 */
record SystemReport(
    Status status,
    int score,
    List<CheckResult> checks,
    List<Concern> concerns,
    Map<String, Supplier<Object>> sections) {

  enum Status {
    HEALTHY,
    DEGRADED,
    UNHEALTHY
  }

  static SystemReport of(
      List<CheckResult> results, List<Concern> concerns, Map<String, Supplier<Object>> sections) {
    var checks = new ArrayList<CheckResult>();
    results.forEach(result -> checks.addAll(result.getChecks()));
    var penalty = concerns.stream().mapToInt(Concern::penalty).sum();
    var up = checks.stream().allMatch(CheckResult::isUp);
    var score = Math.clamp(100L - penalty, 0, 100);
    return new SystemReport(
        !up || score < 50 ? Status.UNHEALTHY : score < 90 ? Status.DEGRADED : Status.HEALTHY,
        up ? score : 0,
        checks,
        concerns,
        new TreeMap<>(sections));
  }

  boolean serves() {
    return status != Status.UNHEALTHY;
  }

  /** What anyone may read. */
  ObjectNode brief() {
    return Json.object().put("status", status.name().toLowerCase(Locale.ROOT)).put("score", score);
  }

  /** What an admin reads. */
  ObjectNode full() {
    var report = brief();
    var list = report.putArray("checks");
    for (var check : checks) {
      var entry = list.addObject().put("name", check.getId());
      entry.put("status", CheckResult.isUp(check) ? "up" : "down");
      if (check.getFailure() != null) {
        entry.put("reason", String.valueOf(check.getFailure().getMessage()));
      }
    }
    var worries = report.putArray("concerns");
    concerns.forEach(c -> worries.addObject().put("text", c.text()).put("penalty", c.penalty()));
    sections.forEach((name, figures) -> report.set(name, Json.mapper().valueToTree(read(figures))));
    return report;
  }

  private static Object read(Supplier<Object> figures) {
    try {
      return figures.get();
    } catch (RuntimeException e) {
      return "unavailable: " + e.getClass().getSimpleName();
    }
  }
}
