package dev.weir.output;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.config.OutputSettings;
import dev.weir.core.Clock;
import dev.weir.core.Json;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.output.json.Options;
import dev.weir.output.json.StreamingRepair;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Puts the value so far on parts of a stream.
 *
 * <p>At most one in an interval, only when it has grown, and only so often that all of them
 * together stay within {@value #SHARE} times the answer plus a little: a long answer is shown less
 * often as it grows, so the total stays linear. Confined to the call's event loop.
 */
final class PartialValues {
  private static final int SHARE = 16;
  private static final int LITTLE = 64 << 10;

  private final StreamingRepair repair;
  private final Clock clock;
  private final UnaryOperator<String> edit;
  private final long interval;
  private final int most;
  private boolean over;
  private boolean shown;
  private long lastNanos;
  private long lastVersion;
  private long taken;
  private long spent;

  PartialValues(OutputSettings settings, Clock clock, UnaryOperator<String> edit) {
    this.clock = clock;
    this.edit = edit;
    this.interval = settings.partialInterval().toNanos();
    this.most = settings.partialMaxChars();
    this.repair =
        new StreamingRepair(Options.DEFAULTS.withLimits(Json.MAX_DEPTH, Math.max(most, 1), 0));
  }

  /** The part, with the value so far where it is time to show it. */
  Part on(Part part) {
    if (over || part.text().isEmpty()) {
      return part;
    }
    taken += part.text().length();
    if (taken > most) {
      over = true;
      return part;
    }
    return look(part.text()).map(part::with).orElse(part);
  }

  private Optional<JsonNode> look(String text) {
    try {
      var value = repair.feed(text);
      return value.isEmpty() || !due() ? Optional.empty() : CleanTree.of(value, edit);
    } catch (RuntimeException _) {
      // A look is a courtesy: a fault of ours in it must not end the stream.
      over = true;
      return Optional.empty();
    }
  }

  private boolean due() {
    var now = clock.nanoTime();
    if (repair.version() == lastVersion
        || (shown && now - lastNanos < interval)
        || spent + taken > LITTLE + SHARE * taken) {
      return false;
    }
    shown = true;
    lastNanos = now;
    lastVersion = repair.version();
    spent += taken;
    return true;
  }
}
