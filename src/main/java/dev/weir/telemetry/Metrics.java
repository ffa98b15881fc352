package dev.weir.telemetry;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.micrometer.Label;
import io.vertx.micrometer.MetricsDomain;
import io.vertx.micrometer.MicrometerMetricsFactory;
import io.vertx.micrometer.MicrometerMetricsOptions;
import io.vertx.micrometer.backends.BackendRegistries;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.DoubleSupplier;
import java.util.stream.Collectors;

/**
 * The meters of the process, and the text behind {@code /metrics}. Weir's own are called {@code
 * weir_*}; those of Vert.x and of the JVM stand beside them. Every label has a bounded set of
 * values, whatever callers send. Meters are registered once and handed to those who record.
 * Thread-safe.
 */
public final class Metrics implements AutoCloseable {
  /** Whoever sends other verbs would otherwise make a series of each. */
  private static final Set<String> VERBS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  private static final int MOST_SERIES = 50_000;

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics pauses = new JvmGcMetrics();
  private final String name = "weir-" + UUID.randomUUID();

  /** A registry with the meters of the JVM. */
  public Metrics() {
    registry
        .config()
        .meterFilter(MeterFilter.maximumAllowableMetrics(MOST_SERIES))
        .meterFilter(
            MeterFilter.replaceTagValues("method", verb -> VERBS.contains(verb) ? verb : "other"));
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
    pauses.bindTo(registry);
  }

  /** A Vert.x to be built whose servers, clients and pools are metered here. */
  public VertxBuilder vertx(VertxOptions options) {
    var metrics =
        new MicrometerMetricsOptions()
            .setRegistryName(name)
            .setLabels(
                EnumSet.of(Label.HTTP_METHOD, Label.HTTP_CODE, Label.POOL_TYPE, Label.POOL_NAME))
            .setDisabledMetricsCategories(
                Set.of(
                    MetricsDomain.NET_SERVER.toCategory(),
                    MetricsDomain.NET_CLIENT.toCategory(),
                    MetricsDomain.DATAGRAM_SOCKET.toCategory(),
                    MetricsDomain.EVENT_BUS.toCategory(),
                    MetricsDomain.VERTICLES.toCategory()))
            .setEnabled(true);
    return Vertx.builder()
        .with(new VertxOptions(options).setMetricsOptions(metrics))
        .withMetrics(new MicrometerMetricsFactory(registry));
  }

  /** Where the meters of a capability are registered, once, when it is built. */
  public MeterRegistry registry() {
    return registry;
  }

  /**
   * A figure that is read when it is asked for.
   *
   * @param name as in {@code weir.journal.depth}; becomes {@code weir_journal_depth}
   * @param help what it means, one sentence
   * @param labels few, each with a bounded set of values
   * @param figure reads it; any thread, must not block
   */
  public void gauge(String name, String help, Map<String, String> labels, DoubleSupplier figure) {
    var tags =
        labels.entrySet().stream()
            .map(label -> io.micrometer.core.instrument.Tag.of(label.getKey(), label.getValue()))
            .collect(Collectors.toList());
    Gauge.builder(name, figure, DoubleSupplier::getAsDouble)
        .description(help)
        .tags(Tags.of(tags))
        .strongReference(true)
        .register(registry);
  }

  /**
   * All meters as text. It takes milliseconds: call it on a worker thread.
   *
   * @param contentType Prometheus's text or OpenMetrics, as {@code Accept} has it
   */
  public String scrape(String contentType) {
    return registry.scrape(contentType);
  }

  @Override
  public void close() {
    pauses.close();
    BackendRegistries.stop(name);
    registry.close();
  }
}
