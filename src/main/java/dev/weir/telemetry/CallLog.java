package dev.weir.telemetry;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import java.time.Duration;
import java.util.Optional;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * One line for each finished call: INFO, WARN if the provider or the storage failed, ERROR with a
 * stack trace if Weir did. Thread-safe; never waits.
 */
public final class CallLog {
  private static final Logger LOG = LogManager.getLogger("dev.weir.call");

  private final UserHash users;

  /** A log that names users by their hash. */
  public CallLog(UserHash users) {
    this.users = users;
  }

  /** Writes the line of a call. */
  public void finished(FinishedCall call) {
    var level = level(call.error());
    if (LOG.isEnabled(level)) {
      LOG.log(level, message(call));
    }
  }

  private static Level level(Optional<AIError> error) {
    if (error.isEmpty()) {
      return Level.INFO;
    }
    var code = error.get().code();
    return code == ErrorCode.INTERNAL
        ? Level.ERROR
        : code.status() >= 500 ? Level.WARN : Level.INFO;
  }

  private CallMessage message(FinishedCall call) {
    var usage = call.usage();
    var line =
        new CallMessage(sentence(call))
            .field("event.action", "call")
            .field("event.outcome", call.error().isEmpty() ? "success" : "failure")
            .field("event.duration", call.took().toNanos())
            .field("http.request.id", call.id().toString())
            .field("http.response.status_code", call.status())
            .field("weir.door", call.door())
            .field("weir.code", call.code())
            .field("weir.cache", call.cache())
            .field("weir.streamed", call.streamed())
            .field("weir.retries", call.retries())
            .field("weir.duration_ms", ms(call.took()))
            .field("weir.input_tokens", usage.inputTokens())
            .field("weir.output_tokens", usage.outputTokens())
            .field("weir.cost_usd", call.cost().dollars())
            .field("weir.attempts", call.attempts().size());
    call.correlation().ifPresent(id -> line.field("weir.correlation_id", id));
    call.function().ifPresent(function -> line.field("weir.function", function));
    call.user().ifPresent(user -> line.field("user.hash", users.of(user)));
    call.variant().ifPresent(variant -> line.field("weir.variant", variant));
    call.model().ifPresent(model -> line.field("weir.model", model));
    call.firstByte().ifPresent(wait -> line.field("weir.first_byte_ms", ms(wait)));
    if (call.simulated()) {
      line.field("weir.simulated", true);
    }
    if (usage.estimated()) {
      line.field("weir.usage_estimated", true);
    }
    call.error().ifPresent(error -> line.field("error.code", error.code().name()));
    call.error()
        .filter(error -> error.code() == ErrorCode.INTERNAL)
        .flatMap(error -> Optional.ofNullable(error.getCause()))
        .ifPresent(
            cause ->
                line.field("error.type", cause.getClass().getName())
                    .field("error.stack_trace", Traces.of(cause)));
    return line;
  }

  /** What a person reads on a terminal. */
  private static String sentence(FinishedCall call) {
    var text = new StringBuilder();
    text.append(call.function().orElse(call.door()))
        .append(' ')
        .append(call.code())
        .append(" in ")
        .append(ms(call.took()))
        .append(" ms");
    call.model().ifPresent(model -> text.append(", ").append(model));
    if (call.simulated()) {
      text.append(" (simulated)");
    }
    if (!call.attempts().isEmpty()) {
      var usage = call.usage();
      text.append(", ")
          .append(usage.inputTokens())
          .append(" + ")
          .append(usage.outputTokens())
          .append(" tokens, ")
          .append(call.cost())
          .append(" USD");
    }
    if (!call.cache().equals("off")) {
      text.append(", cache ").append(call.cache());
    }
    return text.append(", ").append(call.id()).toString();
  }

  private static long ms(Duration duration) {
    return duration.toMillis();
  }
}
