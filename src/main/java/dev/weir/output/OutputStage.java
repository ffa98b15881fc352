package dev.weir.output;

import dev.weir.config.OutputSettings;
import dev.weir.core.Clock;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import dev.weir.prompts.FunctionDefinition;
import io.vertx.core.Future;
import java.util.List;
import java.util.Optional;

/**
 * Gives each call of a function its value: {@link Answer#data()} of the answer that goes on.
 *
 * <p>For a function with an output schema that is the JSON in the model's answer, repaired where it
 * is broken, without citation marks where the function says so, and valid by the schema; else the
 * call fails with {@code OUTPUT_UNPARSEABLE}, or with {@code OUTPUT_INVALID} and the violations in
 * its details. A function with {@code secondAsk} asks the model once more before that, with its
 * answer, the violations and the schema; not after an answer that was cut off or filtered, which
 * would only be so again, and not for a stream, which has been seen already. A function in strict
 * mode gets no repair at all. A function without an output schema gives {@code {"text": ...}}.
 * Other calls pass untouched.
 *
 * <p>A caller that wants {@code partial} values of a stream finds them on its parts: the value so
 * far, tolerantly read, at most one in an interval and only when it has grown.
 *
 * <p>What was mended and what became of the answer is noted in the call's tally. Thread-safe.
 */
public final class OutputStage implements Stage {
  private final OutputSettings settings;
  private final Clock clock;
  private final Repair repair;

  /**
   * A stage that repairs what is broken.
   *
   * @param settings its bounds
   * @param clock time
   */
  public OutputStage(OutputSettings settings, Clock clock) {
    this.settings = settings;
    this.clock = clock;
    this.repair = new ModuleRepair(settings);
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    return x.plan()
        .function()
        .map(function -> run(function, x, next))
        .orElseGet(() -> next.proceed(x));
  }

  private Future<Reply> run(FunctionDefinition function, Exchange x, Chain next) {
    var reader = new AnswerReader(function, repair, settings.maxChars());
    var looks =
        x.call().options().partial() && function.output().isPresent()
            ? Optional.of(new PartialValues(settings, clock, reader.citations(List.of())))
            : Optional.<PartialValues>empty();
    return new FunctionRun(function, reader, looks, x, next).run();
  }
}
