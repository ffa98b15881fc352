package dev.weir.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;

/** Keys and JSON for people. */
final class KeyPrinter {
  private static final List<String> HEADINGS =
      List.of("ID", "KEY", "ROLE", "USER", "STATUS", "EXPIRES", "LAST USED", "NAME");

  private KeyPrinter() {}

  static String pretty(JsonNode json) {
    try {
      return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(json);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree can always be written", e);
    }
  }

  /**
   * The new key on the standard output, alone, so that a script can take it; words on the other.
   */
  static void issued(JsonNode issued, boolean asJson, PrintWriter out, PrintWriter err) {
    if (asJson) {
      out.println(pretty(issued));
      return;
    }
    out.println(issued.path("key").asText());
    err.println(
        "This is the "
            + issued.path("role").asText()
            + " key "
            + issued.path("id").asText()
            + " of "
            + issued.path("user").asText()
            + ". It is shown this once: Weir keeps its hash only.");
  }

  /** Keys in columns as wide as they need to be. */
  static void table(List<JsonNode> keys, PrintWriter out) {
    var rows = new ArrayList<List<String>>();
    rows.add(HEADINGS);
    keys.forEach(key -> rows.add(row(key)));
    var widths = new int[HEADINGS.size()];
    for (var row : rows) {
      for (var i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (var row : rows) {
      var line = new StringBuilder();
      for (var i = 0; i < widths.length; i++) {
        line.append(row.get(i)).repeat(' ', widths[i] - row.get(i).length() + 2);
      }
      out.println(line.toString().stripTrailing());
    }
  }

  private static List<String> row(JsonNode key) {
    return List.of(
        key.path("id").asText(),
        key.path("prefix").asText(),
        key.path("role").asText(),
        key.path("user").asText(),
        key.path("status").asText(),
        minute(key.path("expires_at")),
        minute(key.path("last_used_at")),
        key.path("name").asText());
  }

  /** {@code 2027-01-31 09:30Z}, or a dash. */
  private static String minute(JsonNode time) {
    var text = time.asText("");
    return text.length() < 16 || time.isNull()
        ? "-"
        : text.substring(0, 10) + " " + text.substring(11, 16) + "Z";
  }
}
