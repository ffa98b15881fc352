package dev.weir.prompts;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.ReaderException;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * One YAML document as JSON, with the line of every value.
 *
 * <p>Plain words follow the core schema of YAML 1.2: {@code on}, {@code off}, {@code yes} and
 * {@code no} are texts. What could be a bomb or a surprise (anchors, aliases, tags, a second
 * document, the same key twice) is a fault and not a feature. Built from the parser's events, which
 * know where they stand; nothing is ever constructed from a tag.
 */
final class YamlTree {
  private static final int MAX_DEPTH = 64;
  private static final int SHALLOW = 2; // $.fallbacks[0], whose line a check of models asks for
  private static final int MAX_NUMBER_LENGTH = 40;
  private static final Pattern INTEGER = Pattern.compile("[-+]?[0-9]+");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]{1,3})?");
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** A fault of the YAML itself. */
  record YamlFault(int line, String path, String reason) {}

  /** Ends the reading of a document that cannot be read further. */
  private static final class Unreadable extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private Unreadable() {
      super("unreadable", null, false, false);
    }
  }

  private final boolean everyLine;
  private final Map<String, Integer> lines = new HashMap<>();
  private final Map<String, Integer> textLines = new HashMap<>();
  private final List<YamlFault> faults = new ArrayList<>();
  private JsonNode root = JSON.missingNode();

  private YamlTree(boolean everyLine) {
    this.everyLine = everyLine;
  }

  /**
   * Reads a document; what is wrong with it stands in {@link #faults}.
   *
   * @param everyLine whether the lines of deep values are kept too: that is half the work, and only
   *     a faulty file needs it
   */
  static YamlTree read(byte[] bytes, boolean everyLine) {
    var tree = new YamlTree(everyLine);
    try {
      var text = tree.decode(bytes);
      tree.readDocument(text);
    } catch (Unreadable _) {
      tree.root = JSON.missingNode();
    }
    return tree;
  }

  /** The value, or a missing node if the document could not be read to its end. */
  JsonNode root() {
    return root;
  }

  /** Everything wrong with the YAML as such. */
  List<YamlFault> faults() {
    return faults;
  }

  /** The line of the value at {@code path}, or of the nearest thing around it that exists. */
  int lineOf(String path) {
    var at = path;
    while (true) {
      var line = lines.get(at);
      if (line != null) {
        return line;
      }
      var cut = Math.max(at.lastIndexOf('.'), at.lastIndexOf('['));
      if (cut <= 0) {
        return 1;
      }
      at = at.substring(0, cut);
    }
  }

  /** The line on which the first line of the text at {@code path} stands. */
  int textLineOf(String path) {
    return textLines.getOrDefault(path, lineOf(path));
  }

  private String decode(byte[] bytes) {
    try {
      var text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (CharacterCodingException e) {
      throw unreadable(lineOfBadByte(bytes), "is not valid UTF-8 from here on");
    }
  }

  private static int lineOfBadByte(byte[] bytes) {
    var in = ByteBuffer.wrap(bytes);
    var out = CharBuffer.allocate(bytes.length);
    var unused = StandardCharsets.UTF_8.newDecoder().decode(in, out, true);
    return 1 + (int) out.flip().chars().filter(c -> c == '\n').count();
  }

  private void readDocument(String text) {
    try {
      var parser = new ParserImpl(new StreamReader(text), new LoaderOptions());
      parser.getEvent(); // the stream begins
      if (parser.checkEvent(Event.ID.StreamEnd)) {
        throw unreadable(1, "is empty");
      }
      parser.getEvent(); // the document begins
      root = value(parser, JsonPath.ROOT, 0);
      parser.getEvent(); // the document ends
      if (!parser.checkEvent(Event.ID.StreamEnd)) {
        throw unreadable(
            line(parser.peekEvent().getStartMark()), "begins a second document; one file is one");
      }
    } catch (ReaderException e) {
      var before = text.codePoints().limit(e.getPosition()).filter(c -> c == '\n').count();
      throw unreadable(
          1 + (int) before,
          "holds the character U+%04X, which YAML does not allow".formatted(e.getCodePoint()));
    } catch (MarkedYAMLException e) {
      var mark = e.getProblemMark() == null ? e.getContextMark() : e.getProblemMark();
      throw unreadable(mark == null ? 1 : line(mark), "is not YAML: " + problem(e));
    } catch (YAMLException e) {
      throw unreadable(1, "is not YAML");
    }
  }

  private static String problem(MarkedYAMLException e) {
    var problem = e.getProblem() == null ? "it cannot be read" : e.getProblem();
    var column = e.getProblemMark() == null ? 0 : e.getProblemMark().getColumn() + 1;
    return problem.replace('\n', ' ') + (column > 0 ? " (column " + column + ")" : "");
  }

  private JsonNode value(ParserImpl parser, String path, int depth) {
    var event = parser.getEvent();
    var line = line(event.getStartMark());
    if (everyLine || depth <= SHALLOW) {
      lines.putIfAbsent(path, line);
    }
    if (depth > MAX_DEPTH) {
      throw unreadable(line, "is nested deeper than " + MAX_DEPTH + " levels");
    }
    if (event instanceof NodeEvent node && node.getAnchor() != null) {
      fault(
          line,
          path,
          event instanceof AliasEvent
              ? "is an alias (*" + JsonPath.tame(node.getAnchor()) + "); write the value out"
              : "has an anchor (&" + JsonPath.tame(node.getAnchor()) + "); leave it out");
    }
    return switch (event) {
      case ScalarEvent scalar -> scalar(scalar, path, line);
      case MappingStartEvent mapping -> {
        tag(mapping.getTag(), path, line);
        yield mapping(parser, path, depth);
      }
      case SequenceStartEvent sequence -> {
        tag(sequence.getTag(), path, line);
        yield sequence(parser, path, depth);
      }
      default -> JSON.nullNode();
    };
  }

  private ObjectNode mapping(ParserImpl parser, String path, int depth) {
    var object = JSON.objectNode();
    while (!parser.checkEvent(Event.ID.MappingEnd)) {
      var line = line(parser.peekEvent().getStartMark());
      if (!parser.checkEvent(Event.ID.Scalar)) {
        fault(line, path, "has a key that is not a plain word");
        skip(parser, path, depth);
        skip(parser, path, depth);
        continue;
      }
      var name = ((ScalarEvent) parser.getEvent()).getValue();
      var place = everyLine || depth == 0 ? JsonPath.child(path, name) : path;
      if (object.has(name)) {
        fault(line, place, "stands here a second time; the first is on line " + lineOf(place));
        skip(parser, place, depth);
      } else {
        if (everyLine || depth == 0) {
          lines.put(place, line);
        }
        object.set(name, value(parser, place, depth + 1));
      }
    }
    parser.getEvent();
    return object;
  }

  /** Reads a value for its faults alone. */
  private void skip(ParserImpl parser, String path, int depth) {
    var unused = value(parser, path, depth + 1);
  }

  private ArrayNode sequence(ParserImpl parser, String path, int depth) {
    var array = JSON.arrayNode();
    while (!parser.checkEvent(Event.ID.SequenceEnd)) {
      var place = everyLine || depth < SHALLOW ? JsonPath.item(path, array.size()) : path;
      array.add(value(parser, place, depth + 1));
    }
    parser.getEvent();
    return array;
  }

  private JsonNode scalar(ScalarEvent scalar, String path, int line) {
    tag(scalar.getTag(), path, line);
    if (everyLine) {
      textLines.put(path, scalar.isLiteral() || scalar.isFolded() ? line + 1 : line);
    }
    var text = scalar.getValue();
    if (!scalar.isPlain()) {
      return JSON.textNode(text);
    }
    return switch (text) {
      case "", "~", "null", "Null", "NULL" -> JSON.nullNode();
      case "true", "True", "TRUE" -> JSON.booleanNode(true);
      case "false", "False", "FALSE" -> JSON.booleanNode(false);
      default -> numberOrText(text);
    };
  }

  private static JsonNode numberOrText(String text) {
    if (text.length() > MAX_NUMBER_LENGTH || "+-.0123456789".indexOf(text.charAt(0)) < 0) {
      return JSON.textNode(text);
    }
    if (INTEGER.matches(text)) {
      var number = new BigInteger(text);
      return number.bitLength() < Integer.SIZE
          ? JSON.numberNode(number.intValue())
          : number.bitLength() < Long.SIZE
              ? JSON.numberNode(number.longValue())
              : JSON.numberNode(number);
    }
    return DECIMAL.matches(text) ? DecimalNode.valueOf(new BigDecimal(text)) : JSON.textNode(text);
  }

  private void tag(@Nullable String tag, String path, int line) {
    if (tag != null) {
      fault(line, path, "has a tag (" + JsonPath.tame(tag) + "); leave it out");
    }
  }

  private void fault(int line, String path, String reason) {
    faults.add(new YamlFault(line, path, reason));
  }

  private Unreadable unreadable(int line, String reason) {
    fault(line, JsonPath.ROOT, reason);
    return new Unreadable();
  }

  private static int line(Mark mark) {
    return mark.getLine() + 1;
  }
}
