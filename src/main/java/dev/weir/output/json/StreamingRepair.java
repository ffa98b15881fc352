package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;

/**
 * Repairs a text while it arrives.
 *
 * <pre>
 * var stream = new StreamingRepair(Options.DEFAULTS);
 * stream.feed("{\"name\": \"Ad");  // {"name":"Ad"}
 * stream.feed("a\", \"langs\": [1");  // {"name":"Ada","langs":[]}
 * stream.feed("2]}");  // {"name":"Ada","langs":[12]}
 * stream.finish().value();  // the value that JsonRepair gives for the whole text
 * </pre>
 *
 * <p>Each character is read once, so the total time is linear however the text is cut. The value so
 * far only grows: objects gain members, arrays gain items, the last string gets longer; numbers and
 * literals appear when they are complete, a member when its value has begun. It is the first
 * document of the text, read with fewer second thoughts than {@link JsonRepair} has, because it
 * cannot look ahead; {@link #finish} gives the last word.
 *
 * <p>Confined to one thread, e.g. the event loop of its call. Texts beyond {@link
 * Options#maxLength()} are ignored from there on.
 */
public final class StreamingRepair {
  private final Options options;
  private final StringBuilder all = new StringBuilder();
  private final PushReader reader;

  /** A stream that is at its start. */
  public StreamingRepair(Options options) {
    this.options = options;
    this.reader = new PushReader(options.maxDepth());
  }

  /**
   * Takes the next piece of the text, cut anywhere.
   *
   * @return the value so far, as {@link #value()}
   */
  public JsonNode feed(CharSequence chunk) {
    var room = options.maxLength() - all.length();
    var length = Math.min(chunk.length(), Math.max(room, 0));
    all.append(chunk, 0, length);
    for (var i = 0; i < length; i++) {
      reader.next(chunk.charAt(i));
    }
    return reader.value();
  }

  /**
   * The value so far; a missing node before the document starts. It is live: it changes with the
   * next {@link #feed}. Who keeps it, or hands it to another thread, takes a {@code deepCopy()}.
   */
  public JsonNode value() {
    return reader.value();
  }

  /** A number that changes whenever the value has changed; to tell whether an event is due. */
  public long version() {
    return reader.version();
  }

  /** Whether the document's last closer has arrived. */
  public boolean complete() {
    return reader.complete();
  }

  /** Repairs the whole text that arrived, as {@link JsonRepair#repair(CharSequence, Options)}. */
  public Repaired finish() {
    return JsonRepair.repair(all, options);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "StreamingRepair[%d characters]", all.length());
  }
}
