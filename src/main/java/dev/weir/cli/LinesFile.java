package dev.weir.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.AIError;
import dev.weir.core.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file of JSON objects, one a line. */
final class LinesFile {
  private LinesFile() {}

  /** A line that is not blank. */
  record Line(int number, ObjectNode json) {}

  /** All lines; one that is no object fails with its number. */
  static List<Line> read(World world, Path file) {
    var lines = new ArrayList<Line>();
    var number = 0;
    for (var text : TextFile.read(world, file).lines().toList()) {
      number++;
      if (!text.isBlank()) {
        lines.add(new Line(number, object(number, text)));
      }
    }
    return lines;
  }

  private static ObjectNode object(int number, String text) {
    try {
      if (Json.parse(text) instanceof ObjectNode object) {
        return object;
      }
    } catch (AIError _) {
      // Told below.
    }
    throw new CommandFailure(ExitCode.USAGE, "Line " + number + " is no JSON object.");
  }
}
