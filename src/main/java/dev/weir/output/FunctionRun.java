package dev.weir.output;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.OutputOutcome;
import dev.weir.gateway.Repairs;
import dev.weir.gateway.Reply;
import dev.weir.prompts.FunctionDefinition;
import io.vertx.core.Future;
import java.util.Optional;

/** One call of a function, from its answer to its value. Confined to the call's event loop. */
final class FunctionRun {
  private final FunctionDefinition function;
  private final AnswerReader reader;
  private final Optional<PartialValues> looks;
  private final Exchange x;
  private final Chain next;

  FunctionRun(
      FunctionDefinition function,
      AnswerReader reader,
      Optional<PartialValues> looks,
      Exchange x,
      Chain next) {
    this.function = function;
    this.reader = reader;
    this.looks = looks;
    this.x = x;
    this.next = next;
  }

  Future<Reply> run() {
    return next.proceed(x).compose(this::first);
  }

  private Future<Reply> first(Reply reply) {
    return switch (reply) {
      case Reply.Streamed streamed -> passing(streamed);
      case Reply.Whole(var answer) ->
          switch (reader.read(answer)) {
            case Reading.Fits fits -> {
              fits.outcome().ifPresent(x.tally()::output);
              yield found(answer, fits);
            }
            case Reading.Misfit misfit ->
                secondAsk(answer, misfit)
                    .map(ask -> askAgain(ask, answer, misfit))
                    .orElseGet(() -> failed(misfit, misfit.error()));
          };
    };
  }

  private Optional<Ask> secondAsk(Answer answer, Reading.Misfit misfit) {
    return function.repair().secondAsk()
            && misfit.worthAsking()
            && x.cancellation().reason().isEmpty()
            && x.plan().ask() instanceof Ask.Prompted asked
        ? function
            .output()
            .map(schema -> SecondAsk.of(asked, answer.text(), misfit.complaint(), schema))
        : Optional.empty();
  }

  /**
   * Asks again. That was our own idea: if it fails, the caller learns what became of the first
   * answer, unless the whole call was ended meanwhile.
   */
  private Future<Reply> askAgain(Ask ask, Answer first, Reading.Misfit misfit) {
    return next.proceed(x.with(x.plan().asking(ask)))
        .recover(_ -> failed(misfit, x.cancellation().reason().orElse(misfit.error())))
        .compose(reply -> second(reply, first, misfit));
  }

  private Future<Reply> second(Reply reply, Answer first, Reading.Misfit misfit) {
    return switch (reply) {
      case Reply.Streamed streamed -> passing(streamed);
      case Reply.Whole(var second) -> {
        var answer = withSources(second, first);
        yield switch (reader.read(answer)) {
          case Reading.Fits fits -> {
            x.tally().repaired(Repairs.one("second_ask", "The model was asked once more."));
            x.tally()
                .output(
                    misfit.outcome().equals(Optional.of(OutputOutcome.INVALID))
                        ? OutputOutcome.CORRECTED
                        : OutputOutcome.RESCUED);
            yield found(answer, fits);
          }
          case Reading.Misfit still -> failed(still, still.error());
        };
      }
    };
  }

  private Future<Reply> found(Answer answer, Reading.Fits fits) {
    x.tally().repaired(fits.repairs());
    return Future.succeededFuture(new Reply.Whole(answer.with(fits.value())));
  }

  private Future<Reply> failed(Reading.Misfit misfit, AIError error) {
    misfit.outcome().ifPresent(x.tally()::output);
    return Future.failedFuture(error);
  }

  private Future<Reply> passing(Reply.Streamed streamed) {
    return Future.succeededFuture(
        new Reply.Streamed(new ReadStream(streamed.stream(), reader, looks, x.tally())));
  }

  /** What the model corrects still rests on the pages that it found at first. */
  private static Answer withSources(Answer second, Answer first) {
    return second.sources().isEmpty()
        ? new Answer(
            second.text(),
            second.data(),
            second.finish(),
            second.model(),
            second.usage(),
            second.providerCost(),
            first.sources(),
            second.wire())
        : second;
  }
}
