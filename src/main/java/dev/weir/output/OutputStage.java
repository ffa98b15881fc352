package dev.weir.output;

import dev.weir.gateway.Answer;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;

/**
 * Gives each call of a function its value: {@link Answer#data()} of the answer that goes on.
 *
 * <p>For a function with an output schema that is the JSON in the model's answer, repaired where it
 * is broken, without citation marks where the function says so, and valid by the schema; else the
 * call fails with {@code OUTPUT_UNPARSEABLE}, or with {@code OUTPUT_INVALID} and the violations in
 * its details. A function with {@code secondAsk} asks the model once more before that, with its
 * answer, the violations and the schema; not after an answer that was cut off or filtered, which
 * would only be so again, and not for a stream, which has been seen already. A function without an
 * output schema gives {@code {"text": ...}}. Other calls pass untouched.
 *
 * <p>What was mended is noted in the call's tally. Thread-safe.
 */
public final class OutputStage implements Stage {
  private final Repair repair;

  /** A stage that repairs what is broken. */
  public OutputStage() {
    this(new ModuleRepair());
  }

  OutputStage(Repair repair) {
    this.repair = repair;
  }

  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    return x.plan()
        .function()
        .map(function -> new FunctionRun(function, repair, x, next).run())
        .orElseGet(() -> next.proceed(x));
  }
}
