package dev.weir.app;

import dev.weir.resilience.Breakers;
import dev.weir.resilience.HeapAfterCollection;
import dev.weir.resilience.Overload;
import dev.weir.resilience.Throttles;

/**
 * What spares this process and its providers.
 *
 * @param breakers of models that fail
 * @param overload of this process
 * @param throttles of providers that are slow
 */
record Guards(Breakers breakers, Overload overload, Throttles throttles) {

  static Guards open(Ground ground) {
    var config = ground.config();
    var clock = ground.clock();
    var overload =
        new Overload(
            config.limits().overload(), clock, ground.lag()::worst, new HeapAfterCollection());
    var throttles =
        config.limits().adaptiveConcurrency()
            ? new Throttles(config.providers().values(), ground.loops(), clock)
            : Throttles.none();
    Gauges.register(ground.metrics(), overload, throttles);
    return new Guards(
        new Breakers(ground.vertx(), clock, config.breaker(), new BreakerMeters(ground.metrics())),
        overload,
        throttles);
  }
}
