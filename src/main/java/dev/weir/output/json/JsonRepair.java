package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Repairs JSON.
 *
 * <pre>
 * var repaired = JsonRepair.repair("Sure! {'name': 'Ada', 'langs': ['en',]", Options.DEFAULTS);
 * repaired.value();      // {"name":"Ada","langs":["en"]}
 * repaired.edits();      // prose, quote_style, trailing_comma, truncated
 * repaired.confidence(); // MEDIUM
 * </pre>
 *
 * <p>Every method is a pure function, safe on every thread, and takes time linear in the length of
 * the text: an event loop may call it on texts up to some hundred kilobytes.
 */
public final class JsonRepair {
  private JsonRepair() {}

  /** Repairs a text with {@link Options#DEFAULTS}. */
  public static Repaired repair(CharSequence text) {
    return repair(text, Options.DEFAULTS);
  }

  /**
   * Repairs a text.
   *
   * @param text any text
   * @param options what may be done
   * @return the value, or a missing node if there is none; never fails
   */
  public static Repaired repair(CharSequence text, Options options) {
    var edits = new Edits(options.maxEdits());
    var length = text.length();
    if (length > options.maxLength()) {
      length = options.maxLength();
      edits.add(length, Edit.Kind.TRUNCATED, "The text is longer than the limit and was cut.");
    }
    var chars = new char[length];
    text.toString().getChars(0, length, chars, 0);
    return repair(chars, options, edits);
  }

  /**
   * Repairs a text of UTF-8 bytes. Offsets in edits count UTF-16 units of the decoded text.
   *
   * @param utf8 any bytes; malformed ones become U+FFFD
   * @param options what may be done
   * @return the value, or a missing node if there is none; never fails
   */
  public static Repaired repair(byte[] utf8, Options options) {
    return repair(new String(utf8, StandardCharsets.UTF_8), options);
  }

  private static Repaired repair(char[] chars, Options options, Edits edits) {
    var value = valid(chars, options).orElseGet(() -> searched(chars, options, edits));
    if (value.isMissingNode()) {
      return new Repaired(value, edits.list(), Confidence.NONE, List.of(), edits.counts());
    }
    if (value.isTextual() && options.unwrapStrings()) {
      value = unwrapped(value, options, edits);
    }
    if (options.schema().isPresent()) {
      value = new SchemaGuide(options.schema().get(), edits, options).guided(value);
    }
    var citations = List.<Citation>of();
    if (options.removeCitations()) {
      var marks = new Citations(options.maxCitation(), edits);
      value = marks.removedFrom(value, options.schema());
      citations = marks.found();
    }
    return new Repaired(value, edits.list(), edits.confidence(), citations, edits.counts());
  }

  private static Optional<JsonNode> valid(char[] chars, Options options) {
    return new StrictReader(options).read(chars, chars.length);
  }

  private static JsonNode searched(char[] chars, Options options, Edits edits) {
    var text = new Text(chars, chars.length);
    var found = new DocumentFinder(text, options, edits, 0).all();
    var chosen = new Choice(options, edits).among(found);
    if (edits.count() == 0 && !chosen.isMissingNode()) {
      edits.add(0, Edit.Kind.WHITE_SPACE, "Unusual white space was left out.");
    }
    return chosen;
  }

  /** The object or array that a JSON string holds as its text. */
  private static JsonNode unwrapped(JsonNode string, Options options, Edits edits) {
    var inner = string.textValue().strip();
    if (!inner.startsWith("{") && !inner.startsWith("[")) {
      return string;
    }
    var plain = Options.DEFAULTS.withLimits(options.maxDepth(), options.maxLength(), 0);
    var value = repair(inner, plain).value();
    if (!value.isContainerNode()) {
      return string;
    }
    edits.add(0, Edit.Kind.NESTED_JSON, "A document inside a JSON string was unwrapped.");
    return value;
  }
}
