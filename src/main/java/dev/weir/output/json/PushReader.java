package dev.weir.output.json;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.BooleanNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a document one character at a time into a tree that is there to be looked at meanwhile.
 *
 * <p>States: in prose until a container opens; then between tokens, in a string, in a scalar or in
 * a comment. A quote that could end a string waits for the next character that is no white space:
 * if that is not what follows a string, the quote was text.
 */
final class PushReader {
  private enum State {
    PROSE,
    BRACKET,
    TAG,
    THINKING,
    TOKEN,
    STRING,
    ESCAPE,
    UNICODE,
    QUOTE,
    SCALAR,
    SLASH,
    LINE_COMMENT,
    BLOCK_COMMENT,
    DONE
  }

  private static final int LONGEST_TAG = 16;

  private final int maxDepth;
  private final StringBuilder token = new StringBuilder();
  private final StringBuilder waiting = new StringBuilder();
  private StringBuilder text = new StringBuilder();
  private State state = State.PROSE;
  private JsonNode root = MissingNode.getInstance();
  private @Nullable Frame top;
  private int depth;
  private int skipped;
  private char quote;
  private char last;
  private int digits;
  private int unit;
  private boolean key;
  private boolean keyRead;
  private boolean lineHasText;
  private long version;

  PushReader(int maxDepth) {
    this.maxDepth = maxDepth;
  }

  JsonNode value() {
    return root;
  }

  long version() {
    return version;
  }

  boolean complete() {
    return state == State.DONE;
  }

  void next(char c) {
    switch (state) {
      case PROSE -> prose(c);
      case BRACKET -> bracket(c);
      case TAG -> tag(c);
      case THINKING -> thinking(c);
      case TOKEN -> token(c);
      case STRING -> string(c);
      case ESCAPE -> escape(c);
      case UNICODE -> unicode(c);
      case QUOTE -> afterQuote(c);
      case SCALAR -> scalar(c);
      case SLASH -> slash(c);
      case LINE_COMMENT -> state = c == '\n' ? State.TOKEN : State.LINE_COMMENT;
      case BLOCK_COMMENT -> state = c == '/' && last == '*' ? State.TOKEN : State.BLOCK_COMMENT;
      case DONE -> {}
    }
    last = c;
  }

  // Before the document.

  private void prose(char c) {
    if (c == '{') {
      open(c);
    } else if (c == '[') {
      if (lineHasText) {
        state = State.BRACKET;
      } else {
        open(c);
      }
    } else if (c == '<') {
      token.setLength(0);
      state = State.TAG;
    } else {
      lineHasText = c != '\n' && (lineHasText || !Text.isSpace(c));
    }
  }

  /** After a bracket in the middle of a line: an array, or a reference like [1]. */
  private void bracket(char c) {
    if (Text.isSpace(c)) {
      return;
    }
    state = State.PROSE;
    if (c == '{' || c == '[' || c == '"' || c == ']') {
      open('[');
      token(c);
    } else {
      prose(c);
    }
  }

  private void tag(char c) {
    if (c == '>') {
      var name = token.toString().toLowerCase(Locale.ROOT);
      state = Prose.isThinking(name) ? State.THINKING : State.PROSE;
      token.setLength(0);
      token.append("</").append(name).append('>');
      waiting.setLength(0);
    } else if (token.length() > LONGEST_TAG || !Character.isLetter(c)) {
      state = State.PROSE;
      if (c != '/') {
        prose(c);
      }
    } else {
      token.append(c);
    }
  }

  private void thinking(char c) {
    waiting.append(c);
    if (waiting.length() > token.length()) {
      waiting.deleteCharAt(0);
    }
    if (c == '>' && token.toString().equalsIgnoreCase(waiting.toString())) {
      state = State.PROSE;
      lineHasText = false;
      waiting.setLength(0);
    }
  }

  // Containers.

  private void open(char c) {
    if (depth >= maxDepth) {
      skipped++;
      return;
    }
    var frame = new Frame(top, c, 0);
    put(frame.value());
    top = frame;
    depth++;
    keyRead = false;
    state = State.TOKEN;
  }

  private void close() {
    if (skipped > 0) {
      skipped--;
      return;
    }
    var frame = Objects.requireNonNull(top);
    top = frame.parent;
    depth--;
    keyRead = false;
    state = top == null ? State.DONE : State.TOKEN;
  }

