package dev.weir.resilience;

import dev.weir.config.BreakerSettings;
import dev.weir.core.Clock;
import dev.weir.gateway.Target;
import io.vertx.core.Vertx;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The circuit breakers of this process, one for each provider and model, shared by all verticles.
 *
 * <p>Callers may ask a provider for any model name, so their number is bounded: at {@value #MOST},
 * those that are closed without a failure in the window make room, since nothing is lost with them.
 * If there is no such one, or if a name is longer than {@value #LONGEST_NAME} characters or holds
 * others than printable ASCII, the model shares one breaker with all such models of its provider,
 * shown as {@code *}.
 *
 * <p>Each change is logged, handed to the listener, and published on the event bus at {@value
 * #ADDRESS} as {@link BreakerChange#toJson JSON}, in order, on one event loop. Thread-safe.
 */
public final class Breakers {
  /** The event-bus address of the changes. */
  public static final String ADDRESS = "weir.breaker";

  static final int MOST = 1024;
  static final int LONGEST_NAME = 200;
  static final String SURPLUS = "*";

  private static final Logger LOG = LogManager.getLogger(Breakers.class);

  private record Key(String provider, String model) {}

  private final Vertx vertx;
  private final Clock clock;
  private final BreakerSettings settings;
  private final BreakerListener listener;
  private final Executor home;
  private final Map<Key, Breaker> breakers = new ConcurrentHashMap<>();
  private final Map<String, Breaker> surplus = new ConcurrentHashMap<>();

  /**
   * No breakers yet; each is made closed when its model is first asked.
   *
   * @param vertx its timers end the open state, its event bus carries the changes
   * @param clock measures the window
   * @param settings the same for all
   * @param listener hears of each change
   */
  public Breakers(Vertx vertx, Clock clock, BreakerSettings settings, BreakerListener listener) {
    var context = vertx.getOrCreateContext();
    this(vertx, clock, settings, listener, task -> context.runOnContext(_ -> task.run()));
  }

  Breakers(
      Vertx vertx, Clock clock, BreakerSettings settings, BreakerListener listener, Executor home) {
    this.vertx = vertx;
    this.clock = clock;
    this.settings = settings;
    this.listener = listener;
    this.home = home;
  }

  /** All breakers as they stand, by provider and model. A model not listed was not asked lately. */
  public List<BreakerStatus> states() {
    return Stream.concat(breakers.values().stream(), surplus.values().stream())
        .map(Breaker::status)
        .sorted(Comparator.comparing(BreakerStatus::provider).thenComparing(BreakerStatus::model))
        .toList();
  }

  Breaker of(Target target) {
    var key = new Key(target.servedBy(), target.model().name());
    var known = breakers.get(key);
    return known == null ? make(key) : known;
  }

  private synchronized Breaker make(Key key) {
    var known = breakers.get(key);
    if (known != null) {
      return known;
    }
    if (breakers.size() >= MOST) {
      breakers.values().removeIf(Breaker::idle);
    }
    if (breakers.size() >= MOST || !printable(key.model())) {
      return surplus.computeIfAbsent(key.provider(), p -> breaker(p, SURPLUS));
    }
    var made = breaker(key.provider(), key.model());
    breakers.put(key, made);
    return made;
  }

  private Breaker breaker(String provider, String model) {
    return new Breaker(provider, model, settings, vertx, clock, home, this::announce);
  }

  private static boolean printable(String name) {
    return name.length() <= LONGEST_NAME && name.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  private void announce(BreakerChange change) {
    LOG.log(
        change.to() == BreakerState.OPEN ? Level.WARN : Level.INFO,
        "Circuit breaker of {}/{}: {} to {} ({})",
        change.provider(),
        change.model(),
        change.from().label(),
        change.to().label(),
        change.reason());
    vertx.eventBus().publish(ADDRESS, change.toJson());
    listener.changed(change);
  }
}
