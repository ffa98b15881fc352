package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.TextNode;
import dev.weir.output.json.Edit.Kind;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads one document, whatever is wrong with it. What is open stands on a stack of {@link Frame}s,
 * never on the JVM's; each step reads one member or item, or closes a frame, and moves the cursor
 * on, so a reading ends and is linear.
 */
final class TolerantReader {
  private final Cursor cursor;
  private final Text text;
  private final Options options;
  private final StringReader strings;
  private final ScalarReader scalars;
  private @Nullable Frame top;
  private int depth;
  private int tooDeep;
  private JsonNode result = MissingNode.getInstance();

  TolerantReader(Text text, Edits edits, Options options, int at) {
    this.cursor = new Cursor(text, edits, at);
    this.text = text;
    this.options = options;
    this.strings = new StringReader(cursor);
    this.scalars = new ScalarReader(cursor, strings);
  }

  /** The place after what was read. */
  int end() {
    return Math.min(cursor.at, text.length);
  }

  /** Reads the container whose opener the cursor is at. */
  JsonNode container() {
    open(cursor.here(), cursor.at);
    cursor.at++;
    run();
    return result;
  }

  /** Reads the members of an object whose opening brace is missing. */
  JsonNode members() {
    cursor.edit(Kind.MISSING_OPENER, "An opening brace was added.");
    open('{', cursor.at);
    run();
    return result;
  }

  /** Reads a scalar that is the whole document; missing if there is none. */
  JsonNode scalar() {
    var value = scalarValue(Place.ITEM);
    return value == null ? MissingNode.getInstance() : value;
  }

  private void run() {
    while (top != null) {
      if (top.isArray()) {
        arrayStep(top);
      } else {
        objectStep(top);
      }
    }
  }

  // Opening and closing.

  private void open(char opener, int start) {
    top = new Frame(top, opener, start);
    depth++;
    if (opener == '{') {
      cursor.objects++;
    } else {
      cursor.arrays++;
    }
    if (opener == '(') {
      cursor.edit(Kind.TUPLE, "Parentheses became brackets.");
    }
  }

  private void close(Frame frame) {
    top = frame.parent;
    depth--;
    if (frame.isArray()) {
      cursor.arrays--;
    } else {
      cursor.objects--;
    }
    if (frame.set) {
      cursor.sets--;
    }
    if (frame.fenced) {
      skipInnerFence();
    }
    if (frame.continues != null) {
      Objects.requireNonNull(top).continued(frame.continues, frame.items());
      return;
    }
    JsonNode value = frame.value();
    if (frame.opener == '(' && frame.items().size() == 1 && !frame.commas) {
      value = frame.items().get(0);
    }
    deliver(value);
    afterObject(frame);
  }

  /** An extra brace right after an object in an array; members after the outermost object. */
  private void afterObject(Frame frame) {
    if (frame.isArray()) {
      return;
    }
    if (top != null) {
      if (top.isArray() && cursor.here() == '}') {
        cursor.edit(Kind.EXTRA_CLOSER, "A closing brace too many was removed.");
        cursor.at++;
      }
      return;
    }
    var comma = text.skipSpace(cursor.at);
    var next = text.skipSpace(comma + 1);
    if (text.at(comma) == ',' && Quotes.opens(text.at(next))) {
      cursor.at = next;
      cursor.edit(Kind.MERGED, "Members after the closing brace were joined to the object.");
      top = frame;
      depth++;
      cursor.objects++;
    }
  }

  private void skipInnerFence() {
    var i = text.skipSpace(cursor.at);
    if (text.startsWith("```", i)) {
      i = text.skipSpace(i + 3);
      cursor.at = Quotes.opens(text.at(i)) ? i + 1 : i;
    }
  }

  private void deliver(JsonNode value) {
    if (top == null) {
      result = value;
      return;
    }
    top.comma = false;
    if (top.isArray()) {
      top.items().add(value);
    } else if (options.duplicateKeys() == Options.DuplicateKeys.FIRST) {
      top.members().putIfAbsent(top.key, value);
    } else {
      top.members().set(top.key, value);
    }
  }