  private void put(JsonNode value) {
    version++;
    if (top == null) {
      root = value;
    } else if (top.isArray()) {
      top.items().add(value);
    } else {
      top.members().set(top.key, value);
    }
    keyRead = false;
  }

  private void replaceLast(JsonNode value) {
    var frame = Objects.requireNonNull(top);
    if (frame.isArray()) {
      frame.items().set(frame.items().size() - 1, value);
    } else {
      frame.members().set(frame.key, value);
    }
  }

  // Tokens.

  private void token(char c) {
    state = State.TOKEN;
    var inObject = top != null && !top.isArray();
    if (Text.isSpace(c) || c == ',' || c == ':') {
      return;
    }
    switch (c) {
      case '{', '[' -> {
        if (!inObject || keyRead) {
          open(c);
        }
      }
      case '}', ']' -> close();
      case '/' -> state = State.SLASH;
      case '#' -> state = State.LINE_COMMENT;
      default -> {
        key = inObject && !keyRead;
        if (Quotes.opens(c)) {
          startString(c);
        } else if (Cursor.isKeyPart(c) || c == '.' || c == '+') {
          token.setLength(0);
          token.append(c);
          state = State.SCALAR;
        }
      }
    }
  }

  private void slash(char c) {
    if (c == '*') {
      state = State.BLOCK_COMMENT;
    } else {
      state = c == '/' ? State.LINE_COMMENT : State.TOKEN;
    }
  }

  // Strings.

  private void startString(char c) {
    quote = Quotes.closer(c);
    text = new StringBuilder();
    state = State.STRING;
    if (!key) {
      put(new LiveText(text));
    }
  }

  private void string(char c) {
    if (c == quote) {
      waiting.setLength(0);
      state = State.QUOTE;
    } else if (c == '\\') {
      state = State.ESCAPE;
    } else {
      append(c);
    }
  }

  private void append(char c) {
    text.append(c);
    if (!key) {
      version++;
    }
  }

  private void escape(char c) {
    state = State.STRING;
    switch (c) {
      case 'n' -> append('\n');
      case 't' -> append('\t');
      case 'r' -> append('\r');
      case 'b' -> append('\b');
      case 'f' -> append('\f');
      case 'u' -> {
        digits = 0;
        unit = 0;
        state = State.UNICODE;
      }
      case '"', '\\', '/', '\'' -> append(c);
      default -> {
        append('\\');
        append(c);
      }
    }
  }

  private void unicode(char c) {
    var digit = Character.digit(c, 16);
    if (digit < 0) {
      state = State.STRING;
      string(c);
      return;
    }
    unit = unit * 16 + digit;
    if (++digits == 4) {
      state = State.STRING;
      append((char) unit);
    }
  }

  /** After a quote that may have ended the string. */
  private void afterQuote(char c) {
    if (Text.isSpace(c)) {
      waiting.append(c);
      return;
    }
    var ends = key ? c == ':' : c == ',' || c == '}' || c == ']' || c == '/' || c == '#';
    if (ends || (key && c == ',')) {
      endString();
      token(c);
      return;
    }
    state = State.STRING;
    append(quote);
    for (var i = 0; i < waiting.length(); i++) {
      append(waiting.charAt(i));
    }
    string(c);
  }

  private void endString() {
    if (key) {
      Objects.requireNonNull(top).key = text.toString();
      keyRead = true;
    } else {
      replaceLast(TextNode.valueOf(text.toString()));
    }
  }

  // Scalars.

  private void scalar(char c) {
    if (key) {
      if (c == ':') {
        Objects.requireNonNull(top).key = token.toString().strip();
        keyRead = true;
        state = State.TOKEN;
      } else if (c == ',' || c == '}' || c == '"' || c == '\'') {
        token(c);
      } else {
        token.append(c);
      }
      return;
    }
    if (c != ',' && c != '}' && c != ']' && c != '\n') {
      token.append(c);
      return;
    }
    put(scalarOf(token.toString().strip()));
    token(c);
  }

  private static JsonNode scalarOf(String text) {
    switch (text.toLowerCase(Locale.ROOT)) {
      case "true" -> {
        return BooleanNode.TRUE;
      }
      case "false" -> {
        return BooleanNode.FALSE;
      }
      case "null", "none", "undefined" -> {
        return NullNode.getInstance();
      }
      default -> {
        var strict = Numbers.strict(text);
        var number = strict == null ? Numbers.lenient(text) : strict;
        return number == null ? TextNode.valueOf(text) : number;
      }
    }
  }
}
