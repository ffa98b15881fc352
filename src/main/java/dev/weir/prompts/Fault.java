package dev.weir.prompts;

import java.nio.file.Path;

/**
 * One reason why a file is refused.
 *
 * @param file the file, under the folder's name as it was given
 * @param line the line, counted from 1; 0 where the fault is the whole file's
 * @param path the place in the file, as in {@code $.timeout_ms.max}
 * @param reason what is wrong and what would be right
 */
public record Fault(Path file, int line, String path, String reason) {
  /**
   * As an editor can follow it: {@code conf/functions/x.yaml:12: $.timeout_ms.max: must be ...}.
   */
  @Override
  public String toString() {
    return (line > 0 ? file + ":" + line : file.toString()) + ": " + path + ": " + reason;
  }
}
