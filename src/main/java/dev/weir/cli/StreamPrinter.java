package dev.weir.cli;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A function's stream on a terminal: the text as it comes on the standard output, what it cost on
 * the other. Where the final result differs from the text (it was repaired, or its citations were
 * removed), it follows.
 */
final class StreamPrinter {
  private final PrintWriter out;
  private final PrintWriter err;
  private final StringBuilder text = new StringBuilder();
  private String event = "";
  private Optional<CommandFailure> failure = Optional.empty();
  private boolean finished;

  StreamPrinter(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
  }

  /** Prints the stream to its end; the exit code. */
  int print(Stream<String> lines) {
    lines.forEach(this::line);
    if (failure.isPresent()) {
      throw failure.get();
    }
    if (!finished) {
      throw new CommandFailure(ExitCode.TRY_LATER, "The stream ended before the answer did.");
    }
    return ExitCode.OK;
  }

  private void line(String line) {
    if (line.startsWith("event:")) {
      event = line.substring("event:".length()).strip();
    } else if (line.startsWith("data:")) {
      received(Json.parse(line.substring("data:".length()).strip()));
    } else if (line.isEmpty()) {
      event = "";
    }
  }

  private void received(JsonNode data) {
    switch (event) {
      case "delta" -> {
        var part = data.path("text").asText();
        text.append(part);
        out.print(part);
        out.flush();
      }
      case "result" -> {
        finished = true;
        out.println();
        if (!saidAlready(data)) {
          out.println(KeyPrinter.pretty(data));
        }
      }
      case "error" -> {
        out.println();
        failure = Optional.of(CallCommand.refused(data.has("error") ? data.path("error") : data));
      }
      case "meta" -> err.println(summary(data));
      default -> {} // Heartbeats, partial values, and what later versions may add.
    }
  }

  private boolean saidAlready(JsonNode result) {
    try {
      return result.isTextual()
          ? result.textValue().contentEquals(text)
          : result.equals(Json.parse(text.toString()));
    } catch (AIError _) {
      return false;
    }
  }

  private static String summary(JsonNode meta) {
    return meta.path("provider").asText("?")
        + " "
        + meta.path("model").asText("?")
        + ", "
        + meta.path("execution_time_ms").asText("?")
        + " ms, "
        + meta.path("usage").path("input_tokens").asText("?")
        + " + "
        + meta.path("usage").path("output_tokens").asText("?")
        + " tokens, "
        + meta.path("cost_usd").asText("?")
        + " USD (request "
        + meta.path("request_id").asText("?")
        + ")";
  }
}
