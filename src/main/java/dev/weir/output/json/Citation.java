package dev.weir.output.json;

import java.util.List;

/**
 * A citation mark that was taken out of a string value.
 *
 * @param path the JSON Pointer of the string
 * @param position the offset in the cleaned string, in UTF-16 units, at which the mark stood
 * @param sources the numbers it cites, as written (1-based), in order
 * @param text the mark itself, e.g. {@code [2, 3]}
 */
public record Citation(String path, int position, List<Integer> sources, String text) {
  /** Copies the list. */
  public Citation {
    sources = List.copyOf(sources);
  }
}
