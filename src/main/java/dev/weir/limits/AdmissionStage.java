package dev.weir.limits;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;

/**
 * Admits a call: takes a unit from each of its subjects, or turns it away. From here on it leaves
 * exactly one usage record, whatever becomes of it. When it ends without an answer and nothing was
 * sent for it, or all that was sent was refused, its units come back (LEDGER section 5).
 */
public final class AdmissionStage implements Stage {
  private final Limits limits;
  private final RefusalLog refusals;

  /**
   * A stage over the process's limits.
   *
   * @param refusals remembers whom it turned away, and who ran out of money later
   */
  public AdmissionStage(Limits limits, RefusalLog refusals) {
    this.limits = limits;
    this.refusals = refusals;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    var who = Who.of(x.principal());
    x.tally().allowance(() -> limits.allowance(who));
    var entered = limits.enforce(x.origin().id(), who, Tokens.estimate(x), x.cancellation());
    return entered.succeeded()
        ? admitted(x, next, entered.result())
        : entered
            .onFailure(e -> refusals.refused(x, AIError.from(e)))
            .compose(charge -> admitted(x, next, charge));
  }

  private Future<Reply> admitted(Exchange x, Chain next, Charge charge) {
    // A call whose time ran out while it waited must not go on.
    var cancelled = x.cancellation().reason();
    if (cancelled.isPresent()) {
      limits.end(charge, true);
      return Future.failedFuture(cancelled.get());
    }
    if (!charge.free()) {
      x.tally().startedAt(charge.startedAt());
      x.tally().debit(charge.debit());
    }
    x.tally().admit();
    return x.tally()
        .marks()
        .admitted(x)
        .compose(_ -> next.proceed(x))
        .onFailure(
            e -> {
              end(x, charge, true);
              if (AIError.from(e).code() == ErrorCode.BUDGET_EXCEEDED) {
                refusals.refused(x, AIError.from(e));
              }
            })
        .map(
            reply ->
                reply.observed(_ -> end(x, charge, false), (AIError _) -> end(x, charge, true)));
  }

  private void end(Exchange x, Charge charge, boolean failed) {
    limits.end(charge, failed, x.tally().usage().totalTokens());
    if (charge.returned()) {
      x.tally().unitReturned();
    }
  }
}
