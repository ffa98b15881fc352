package dev.weir.health;

import dev.weir.core.Clock;
import dev.weir.telemetry.EventLoopLag;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.ext.healthchecks.CheckResult;
import io.vertx.ext.healthchecks.HealthChecks;
import io.vertx.ext.healthchecks.Status;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/**
 * The checks of this process and where it is in its life: starting, ready, draining.
 *
 * <p>Rooms register their checks before the start ends; {@code app} calls {@link #started} when all
 * is up and {@link #draining} first of all when it ends, so that load balancers turn away before
 * calls do. Thread-safe.
 */
public final class Health {
  /** A loop that is silent for so long will not come back: only a restart helps. */
  private static final Duration STUCK = Duration.ofSeconds(10);

  /** Above the bound of {@link Recent}, which is the one that counts. */
  private static final long PROCEDURE_MS = 5_000;

  private final Clock clock;
  private final HealthChecks live;
  private final HealthChecks ready;
  private final HealthChecks startup;
  private final Map<String, Supplier<Object>> sections = new ConcurrentHashMap<>();
  private final ConcurrentLinkedQueue<Supplier<List<Concern>>> concerns =
      new ConcurrentLinkedQueue<>();
  private volatile Phase phase = Phase.STARTING;

  /** Where a process is in its life. */
  public enum Phase {
    /** Not everything is up yet. */
    STARTING,
    /** Taking calls. */
    READY,
    /** Finishing those under way and taking no more. */
    DRAINING
  }

  /** The health of a process that is starting. */
  public Health(Vertx vertx, Clock clock, EventLoopLag lag) {
    this.clock = clock;
    this.live = HealthChecks.create(vertx);
    this.ready = HealthChecks.create(vertx);
    this.startup = HealthChecks.create(vertx);
    register(live, "event-loops", () -> failIf(lag.worst().compareTo(STUCK) > 0, "stuck"));
    register(startup, "started", () -> failIf(phase == Phase.STARTING, "starting"));
    register(ready, "phase", () -> failIf(phase != Phase.READY, phase.name()));
    concern(() -> Strain.ofLoops(lag.worst()));
    concern(Strain::ofMemory);
    section("event_loop_lag_ms", () -> lag.worst().toMillis());
    section("memory", Strain::memory);
    section("phase", () -> phase.name());
  }

  /**
   * Registers a check without which this process should get no calls: the database answers, the
   * catalogue is loaded. It is asked at most once a second, given 750 ms, and forgiven for 3 s
   * after it was last well.
   *
   * @param name as in {@code database}; shown to anyone
   * @param probe succeeds if all is well; must not block
   */
  public void needs(String name, Supplier<Future<Void>> probe) {
    var recent = new Recent(clock, probe);
    register(ready, name, recent::ask);
  }

  /**
   * Adds a part of the report for admins.
   *
   * @param name its key in the report
   * @param figures reads it: a string, number, boolean, map or list; must not block
   */
  public void section(String name, Supplier<Object> figures) {
    sections.put(name, figures);
  }

  /** Adds something that may lower the score: open breakers, a deep queue. Must not block. */
  public void concern(Supplier<List<Concern>> source) {
    concerns.add(source);
  }

  /** Everything is up. */
  public void started() {
    phase = Phase.READY;
  }

  /** The end has begun: not ready any more, and never again. */
  public void draining() {
    phase = Phase.DRAINING;
  }

  /** Where this process is in its life. */
  public Phase phase() {
    return phase;
  }

  /** Whether the process works at all; if not, a restart may help. */
  Future<CheckResult> live() {
    return live.checkStatus();
  }

  /** Whether calls should be sent here. */
  Future<CheckResult> ready() {
    return ready.checkStatus();
  }

  /** Whether the start is over. */
  Future<CheckResult> startup() {
    return startup.checkStatus();
  }

  /** Everything there is to say. */
  Future<SystemReport> system() {
    return Future.all(live(), ready())
        .map(
            both ->
                SystemReport.of(
                    List.of(both.resultAt(0), both.resultAt(1)),
                    concerns.stream().flatMap(source -> read(source).stream()).toList(),
                    sections));
  }

  private static List<Concern> read(Supplier<List<Concern>> source) {
    try {
      return source.get();
    } catch (RuntimeException e) {
      return List.of(new Concern(5, "a check failed: " + e.getClass().getSimpleName()));
    }
  }

  private static void register(HealthChecks checks, String name, Supplier<Future<Void>> probe) {
    checks.register(
        name, PROCEDURE_MS, (Promise<Status> p) -> probe.get().map(Status.OK()).onComplete(p));
  }

  private static Future<Void> failIf(boolean bad, String reason) {
    return bad ? Future.failedFuture(reason) : Future.succeededFuture();
  }
}
