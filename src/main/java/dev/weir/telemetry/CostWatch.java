package dev.weir.telemetry;

import dev.weir.core.Clock;
import dev.weir.core.Usd;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Watches what attempts cost: by our price table beside the provider's own figure, and those that
 * have no price at all. Meters {@code weir_cost_differences_total} and {@code
 * weir_unpriced_attempts_total}, by provider and model; a model that differs is logged once an
 * hour, with both sums and nobody's name.
 *
 * <p>The first {@value #MOST_MODELS} models have labels of their own, others share {@value #OTHER}.
 * Thread-safe; never blocks.
 */
public final class CostWatch {
  private static final Logger LOG = LogManager.getLogger(CostWatch.class);
  private static final int MOST_MODELS = 200;
  private static final String OTHER = "other";
  private static final Duration HOUR = Duration.ofHours(1);
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);

  private final MeterRegistry registry;
  private final BigDecimal percent;
  private final BigDecimal least;
  private final Clock clock;
  private final Map<Model, Kept> models = new ConcurrentHashMap<>();

  private record Model(String provider, String name) {}

  /**
   * A watch.
   *
   * @param registry where its meters are registered
   * @param percent a difference up to so many percent of the provider's figure is none
   * @param leastUsd nor is one up to so many dollars
   * @param clock tells the hours
   */
  public CostWatch(MeterRegistry registry, BigDecimal percent, BigDecimal leastUsd, Clock clock) {
    this.registry = registry;
    this.percent = percent;
    this.least = leastUsd;
    this.clock = clock;
  }

  /**
   * A model whose figures have differed within the last hour.
   *
   * @param model {@code provider/model}
   * @param ours what the compared attempts cost by our prices since it was last logged
   * @param theirs and by the provider's own figures
   */
  public record Strayed(String model, Usd ours, Usd theirs) {}

  /**
   * An attempt has ended that consumed something.
   *
   * @param provider who served it
   * @param model {@code provider/model}
   * @param ours by our prices; empty if the model has none
   * @param theirs by the provider's own figure, where it gives one
   */
  public void attempt(String provider, String model, Optional<Usd> ours, Optional<Usd> theirs) {
    var kept = kept(new Model(provider, model));
    if (ours.isEmpty()) {
      kept.unpriced.increment();
    } else {
      theirs.ifPresent(figure -> compare(kept, ours.get(), figure));
    }
  }

  /** The models whose figures differ now. */
  public List<Strayed> strayed() {
    var now = clock.now();
    var all = new ArrayList<Strayed>();
    models.values().forEach(kept -> kept.strayed(now).ifPresent(all::add));
    return all;
  }

  private void compare(Kept kept, Usd ours, Usd theirs) {
    var differs = differ(ours, theirs);
    if (differs) {
      kept.differences.increment();
    }
    kept.add(ours, theirs, differs, clock.now())
        .ifPresent(
            sums ->
                LOG.warn(
                    "What {} costs differs from the provider's own figure: by our prices {} USD,"
                        + " by its figure {} USD since this was last said; see the view"
                        + " cost_differences and conf/prices.yaml",
                    sums.model(),
                    sums.ours(),
                    sums.theirs()));
  }

  private boolean differ(Usd ours, Usd theirs) {
    var difference = ours.minus(theirs).dollars().abs();
    var allowed = theirs.dollars().abs().multiply(percent).divide(HUNDRED).max(least);
    return difference.compareTo(allowed) > 0;
  }

  private Kept kept(Model model) {
    var known = models.get(model);
    if (known != null) {
      return known;
    }
    return models.computeIfAbsent(
        models.size() < MOST_MODELS ? model : new Model(OTHER, OTHER), this::keep);
  }

  private Kept keep(Model model) {
    return new Kept(
        model.name,
        counter(
            "weir.cost.differences",
            "Attempts whose cost differs from the provider's own figure by more than the tolerance",
            model),
        counter("weir.unpriced.attempts", "Attempts at models without a price", model));
  }

  private Counter counter(String name, String help, Model model) {
    return Counter.builder(name)
        .description(help)
        .tags("provider", model.provider, "model", model.name)
        .register(registry);
  }

  /** What is kept of one model; its own lock guards it. */
  private static final class Kept {
    final Counter differences;
    final Counter unpriced;
    private final String model;
    private Usd ours = Usd.ZERO;
    private Usd theirs = Usd.ZERO;
    private Optional<Instant> said = Optional.empty();
    private Optional<Instant> strayed = Optional.empty();
    private Strayed last;

    Kept(String model, Counter differences, Counter unpriced) {
      this.model = model;
      this.differences = differences;
      this.unpriced = unpriced;
      this.last = new Strayed(model, Usd.ZERO, Usd.ZERO);
    }

    /** Adds a pair; what is to be said, if the hour's line has not been written yet. */
    synchronized Optional<Strayed> add(Usd our, Usd their, boolean differs, Instant now) {
      ours = ours.plus(our);
      theirs = theirs.plus(their);
      if (!differs) {
        return Optional.empty();
      }
      strayed = Optional.of(now);
      last = new Strayed(model, ours, theirs);
      if (said.filter(before -> now.isBefore(before.plus(HOUR))).isPresent()) {
        return Optional.empty();
      }
      said = Optional.of(now);
      ours = Usd.ZERO;
      theirs = Usd.ZERO;
      return Optional.of(last);
    }

    synchronized Optional<Strayed> strayed(Instant now) {
      return strayed.filter(at -> now.isBefore(at.plus(HOUR))).map(_ -> last);
    }
  }
}
