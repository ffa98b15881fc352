package dev.weir.providers;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes up strings that fit a schema's format, pattern and lengths. Not thread-safe. */
final class StringWriter {
  private static final int USUAL_MOST = 400;

  private final Words words;
  private int room = 200_000;

  StringWriter(Words words) {
    this.words = words;
  }

  /** A string for {@code schema}; the property's name hints at its tone. */
  String write(JsonNode schema, String name) {
    var text = within(schema, name);
    room = Math.max(0, room - text.length());
    return text;
  }

  private String within(JsonNode schema, String name) {
    var least = Math.min(schema.path("minLength").asInt(0), room);
    var most = Math.max(least, schema.path("maxLength").asInt(Math.max(USUAL_MOST, least)));
    var pattern = schema.path("pattern").asText("");
    if (!pattern.isEmpty()) {
      var found = matching(pattern, least, most);
      if (found.isPresent()) {
        return found.get();
      }
    }
    return format(schema.path("format").asText(""))
        .orElseGet(() -> fit(tone(name, most), least, most));
  }

  private Optional<String> format(String format) {
    var text =
        switch (format) {
          case "date" -> date();
          case "time" -> "%02d:30:00Z".formatted(words.number(8, 18));
          case "date-time" -> date() + "T%02d:30:00Z".formatted(words.number(8, 18));
          case "duration" -> "P" + words.number(1, 30) + "D";
          case "email", "idn-email" -> words.plain() + "@example.org";
          case "hostname", "idn-hostname" -> words.plain() + ".example.org";
          case "uri", "url", "iri", "uri-reference" -> "https://example.org/" + words.plain();
          case "uuid" ->
              "%08x-0000-4000-8000-%012x"
                  .formatted(words.number(0, 0xFFFFFFFFL), words.number(0, 0xFFFFFFFFFFFL));
          case "ipv4" -> "192.0.2." + words.number(1, 254);
          case "ipv6" -> "2001:db8::" + words.number(1, 99);
          case "json-pointer" -> "/" + words.plain();
          case "regex" -> words.plain();
          default -> "";
        };
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  private String date() {
    return "2026-%02d-%02d".formatted(words.number(1, 12), words.number(1, 28));
  }

  /** Short things get a title, everything else sentences. */
  private String tone(String name, int most) {
    var lower = name.toLowerCase(Locale.ROOT);
    var isShort =
        most <= 60
            || List.of("title", "name", "headline", "role", "skill", "tag", "keyword", "company")
                .stream()
                .anyMatch(lower::contains);
    return isShort ? words.title() : words.prose(2);
  }

  private String fit(String text, int least, int most) {
    var fitted = new StringBuilder(text);
    var letters = text.codePointCount(0, text.length());
    while (letters < least) {
      var more = (letters == 0 ? "" : " ") + words.next();
      fitted.append(more);
      letters += more.codePointCount(0, more.length());
    }
    if (letters > most) {
      fitted.setLength(fitted.offsetByCodePoints(0, most));
    }
    // A blank at the cut would be trimmed by whoever shows it.
    for (var i = fitted.length() - 1; i >= 0 && fitted.charAt(i) == ' '; i--) {
      fitted.setCharAt(i, '.');
    }
    return fitted.toString();
  }

  private Optional<String> matching(String pattern, int least, int most) {
    if (!PatternWriter.isModest(pattern)) {
      return Optional.empty();
    }
    try {
      var compiled = Pattern.compile(pattern);
      for (var extra = 0; extra < 4; extra++) {
        var text = new PatternWriter(pattern, words, extra * Math.max(1, least / 2)).write();
        var length = text.codePointCount(0, text.length());
        if (length >= least && length <= most && compiled.matcher(text).find()) {
          return Optional.of(text);
        }
      }
    } catch (PatternSyntaxException | IllegalArgumentException _) {
      // Beyond this writer: the string is made without the pattern.
    }
    return Optional.empty();
  }
}