  private void truncated() {
    cursor.edit(Kind.TRUNCATED, "The text ended inside; what was open was closed.");
    while (top != null) {
      close(top);
    }
  }

  /** Swallows a closer that belongs to an opener beyond the depth limit. */
  private boolean swallowed(char c) {
    if (tooDeep > 0 && (c == ']' || c == '}' || c == ')')) {
      tooDeep--;
      cursor.at++;
      return true;
    }
    return false;
  }

  // Arrays.

  private void arrayStep(Frame frame) {
    commas(frame, frame.items().isEmpty());
    if (cursor.ended()) {
      truncated();
      return;
    }
    var c = cursor.here();
    if (swallowed(c)) {
      return;
    }
    if (c == ']' || c == ')' || c == '}') {
      closeArray(frame, c);
      return;
    }
    if (c == ':') {
      cursor.edit(Kind.EXTRA_COLON, "A colon in an array was removed.");
      cursor.at++;
      return;
    }
    if (Quotes.opens(c) && memberInArray(frame, c)) {
      return;
    }
    if (!frame.comma && !frame.items().isEmpty() && frame.continues == null) {
      cursor.edit(Kind.MISSING_COMMA, "A comma was added.");
    }
    value(Place.ITEM);
  }

  private void commas(Frame frame, boolean empty) {
    cursor.skipFiller();
    while (cursor.here() == ',') {
      if (frame.comma || empty) {
        cursor.edit(Kind.EXTRA_COMMA, "A comma too many was removed.");
      }
      frame.comma = true;
      frame.commaAt = cursor.at;
      frame.commas = true;
      cursor.at++;
      cursor.skipFiller();
    }
  }

  private void closeArray(Frame frame, char c) {
    if (frame.comma && !frame.items().isEmpty() && frame.opener != '(') {
      cursor.edits.add(
          frame.commaAt, Kind.TRAILING_COMMA, "A comma before the closing bracket was removed.");
    }
    var fits = c == (frame.set ? '}' : frame.opener == '(' ? ')' : ']');
    if (!fits) {
      cursor.edit(Kind.WRONG_CLOSER, "A closer of the wrong shape was taken for the right one.");
    }
    cursor.at++;
    close(frame);
  }

  /**
   * Handles a key inside an array: an object without its brace, or an array without its bracket.
   */
  private boolean memberInArray(Frame frame, char quote) {
    var end = text.next(Quotes.closer(quote), cursor.at + 1);
    var colon = text.skipSpace(end + 1);
    if (end >= text.length || text.at(colon) != ':') {
      return false;
    }
    var inMember = frame.parent != null && !frame.parent.isArray();
    if (inMember && !frame.items().isEmpty() && text.next('}', colon) < text.next(']', colon)) {
      cursor.edit(Kind.MISSING_CLOSER, "A closing bracket was added.");
      close(frame);
      return true;
    }
    cursor.edit(Kind.MISSING_OPENER, "An opening brace was added.");
    open('{', cursor.at);
    return true;
  }

  // Objects.

  private void objectStep(Frame frame) {
    commas(frame, frame.members().isEmpty());
    if (cursor.ended()) {
      truncated();
      return;
    }
    var c = cursor.here();
    if (swallowed(c)) {
      return;
    }
    switch (c) {
      case '}' -> {
        if (frame.comma && !frame.members().isEmpty()) {
          cursor.edits.add(
              frame.commaAt, Kind.TRAILING_COMMA, "A comma before the closing brace was removed.");
        }
        cursor.at++;
        close(frame);
      }
      case ']' -> closerInObject(frame);
      case ':' -> {
        cursor.edit(Kind.EXTRA_COLON, "A colon before a key was removed.");
        cursor.at++;
      }
      case '[' -> bracketInObject(frame);
      case '{' -> braceInObject(frame);
      default -> member(frame);
    }
  }

