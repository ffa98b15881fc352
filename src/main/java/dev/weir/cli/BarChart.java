package dev.weir.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Horizontal bars for a terminal: eighths of a block where it shows UTF-8, else {@code #}.
 *
 * @param width the columns there are
 * @param utf8 whether the terminal shows UTF-8
 */
record BarChart(int width, boolean utf8) {
  private static final String EIGHTHS = "\u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588";
  private static final int LEAST = 8;

  /** One bar with what stands before and behind it. */
  record Bar(String label, BigDecimal value, String note) {}

  /** The lines; the longest bar is as long as there is room. */
  List<String> lines(List<Bar> bars) {
    var labels = longest(bars.stream().map(Bar::label).toList());
    var notes = longest(bars.stream().map(Bar::note).toList());
    var room = Math.max(LEAST, width - labels - notes - 4);
    var most = bars.stream().map(Bar::value).max(Comparator.naturalOrder()).orElse(BigDecimal.ZERO);
    var lines = new ArrayList<String>();
    for (var bar : bars) {
      lines.add(
          (pad(bar.label(), labels)
                  + "  "
                  + pad(bar(bar.value(), most, room), room)
                  + "  "
                  + " ".repeat(notes - bar.note().length())
                  + bar.note())
              .stripTrailing());
    }
    return lines;
  }

  private String bar(BigDecimal value, BigDecimal most, int room) {
    if (most.signum() <= 0 || value.signum() <= 0) {
      return "";
    }
    var steps = utf8 ? 8 : 1;
    // The smallest value that is none at all still shows.
    var eighths =
        Math.max(
            1,
            value
                .multiply(BigDecimal.valueOf((long) room * steps))
                .divide(most, 0, RoundingMode.HALF_UP)
                .intValue());
    if (!utf8) {
      return "#".repeat(eighths);
    }
    var full = String.valueOf(EIGHTHS.charAt(7)).repeat(eighths / 8);
    return eighths % 8 == 0 ? full : full + EIGHTHS.charAt(eighths % 8 - 1);
  }

  private static int longest(List<String> texts) {
    return texts.stream().mapToInt(String::length).max().orElse(0);
  }

  private static String pad(String text, int length) {
    return text + " ".repeat(Math.max(0, length - text.length()));
  }
}
