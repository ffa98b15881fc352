package dev.weir.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Labels to which a call's cost is attributed, such as team and feature: at most {@value #MOST} of
 * them, a key of {@code [a-z][a-z0-9_.-]} up to 32 characters, a value of 1 to {@value #LONGEST}
 * printable characters without space around it. Over HTTP they come as {@code x-weir-tags:
 * team=growth,feature=export}, where a value writes a comma, a percent sign and anything beyond
 * ASCII as percent escapes of its UTF-8; over the bus as the object {@code tags}.
 *
 * <p>What is wrong is refused before the call is admitted, never cut: a bill that silently lost its
 * label is worse than an error on the first try.
 */
public final class CallTags {
  private static final String HEADER = "x-weir-tags";
  private static final int MOST = 8;
  private static final int LONGEST = 64;
  private static final int LONGEST_SHOWN = 40;
  private static final Pattern KEY = Pattern.compile("[a-z][a-z0-9_.-]{0,31}");

  private final String where;
  private final Map<String, String> tags = new TreeMap<>();

  private CallTags(String where) {
    this.where = where;
  }

  /**
   * The tags in a request's headers, by key.
   *
   * @param headers the values of all {@code x-weir-tags} headers; together they are one list
   * @throws AIError {@code INVALID_REQUEST} that names the tag, what is wrong with it and what is
   *     allowed
   */
  public static Map<String, String> ofHeaders(List<String> headers) {
    var read = new CallTags(HEADER);
    for (var header : headers) {
      for (var part : header.split(",", -1)) {
        if (!part.isBlank()) {
          read.addPair(part.strip());
        }
      }
    }
    return read.tags();
  }

  /**
   * The tags in a message's member, by key.
   *
   * @param member the member; empty or null is none
   * @throws AIError as {@link #ofHeaders}
   */
  static Map<String, String> ofMember(String path, Optional<JsonNode> member) {
    var read = new CallTags(path);
    if (member.isPresent() && !member.get().isNull()) {
      if (!(member.get() instanceof ObjectNode object)) {
        throw read.fault("must be an object of strings, but is " + Members.kind(member.get()));
      }
      object.properties().forEach(e -> read.addText(e.getKey(), e.getValue()));
    }
    return read.tags();
  }

  private Map<String, String> tags() {
    return tags.isEmpty() ? Map.of() : Collections.unmodifiableMap(tags);
  }

  private void addPair(String pair) {
    var equals = pair.indexOf('=');
    if (equals < 0) {
      throw fault("holds '" + shown(pair) + "', which is no key=value");
    }
    var key = pair.substring(0, equals).strip();
    add(key, unescaped(key, pair.substring(equals + 1).strip()));
  }

  private void addText(String key, JsonNode value) {
    if (!value.isTextual()) {
      throw fault("'" + shown(key) + "' must be a string, but is " + Members.kind(value));
    }
    add(key, value.textValue());
  }

  private void add(String key, String value) {
    if (!KEY.matcher(key).matches()) {
      throw fault(
          "has the key '" + shown(key) + "'; a key is [a-z][a-z0-9_.-], up to 32 characters");
    }
    var length = value.codePointCount(0, value.length());
    if (length == 0 || length > LONGEST) {
      throw fault("'" + key + "' is " + length + " characters long; a value has 1 to " + LONGEST);
    }
    if (!value.codePoints().allMatch(CallTags::printable) || !value.equals(value.strip())) {
      throw fault(
          "'" + key + "' holds a character that is not printable, or begins or ends with a space");
    }
    if (tags.put(key, value) != null) {
      throw fault("has the key '" + key + "' twice");
    }
    if (tags.size() > MOST) {
      throw fault("holds more than " + MOST + " tags");
    }
  }

  private String unescaped(String key, String value) {
    var bytes = ByteBuffer.allocate(value.length());
    for (var i = 0; i < value.length(); i++) {
      var c = value.charAt(i);
      if (c == '%') {
        var high = i + 2 < value.length() ? Character.digit(value.charAt(i + 1), 16) : -1;
        var low = high >= 0 ? Character.digit(value.charAt(i + 2), 16) : -1;
        if (low < 0) {
          throw fault("'" + shown(key) + "' holds a broken percent escape; write % as %25");
        }
        bytes.put((byte) (high << 4 | low));
        i += 2;
      } else if (c < ' ' || c > '~') {
        throw fault("'" + shown(key) + "' holds a character beyond ASCII; send it percent-encoded");
      } else {
        bytes.put((byte) c);
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      throw fault("'" + shown(key) + "' holds percent escapes that are no UTF-8").causedBy(e);
    }
  }

  private AIError fault(String what) {
    return Members.fault(
        where,
        what
            + ". Send at most "
            + MOST
            + " tags, such as "
            + (where.equals(HEADER) ? "team=growth,feature=export." : "{\"team\": \"growth\"}."));
  }

  private static boolean printable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  /** A caller's word, short and plain enough to stand in a message. */
  private static String shown(String word) {
    var plain = word.replaceAll("[^\\x20-\\x7e]", "?");
    return plain.length() <= LONGEST_SHOWN ? plain : plain.substring(0, LONGEST_SHOWN) + "...";
  }
}