  private void closerInObject(Frame frame) {
    if (cursor.arrays == 0) {
      cursor.edit(Kind.EXTRA_CLOSER, "A closing bracket too many was removed.");
      cursor.at++;
      return;
    }
    cursor.edit(Kind.MISSING_CLOSER, "A closing brace was added.");
    if (frame.members().isEmpty() && frame.parent != null && frame.parent.isArray()) {
      // [{]: an object of which nothing was written.
      top = frame.parent;
      depth--;
      cursor.objects--;
      return;
    }
    close(frame);
  }

  /** A bracket where a key should be: more items of the array before it, or a stray. */
  private void bracketInObject(Frame frame) {
    if (frame.members().get(frame.key) instanceof ArrayNode before) {
      cursor.edit(Kind.MERGED, "An array after an array was joined to it.");
      open('[', cursor.at);
      Objects.requireNonNull(top).continues = before;
    } else {
      cursor.edit(Kind.UNEXPECTED_TEXT, "A bracket where a key belongs was removed.");
    }
    cursor.at++;
  }

  /** A brace where a key should be: the next object of an array, or a stray. */
  private void braceInObject(Frame frame) {
    if (frame.parent != null && frame.parent.isArray() && !frame.members().isEmpty()) {
      cursor.edit(Kind.MISSING_CLOSER, "A closing brace was added.");
      close(frame);
      return;
    }
    cursor.edit(Kind.UNEXPECTED_TEXT, "A brace where a key belongs was removed.");
    cursor.at++;
  }

  private void member(Frame frame) {
    var c = cursor.here();
    var keyStart = cursor.at;
    var quoted = Quotes.opens(c) || (c == '`' && tickKey());
    if (!quoted && !Cursor.isKeyPart(c)) {
      junk();
      frame.comma = false;
      return;
    }
    if (quoted && strayQuotes(c)) {
      frame.comma = false;
      return;
    }
    if (frame.members().isEmpty() && !frame.commas && SetShape.at(cursor, frame.start)) {
      becomeArray(frame);
      return;
    }
    var key = quoted ? strings.quoted(Place.KEY) : strings.bare(Place.KEY);
    if (!quoted) {
      cursor.edits.add(keyStart, Kind.MISSING_QUOTE, "Quotes were added to a key.");
    }
    colon(frame, key, quoted, keyStart);
  }

  /** Three quotes or more where a key should be are one too often. */
  private boolean strayQuotes(char quote) {
    if (cursor.peek(1) != quote || cursor.peek(2) != quote) {
      return false;
    }
    var i = cursor.at;
    while (text.at(i) == quote) {
      i++;
    }
    cursor.edit(Kind.DOUBLED_QUOTE, "Quotes with nothing between them were removed.");
    // The last one opens the key, unless another quote comes after it.
    cursor.at = i >= text.length || Quotes.opens(text.at(text.skipSpace(i))) ? i : i - 1;
    return true;
  }

  private boolean tickKey() {
    var end = Math.min(text.nextRaw('`', cursor.at + 1), text.nextRaw('\u00B4', cursor.at + 1));
    return text.at(text.skipSpace(end + 1)) == ':' && end - cursor.at < 256;
  }

  private void junk() {
    if (text.startsWith("...", cursor.at) || cursor.here() == '\u2026') {
      cursor.edit(Kind.ELLIPSIS, "An ellipsis was removed.");
      cursor.at += cursor.here() == '.' ? 3 : 1;
      return;
    }
    cursor.edit(Kind.UNEXPECTED_TEXT, "Text that means nothing was removed.");
    while (!cursor.ended()) {
      var c = cursor.here();
      if (Cursor.isKeyPart(c) || Quotes.opens(c) || "{}[],:#/".indexOf(c) >= 0) {
        return;
      }
      cursor.at++;
      if (cursor.here() == '`' && tickKey()) {
        return;
      }
    }
  }

