package dev.weir.app;

import dev.weir.cache.ResponseCache;
import dev.weir.core.Clock;
import dev.weir.gateway.Arms;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Stage;
import dev.weir.limits.AdmissionStage;
import dev.weir.limits.Limits;
import dev.weir.limits.RefusalLog;
import dev.weir.limits.SpendingStage;
import dev.weir.metering.CallJournal;
import dev.weir.metering.CallListener;
import dev.weir.metering.MeteringStage;
import dev.weir.output.OutputStage;
import dev.weir.pricing.TokenCounter;
import dev.weir.providers.UpstreamStage;
import dev.weir.providers.Upstreams;
import dev.weir.resilience.AttemptsStage;
import dev.weir.resilience.BreakerStage;
import dev.weir.resilience.Breakers;
import dev.weir.resilience.DeadlineStage;
import dev.weir.resilience.RetryBudget;
import dev.weir.resilience.SheddingStage;
import dev.weir.resilience.ThrottleStage;
import dev.weir.resilience.Throttles;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * The one place that says in which order the stages stand: a call's story from its admission to the
 * provider.
 *
 * @param reports is told of every call that ends
 * @param experiments gives calls their arms
 * @param arms tells which arm a user would get
 * @param limits admits calls
 * @param refusals remembers those that were turned away
 * @param cache answers what was asked before
 * @param samples keeps contents of calls, and sends copies to candidates
 * @param spending prices each attempt
 * @param output reads functions' values out of answers
 * @param overload turns calls away while there are too many
 * @param throttles bounds attempts at once to a provider
 * @param retryBudget bounds retries over all calls of the process
 * @param ownRetryBudget bounds those of Weir's own calls
 * @param breakers the breakers of the process
 * @param clock time
 */
record Stages(
    CallListener reports,
    Stage experiments,
    Arms arms,
    Limits limits,
    RefusalLog refusals,
    ResponseCache cache,
    Stage samples,
    SpendingStage spending,
    OutputStage output,
    SheddingStage overload,
    Throttles throttles,
    RetryBudget retryBudget,
    RetryBudget ownRetryBudget,
    Breakers breakers,
    Clock clock) {

  /** The stages of a running service. */
  static Stages of(
      Ground ground,
      CallReports reports,
      Trials trials,
      Limits limits,
      RefusalLog refusals,
      ResponseCache cache,
      Guards guards) {
    var config = ground.config();
    var clock = ground.clock();
    return new Stages(
        reports,
        trials.experiments().stage(),
        trials.experiments().arms(),
        limits,
        refusals,
        cache,
        trials.shadows().stage(),
        new SpendingStage(
            limits, ground::prices, new TokenCounter(), clock, OpenLimits.ceilings(config)),
        new OutputStage(config.output(), clock),
        new SheddingStage(guards.overload(), config.limits().overload(), limits::tier),
        guards.throttles(),
        new RetryBudget(config.retryBudget(), clock),
        new RetryBudget(config.retryBudget(), clock),
        guards.breakers(),
        clock);
  }

  /** The short story of an embedding: it is paid for and guarded like any attempt. */
  Chain embedding(Upstreams upstreams) {
    return Chain.of(
        List.of(spending, new BreakerStage(breakers, clock), new UpstreamStage(upstreams)));
  }

  /** The story, for one event loop with its own connections and its own journal. */
  Chain chain(Vertx vertx, Upstreams upstreams, CallJournal journal) {
    return Chain.of(
        List.of(
            new MeteringStage(journal, reports, clock),
            overload,
            new DeadlineStage(vertx, clock),
            experiments,
            new AdmissionStage(limits, refusals),
            cache.stage(embedding(upstreams)),
            samples,
            output,
            new AttemptsStage(
                vertx, clock, RandomGenerator.getDefault(), retryBudget, ownRetryBudget),
            new ThrottleStage(throttles, clock),
            spending,
            new BreakerStage(breakers, clock),
            new UpstreamStage(upstreams)));
  }

  /** How the cache makes calls of its own on one event loop. */
  ResponseCache.Way ownCalls(
      Context context, Gateway gateway, OwnCalls own, Upstreams upstreams, CallJournal journal) {
    var before =
        List.of(
            new MeteringStage(journal, reports, clock),
            overload,
            new DeadlineStage(context.owner(), clock),
            new AdmissionStage(limits, refusals));
    return new ResponseCache.Way(
        context,
        gateway,
        own,
        arms,
        embedding(upstreams),
        last -> Chain.of(Stream.concat(before.stream(), Stream.of(last)).toList()),
        spending::atMost);
  }
}
