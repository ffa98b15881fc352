package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.weir.output.json.Edit.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the documents in a text of prose, code fences, reasoning blocks and tags. Prose is whatever
 * stands outside brackets and braces; a document is read strictly first and tolerantly if that
 * fails.
 */
final class DocumentFinder {
  /** A document whose own quotes are escaped may hold another such; deeper ones are left alone. */
  private static final int MOST_UNWRAPPINGS = 3;

  /** More documents than this are not read. */
  private static final int MOST_DOCUMENTS = 10_000;

  /** After so many documents that were no strict JSON the rest is read tolerantly at once. */
  private static final int MOST_STRICT_FAILURES = 16;

  private final Text text;
  private final Options options;
  private final Edits edits;
  private final StrictReader strict;
  private final int unwrapped;
  private final List<Found> found = new ArrayList<>();
  private final Prose prose;
  private int strictFailures;
  private String fence = Found.UNFENCED;
  private int at;

  DocumentFinder(Text text, Options options, Edits edits, int unwrapped) {
    this.text = text;
    this.options = options;
    this.edits = edits;
    this.unwrapped = unwrapped;
    this.strict = new StrictReader(options);
    this.prose = new Prose(text);
  }

  /** All documents, in order. */
  List<Found> all() {
    at = prose.start(edits);
    while (at < text.length && found.size() < MOST_DOCUMENTS) {
      var c = text.chars[at];
      switch (c) {
        case '{', '[' -> container();
        case '(' -> {
          if (prose.groupStartsValue(at)) {
            read(TolerantReader::container);
          } else {
            at++;
          }
        }
        case '"' -> {
          if (prose.startsMember(at, found.isEmpty())) {
            read(TolerantReader::members);
          } else {
            at++;
          }
        }
        case '`' -> fenceOrTick();
        case '<' -> at = prose.afterThinking(at, edits);
        case '#', '/' -> at = prose.afterComment(at);
        case '}', ']' -> {
          if (!found.isEmpty() && prose.onlySpaceSince(lastEnd(), at)) {
            edits.add(at, Kind.EXTRA_CLOSER, "A closer too many was removed.");
          }
          at++;
        }
        default -> at++;
      }
    }
    if (found.isEmpty()) {
      scalar();
    } else if (at < text.length) {
      edits.add(at, Kind.DOCUMENTS, "There are more documents than are read.");
    }
    if (prose.sawText(found)) {
      edits.add(0, Kind.PROSE, "Text around the document was left out.");
    }
    return found;
  }

  private int lastEnd() {
    return found.getLast().end();
  }

  private void container() {
    if (unwrapped < MOST_UNWRAPPINGS && prose.escapedAt(at)) {
      escaped();
      return;
    }
    var prefix =
        strictFailures < MOST_STRICT_FAILURES
            ? strict.readPrefix(text.chars, at, text.length)
            : Optional.<StrictReader.Prefix>empty();
    strictFailures += prefix.isPresent() ? 0 : 1;
    if (prefix.isPresent() && !membersFollow(prefix.get().end())) {
      add(prefix.get().value(), at, prefix.get().end(), new Edits(options.maxEdits()));
      at = prefix.get().end();
      return;
    }
    read(TolerantReader::container);
  }

  /** Whether the object is followed by members that belong to it: {@code {"a": 1}, "b": 2}}. */
  private boolean membersFollow(int end) {
    var comma = text.skipSpace(end);
    return text.chars[at] == '{'
        && text.at(comma) == ','
        && Quotes.opens(text.at(text.skipSpace(comma + 1)));
  }

  private interface Reading {
    JsonNode by(TolerantReader reader);
  }

  private void read(Reading reading) {
    var own = new Edits(options.maxEdits());
    var reader = new TolerantReader(text, own, options, at);
    var value = reading.by(reader);
    var end = Math.max(reader.end(), at + 1);
    if (!value.isMissingNode()) {
      add(value, at, end, own);
    }
    at = end;
  }

  private void add(JsonNode value, int start, int end, Edits own) {
    var aside = prose.isAside(value, start, end);
    found.add(new Found(value, start, end, own, fence, prose.commaBefore(start), aside));
  }

  /** Unescapes the rest of the text and looks for documents there. */
  private void escaped() {
    edits.add(at, Kind.NESTED_JSON, "A document whose quotes are escaped was unwrapped.");
    var inner = prose.unescaped(at);
    var base = at;
    var before = found.size();
    var others = new DocumentFinder(inner, options, edits, unwrapped + 1).all();
    for (var other : others) {
      var last = found.size() == before + others.size() - 1;
      found.add(
          new Found(
              other.value(),
              base + other.start(),
              last ? text.length : Math.min(text.length, base + other.end()),
              other.edits(),
              fence,
              other.afterComma(),
              other.aside()));
    }
    at = text.length;
  }

  private void fenceOrTick() {
    if (!text.startsWith("```", at)) {
      at++;
      return;
    }
    var i = at;
    while (text.at(i) == '`') {
      i++;
    }
    if (fence.equals(Found.UNFENCED)) {
      var start = i;
      while (Character.isLetterOrDigit(text.at(i)) && i - start < 16) {
        i++;
      }
      fence = text.slice(start, i).toLowerCase(java.util.Locale.ROOT);
      edits.add(at, Kind.FENCE, "A code fence was left out.");
    } else {
      fence = Found.UNFENCED;
    }
    at = i;
  }

  /** A text that is one string with quotes inside; missing if it is none. */
  private JsonNode wholeString(int start, Edits own) {
    var end = text.length - 1;
    while (end > start && Text.isSpace(text.chars[end])) {
      end--;
    }
    var quote = text.chars[start];
    if (quote != '"' || end <= start || text.chars[end] != quote) {
      return MissingNode.getInstance();
    }
    own.add(start, Kind.UNESCAPED_QUOTE, "Quotes inside a string were kept as text.");
    return TextNode.valueOf(Escapes.clean(text.slice(start + 1, end), start, own));
  }

  /** A text that is one scalar. */
  private void scalar() {
    var start = prose.scalarStart();
    if (start < 0) {
      return;
    }
    var own = new Edits(options.maxEdits());
    var reader = new TolerantReader(text, own, options, start);
    var value = reader.scalar();
    var rest = text.skipSpace(reader.end());
    if (text.at(rest) == ',') {
      own.add(rest, Kind.TRAILING_COMMA, "A comma at the end was removed.");
      rest = text.skipSpace(rest + 1);
    }
    while (text.at(rest) == '`') {
      rest = text.skipSpace(rest + 1);
    }
    if (rest < text.length) {
      value = wholeString(start, own);
      rest = text.length;
    }
    if (!value.isMissingNode() && rest >= text.length) {
      found.add(new Found(value, start, text.length, own, fence, false, false));
    }
  }
}
