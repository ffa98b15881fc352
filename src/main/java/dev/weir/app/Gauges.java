package dev.weir.app;

import dev.weir.alerts.AlertStore;
import dev.weir.resilience.Overload;
import dev.weir.resilience.Throttles;
import dev.weir.telemetry.Logs;
import dev.weir.telemetry.Metrics;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** The figures that are read when somebody asks for the metrics. */
final class Gauges {
  private Gauges() {}

  static void register(
      Metrics metrics, UsageJournal journal, Logs logs, Doors doors, AlertStore alerts) {
    gauge(metrics, "weir.alerts.firing", "Alerts that are firing.", alerts::firing);
    gauge(
        metrics,
        "weir.calls.in.flight",
        "Calls and requests that are being answered now.",
        doors::inFlight);
    var usage = journal.writer();
    var disk = journal.directory();
    gauge(metrics, "weir.usage.waiting", "Usage records waiting for the database.", usage::waiting);
    gauge(metrics, "weir.usage.written", "Usage records written since the start.", usage::written);
    gauge(metrics, "weir.journal.bytes", "What the journal takes of the disk.", disk::bytes);
    gauge(metrics, "weir.journal.limit.bytes", "What the journal may take.", disk::limit);
    gauge(
        metrics,
        "weir.journal.refused",
        "Times since the start that the journal had no room for a call or an attempt.",
        disk::refused);
    gauge(
        metrics,
        "weir.usage.set.aside",
        "Usage records that the database refused for their content since the start.",
        usage::setAside);
    gauge(
        metrics,
        "weir.log.dropped",
        "Log lines dropped since the start because standard output was too slow.",
        logs::dropped);
  }

  /** Shows what the process and its providers are spared. */
  static void register(Metrics metrics, Overload overload, Throttles throttles) {
    gauge(
        metrics,
        "weir.overload.share",
        "Share of the calls that is shed because this node is saturated, 0 to 1.",
        overload::share);
    gauge(metrics, "weir.overload.shed", "Calls shed since the start.", overload::shed);
    for (var provider : throttles.providers()) {
      var labels = Map.of("provider", provider);
      metrics.gauge(
          "weir.provider.concurrency.limit",
          "Attempts that may be under way at a provider now.",
          labels,
          () -> throttles.limit(provider));
      metrics.gauge(
          "weir.provider.concurrency.used",
          "Attempts under way at a provider.",
          labels,
          () -> throttles.underWay(provider));
      metrics.gauge(
          "weir.provider.concurrency.waiting",
          "Attempts that wait for a place at a provider.",
          labels,
          () -> throttles.waiting(provider));
      metrics.gauge(
          "weir.provider.concurrency.refused",
          "Attempts refused since the start because too many waited for a provider.",
          labels,
          () -> throttles.refused(provider));
    }
  }

  private static void gauge(Metrics metrics, String name, String help, DoubleSupplier figure) {
    metrics.gauge(name, help, Map.of(), figure);
  }
}
