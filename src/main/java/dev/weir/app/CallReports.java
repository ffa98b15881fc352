package dev.weir.app;

import dev.weir.bus.RefusalListener;
import dev.weir.core.AIError;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Origin;
import dev.weir.gateway.OutputOutcome;
import dev.weir.gateway.Target;
import dev.weir.http.AccessListener;
import dev.weir.metering.CallListener;
import dev.weir.telemetry.CallLog;
import dev.weir.telemetry.CallMeters;
import dev.weir.telemetry.CostWatch;
import dev.weir.telemetry.FinishedCall;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Tells the log and the meters of every call that has ended: of those that the gateway ran when the
 * metering stage says so, of requests that never became a call when their door says so.
 * Thread-safe.
 */
final class CallReports implements CallListener, AccessListener, RefusalListener {
  private final CallLog log;
  private final CallMeters meters;
  private final CostWatch costs;

  CallReports(CallLog log, CallMeters meters, CostWatch costs) {
    this.log = log;
    this.meters = meters;
    this.costs = costs;
  }

  @Override
  public void finished(Exchange x, Duration took, Optional<AIError> error) {
    report(finishedCall(x, took, error));
    x.tally().attempts().stream()
        .filter(a -> !a.usage().equals(Usage.NONE))
        .forEach(
            a ->
                costs.attempt(
                    a.target().servedBy(),
                    a.target().model().toString(),
                    a.cost(),
                    a.providerCost()));
  }

  @Override
  public void served(Served request) {
    if (request.call().isEmpty() && request.failure().isPresent()) {
      report(
          refused(
              request.id(),
              request.correlation(),
              request.route(),
              request.failure(),
              request.took()));
    }
  }

  @Override
  public void refused(UUID id, Optional<String> correlation, AIError why, Duration took) {
    report(refused(id, correlation, Origin.Door.BUS.label(), Optional.of(why), took));
  }

  private void report(FinishedCall call) {
    log.finished(call);
    meters.finished(call);
  }

  private static FinishedCall refused(
      UUID id, Optional<String> correlation, String door, Optional<AIError> why, Duration took) {
    return new FinishedCall(
        id,
        correlation,
        door,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        why,
        "off",
        false,
        false,
        0,
        took,
        Optional.empty(),
        Map.of(),
        Optional.empty(),
        List.of());
  }

  private static FinishedCall finishedCall(Exchange x, Duration took, Optional<AIError> error) {
    var tally = x.tally();
    var target = tally.lastTarget();
    var attempts =
        tally.attempts().stream()
            .map(
                a ->
                    new FinishedCall.Attempted(
                        a.target().servedBy(),
                        a.failure(),
                        a.took(),
                        a.usage(),
                        a.cost().orElse(Usd.ZERO)))
            .toList();
    return new FinishedCall(
        x.origin().id(),
        x.origin().correlation(),
        x.origin().door().label(),
        Optional.of(x.followed().label()),
        Optional.of(x.principal().user()),
        x.followed().variant(),
        target.map(t -> t.model().toString()),
        error,
        tally.cache().label(),
        x.call().stream(),
        target.map(Target::simulated).orElse(false),
        tally.retries(),
        took,
        tally.firstByteNanos() == 0
            ? Optional.empty()
            : Optional.of(Duration.ofNanos(tally.firstByteNanos() - x.origin().arrivedNanos())),
        tally.repairKinds(),
        tally.output().map(OutputOutcome::label),
        attempts);
  }
}
