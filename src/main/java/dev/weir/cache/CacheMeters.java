package dev.weir.cache;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.EnumMap;
import java.util.Map;

/**
 * The cache's own meters; how calls fared stands in {@code weir_calls_total} by its label {@code
 * cache}. Registered once. Thread-safe.
 */
final class CacheMeters {
  private final MeterRegistry registry;
  private final Map<Frame.Flaw, Counter> flaws = new EnumMap<>(Frame.Flaw.class);
  private final Counter aside;
  private final Counter stored;
  private final Counter refused;
  private final Counter saved;
  private final Counter promoted;
  private final Counter warmed;
  private final Map<PassedOver, Counter> passedOver = new EnumMap<>(PassedOver.class);

  CacheMeters(MeterRegistry registry) {
    this.registry = registry;
    for (var flaw : Frame.Flaw.values()) {
      flaws.put(
          flaw,
          Counter.builder("weir.cache.flaws")
              .description("What was found or made and is no entry, by why")
              .tag("reason", flaw.label())
              .register(registry));
    }
    aside = counter("aside", "Times that the second level stepped aside");
    stored = counter("stored", "Answers stored in the second level");
    refused = counter("refused", "Answers not stored because they were invalidated or overtaken");
    saved = counter("saved.usd", "What the calls answered by the cache had cost, in US dollars");
    for (var why : PassedOver.values()) {
      passedOver.put(
          why,
          Counter.builder("weir.cache.passed.over")
              .description("Times that an answer was worth asking for again and was not, by why")
              .tag("reason", why.label())
              .register(registry));
    }
    warmed = counter("warmed", "Answers that were asked for again before their time was over");
    promoted = counter("promoted", "Calls that took over an identical call whose own end came");
  }

  private Counter counter(String name, String help) {
    return Counter.builder("weir.cache." + name).description(help).register(registry);
  }

  /** Shows what is in memory, and whether it is trusted. */
  void watch(FirstLevel first, Flights flights, Generations generations) {
    gauge("bytes", "What the first level weighs", first::bytes);
    gauge("entries", "Entries in the first level", first::entries);
    gauge("flights", "Different calls that others may wait for", flights::size);
    gauge("waiting", "Calls that wait for the answer of an identical one", flights::waiting);
    gauge(
        "trusted",
        "1 while word of invalidations comes through, so that the first level answers",
        () -> generations.fresh() ? 1 : 0);
  }

  private void gauge(String name, String help, java.util.function.LongSupplier figure) {
    Gauge.builder("weir.cache." + name, figure, f -> (double) f.getAsLong())
        .description(help)
        .strongReference(true)
        .register(registry);
  }

  void flaw(Frame.Flaw flaw) {
    var counter = flaws.get(flaw);
    if (counter != null) {
      counter.increment();
    }
  }

  void aside() {
    aside.increment();
  }

  /** What became of an answer; of those that are none to keep, or were lost, others tell. */
  void became(Fate fate) {
    switch (fate) {
      case STORED -> stored.increment();
      case REFUSED -> refused.increment();
      case UNFIT, LOST -> {}
    }
  }

  void saved(double usd) {
    saved.increment(usd);
  }

  void promoted() {
    promoted.increment();
  }

  void warmed() {
    warmed.increment();
  }

  void passedOver(PassedOver why, long times) {
    var counter = passedOver.get(why);
    if (counter != null) {
      counter.increment((double) times);
    }
  }
}
