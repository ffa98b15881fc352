package dev.weir.experiments;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.experiments.Roster.Arm;
import dev.weir.experiments.Roster.Running;
import dev.weir.gateway.Arms;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Assignment;
import dev.weir.gateway.Call;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Plan;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Gives a call of a function its arm, before anything else is decided about it. A user keeps the
 * arm: in an experiment's first epoch the hash alone says it, later what was stored when the user
 * came. Where nobody can tell in time, the call is answered as if there were no experiment, and is
 * part of none. So is a call whose function takes or gives something else than the arms: it was
 * checked by that promise. Weir's own calls are no user's; some are planned as a user's would be,
 * and count for nobody. Shared by all event loops.
 */
final class ExperimentStage implements Stage, Arms {
  private final Supplier<Roster> roster;
  private final Exposures exposures;

  ExperimentStage(Supplier<Roster> roster, Exposures exposures) {
    this.roster = roster;
    this.exposures = exposures;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    if (!(x.call() instanceof Call.OfFunction call) || x.principal().isWeir()) {
      return next.proceed(x);
    }
    var now = roster.get();
    if (call.options().variant().isPresent()) {
      return override(x, next, now, call, call.options().variant().get());
    }
    return now.of(call.function(), x.principal().user())
        .filter(running -> promised(x, running))
        .map(running -> enter(x, next, running))
        .orElseGet(() -> next.proceed(x));
  }

  @Override
  public Future<Exchange> as(Exchange x, String user) {
    var running =
        x.call() instanceof Call.OfFunction call
            ? roster.get().of(call.function(), user).filter(r -> promised(x, r))
            : Optional.<Running>empty();
    return running.map(r -> as(x, user, r)).orElseGet(() -> Future.succeededFuture(x));
  }

  private Future<Exchange> as(Exchange x, String user, Running running) {
    var key = new Exposure.Key(running.name(), user);
    var known = exposures.remembered(key);
    var exposure =
        known.isPresent() || running.firstEpoch()
            ? Future.succeededFuture(known.or(() -> Optional.of(draw(running, key))))
            : exposures
                .stored(key)
                .map(
                    stored ->
                        running.open() ? stored.or(() -> Optional.of(draw(running, key))) : stored);
    return exposure.map(e -> e.flatMap(one -> plan(x, running, one)).map(x::replanned).orElse(x));
  }

  /** Whether the arms were compared with what this call was checked by; another may have come. */
  private static boolean promised(Exchange x, Running running) {
    return x.plan().function().filter(f -> f.version().equals(running.served())).isPresent();
  }

  private Future<Reply> enter(Exchange x, Chain next, Running running) {
    var key = new Exposure.Key(running.name(), x.principal().user());
    var known = exposures.remembered(key);
    if (known.isPresent()) {
      return exposed(x, next, running, key, known.get());
    }
    if (running.firstEpoch()) {
      return exposed(x, next, running, key, drawn(running, key));
    }
    return exposures
        .stored(key)
        .map(stored -> running.open() ? stored.or(() -> Optional.of(drawn(running, key))) : stored)
        // The database is away: the user's arm cannot be known, and another would be worse.
        .otherwise(Optional.empty())
        .compose(
            exposure ->
                exposure
                    .map(e -> exposed(x, next, running, key, e))
                    .orElseGet(() -> next.proceed(x)));
  }

  /** A user who is new here enters the epoch of now. */
  private Exposure drawn(Running running, Exposure.Key key) {
    var exposure = draw(running, key);
    exposures.tell(key, exposure);
    return exposure;
  }

  private static Exposure draw(Running running, Exposure.Key key) {
    var n = Draw.arm(Draw.point(running.salt(), key.user()), running.probabilities());
    return new Exposure(
        running.arms().get(n).name(), running.epoch(), running.probabilities().get(n));
  }

  private Future<Reply> exposed(
      Exchange x, Chain next, Running running, Exposure.Key key, Exposure exposure) {
    var plan = plan(x, running, exposure);
    if (plan.isEmpty()) {
      return next.proceed(x);
    }
    var counts = plan.get().assignment().filter(Assignment::counts).isPresent();
    return next.proceed(x.replanned(plan.get()))
        .onFailure(
            e -> {
              if (counts && !x.tally().admitted() && refusal(e)) {
                exposures.refused(key, exposure);
              }
            });
  }

  /** The plan of an exposed user's call; empty if the arm is gone. */
  private static Optional<Plan> plan(Exchange x, Running running, Exposure exposure) {
    return running
        .arm(exposure.variant())
        .map(
            own -> {
              var off = exposure.epoch() < own.offBeforeEpoch();
              return plan(
                  x,
                  off ? running.control() : own,
                  new Assignment(
                      running.name(),
                      exposure.variant(),
                      exposure.epoch(),
                      exposure.probability(),
                      off ? Assignment.Kind.SWITCHED_OFF : Assignment.Kind.ASSIGNED));
            });
  }

  private static boolean refusal(Throwable e) {
    return AIError.from(e).code() != ErrorCode.CANCELLED;
  }

  private Future<Reply> override(
      Exchange x, Chain next, Roster now, Call.OfFunction call, String wish) {
    var slash = wish.indexOf('/');
    var name = slash < 0 ? "" : wish.substring(0, slash);
    var found =
        now.named(call.function(), name)
            .filter(running -> promised(x, running))
            .flatMap(r -> r.arm(wish.substring(slash + 1)));
    if (found.isEmpty()) {
      return Future.failedFuture(
          AIError.of(
              ErrorCode.NOT_FOUND,
              slash < 1 || slash == wish.length() - 1
                  ? "A variant must be named as experiment/variant."
                  : "'"
                      + call.function()
                      + "' has no experiment called '"
                      + shortened(name)
                      + "' that runs, or that has no variant called '"
                      + shortened(wish.substring(slash + 1))
                      + "'."));
    }
    var arm = found.get();
    var assignment = new Assignment(name, arm.name(), 0, 1, Assignment.Kind.OVERRIDE);
    return next.proceed(x.replanned(plan(x, arm, assignment)));
  }

  private static String shortened(String text) {
    return text.length() > 63 ? text.substring(0, 63) : text;
  }

  /** The same call, asked in the arm's version; its deadline stays, its timer runs already. */
  private static Plan plan(Exchange x, Arm arm, Assignment assignment) {
    var was = x.plan();
    var input = ((Call.OfFunction) x.call()).input();
    return new Plan(
        was.label(),
        Optional.of(arm.function()),
        Optional.of(assignment),
        Ask.Prompted.of(arm.function(), input, was.ask().stream()),
        arm.route(),
        arm.function().retry(),
        was.timeout());
  }
}
