package dev.weir.cli;

import java.io.FilterWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.util.stream.Stream;

/**
 * What commands print to: names, notes and reasons are whatever somebody once wrote, and a terminal
 * obeys some characters (it moves, hides and rewrites what stands there, or types). Such a
 * character is shown as its escape, {@code \u001b}, which JSON reads back as the same. What is
 * filled into a format, a cell of a table most of the time, stays on its line, too.
 */
final class SafeWriter extends PrintWriter {
  private SafeWriter(Writer to) {
    super(to, true);
  }

  /** Results: lines and tabs pass, and nothing else that is no text. */
  static PrintWriter ofResults(PrintWriter to) {
    return new SafeWriter(new Escaping(to, false));
  }

  /** What is said beside them, where a progress bar goes back to the beginning of its line. */
  static PrintWriter ofWords(PrintWriter to) {
    return new SafeWriter(new Escaping(to, true));
  }

  @Override
  public PrintWriter format(String format, Object... arguments) {
    var cells =
        Stream.of(arguments).map(cell -> cell instanceof String text ? line(text) : cell).toArray();
    return super.format(format, cells);
  }

  private static String line(String text) {
    return text.chars().noneMatch(Character::isISOControl)
        ? text
        : text.replaceAll("\\R|\t", " ")
            .chars()
            .collect(StringBuilder::new, SafeWriter::put, StringBuilder::append)
            .toString();
  }

  private static void put(StringBuilder to, int c) {
    if (Character.isISOControl(c)) {
      to.append("\\u%04x".formatted(c));
    } else {
      to.append((char) c);
    }
  }

  /** Passes text on, and control characters as their escapes. */
  private static final class Escaping extends FilterWriter {
    private final boolean returns;

    /** A carriage return that belongs to the end of a line, or to nothing. */
    private boolean returned;

    Escaping(Writer to, boolean returns) {
      super(to);
      this.returns = returns;
    }

    @Override
    public void write(int c) throws IOException {
      write(String.valueOf((char) c), 0, 1);
    }

    @Override
    public void write(char[] text, int from, int length) throws IOException {
      write(new String(text, from, length), 0, length);
    }

    @Override
    public void write(String text, int from, int length) throws IOException {
      var safe = new StringBuilder(length);
      for (var i = from; i < from + length; i++) {
        var c = text.charAt(i);
        if (returned) {
          safe.append(c == '\n' ? "\r" : "\\u000d");
          returned = false;
        }
        if (c == '\r' && !returns) {
          returned = true;
        } else if (c == '\n' || c == '\t' || c == '\r') {
          safe.append(c);
        } else {
          put(safe, c);
        }
      }
      out.write(safe.toString());
    }
  }
}