  /** Goes on after a key: to its value, or drops it. */
  private void colon(Frame frame, String key, boolean quoted, int keyStart) {
    cursor.skipFiller();
    var c = cursor.here();
    if (c == ':') {
      if (splitsAt(frame, key, quoted, keyStart)) {
        return;
      }
      cursor.at++;
      memberValue(frame, key);
      return;
    }
    if (cursor.ended()) {
      cursor.edit(Kind.TRUNCATED, "A key without a value at the end was removed.");
      return;
    }
    if (c == '}' || c == ']') {
      if (c == ']' && cursor.arrays == 0) {
        // {"key"]: "value": the bracket stands for the colon.
        cursor.edit(Kind.MISSING_COLON, "A colon was added.");
        cursor.at++;
        memberValue(frame, key);
        return;
      }
      cursor.edits.add(keyStart, Kind.UNEXPECTED_TEXT, "A word without a value was removed.");
      return;
    }
    if (!quoted && !valueAfterBareKey(c)) {
      cursor.edits.add(keyStart, Kind.UNEXPECTED_TEXT, "A word that is no key was removed.");
      return;
    }
    if (splitsAt(frame, key, quoted, keyStart)) {
      return;
    }
    if (c == ',') {
      var next = text.skipSpace(cursor.at + 1);
      if (text.at(next) == '}' || cursor.memberStartsAt(next)) {
        cursor.edit(Kind.MISSING_VALUE, "A key without a value got an empty text.");
        put(frame, key, TextNode.valueOf(""));
        return;
      }
      cursor.at++;
    } else if (c == '=') {
      cursor.at += text.at(cursor.at + 1) == '>' ? 2 : 1;
    }
    cursor.edit(Kind.MISSING_COLON, "A colon was added.");
    memberValue(frame, key);
  }

  /** After a bare word without a colon: whether a value follows, rather than the real key. */
  private boolean valueAfterBareKey(char c) {
    if (c == ',') {
      return Text.isSpace(text.at(cursor.at - 1));
    }
    if (c == '=') {
      return true;
    }
    return Quotes.opens(c) && !cursor.memberStartsAt(cursor.at);
  }

  /** A key that comes again inside an array and not as a plain member starts the next object. */
  private boolean splitsAt(Frame frame, String key, boolean quoted, int keyStart) {
    if (!frame.members().has(key)) {
      return false;
    }
    var inArray = frame.parent != null && frame.parent.isArray();
    if (inArray && !(quoted && frame.comma && cursor.here() == ':')) {
      cursor.edits.add(keyStart, Kind.DUPLICATE_KEY, "A repeated key started a new object.");
      cursor.at = keyStart;
      close(frame);
      open('{', keyStart);
      return true;
    }
    cursor.edits.add(keyStart, Kind.DUPLICATE_KEY, "A key came twice.");
    return false;
  }

  private void memberValue(Frame frame, String key) {
    frame.key = key;
    if (!frame.comma && !frame.members().isEmpty()) {
      cursor.edit(Kind.MISSING_COMMA, "A comma was added.");
    }
    cursor.skipFiller();
    while (cursor.here() == ':') {
      cursor.edit(Kind.EXTRA_COLON, "A colon too many was removed.");
      cursor.at++;
      cursor.skipFiller();
    }
    if (cursor.ended()) {
      cursor.edit(Kind.TRUNCATED, "A key without a value at the end was removed.");
      return;
    }
    var c = cursor.here();
    if (c == ',' || c == '}') {
      cursor.edit(Kind.MISSING_VALUE, "A key without a value got an empty text.");
      put(frame, key, TextNode.valueOf(""));
      return;
    }
    var before = depth;
    value(Place.MEMBER);
    if (depth == before) {
      strayQuote();
    }
  }

  /** A quote after a value that had none: 12345", removed unless a key starts with it. */
  private void strayQuote() {
    var c = cursor.here();
    if ((c == '"' || c == '\'') && !cursor.memberStartsAt(cursor.at)) {
      cursor.edit(Kind.MISSING_QUOTE, "A quote without its partner was removed.");
      cursor.at++;
    }
  }

  private void put(Frame frame, String key, JsonNode value) {
    frame.key = key;
    deliver(value);
  }

  private void becomeArray(Frame frame) {
    cursor.edits.add(frame.start, Kind.SET, "A set in braces became an array.");
    top = frame.parent;
    depth--;
    cursor.objects--;
    open('[', frame.start);
    Objects.requireNonNull(top).set = true;
    cursor.sets++;
  }

  // Values.

  private void value(Place place) {
    skipSymbols();
    var c = cursor.here();
    if (c == '{' || c == '[' || c == '(') {
      if (depth >= options.maxDepth()) {
        if (tooDeep++ == 0) {
          cursor.edit(Kind.TOO_DEEP, "Brackets beyond the depth limit were removed.");
        }
        cursor.at++;
        return;
      }
      open(c, cursor.at);
      cursor.at++;
      return;
    }
    if (Quotes.opens(c) && fencedValue()) {
      return;
    }
    var value = scalarValue(place);
    if (value != null) {
      if (place == Place.ITEM && cursor.ended() && value.isTextual() && value.asText().isEmpty()) {
        return;
      }
      deliver(value);
    } else if (place == Place.MEMBER && top != null && !top.isArray()) {
      if (cursor.ended()) {
        return;
      }
      cursor.edit(Kind.MISSING_VALUE, "A key without a value got an empty text.");
      deliver(TextNode.valueOf(""));
    }
  }

  /** A string that holds a fenced document: "```json {...}```". */
  private boolean fencedValue() {
    if (!text.startsWith("```json", cursor.at + 1)) {
      return false;
    }
    var tick = text.nextRaw('`', cursor.at + 8);
    var start = text.skipSpace(cursor.at + 8);
    var c = text.at(start);
    if (!text.startsWith("```", tick) || (c != '{' && c != '[') || depth >= options.maxDepth()) {
      return false;
    }
    if (!Quotes.opens(text.at(text.skipSpace(tick + 3))) || text.at(start + 1) == '\\') {
      return false;
    }
    cursor.edit(Kind.NESTED_JSON, "A fenced document inside a string became its value.");
    open(c, start);
    Objects.requireNonNull(top).fenced = true;
    cursor.at = start + 1;
    return true;
  }

  private @Nullable JsonNode scalarValue(Place place) {
    var c = cursor.here();
    if (Quotes.opens(c) || (c == '`' && tickValue())) {
      return TextNode.valueOf(strings.quoted(place));
    }
    if (c == '\u2026' || text.startsWith("...", cursor.at)) {
      cursor.edit(Kind.ELLIPSIS, "An ellipsis was removed.");
      cursor.at += c == '.' ? 3 : 1;
      return null;
    }
    if (ScalarReader.isNumberStart(c)) {
      return scalars.number(place);
    }
    return Character.isLetterOrDigit(c) || c == '_' || (c == '$' && wordAfter())
        ? scalars.word(place)
        : null;
  }

  /** Skips characters that no value starts with. */
  private void skipSymbols() {
    while (!cursor.ended() && isSymbol(cursor.here())) {
      cursor.edit(Kind.UNEXPECTED_TEXT, "Text that means nothing was removed.");
      while (!cursor.ended() && isSymbol(cursor.here())) {
        cursor.at++;
      }
      cursor.skipFiller();
    }
  }

  private boolean isSymbol(char c) {
    return !(Character.isLetterOrDigit(c)
        || Quotes.opens(c)
        || ScalarReader.isNumberStart(c)
        || Text.isSpace(c)
        || "{}[](),:_/#".indexOf(c) >= 0
        || c == '\u2026'
        || (c == '$' && wordAfter())
        || (c == '`' && tickValue()));
  }

  private boolean wordAfter() {
    return Character.isLetter(cursor.peek(1));
  }

  private boolean tickValue() {
    var end = Math.min(text.nextRaw('`', cursor.at + 1), text.nextRaw('\u00B4', cursor.at + 1));
    return end > cursor.at + 1 && scalars.endings().closerOrComma(end + 1);
  }
}
