package dev.weir.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A file that somebody names on the command line. */
final class TextFile {
  /** Some editors write it before the first character, to say that the rest is UTF-8. */
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  private TextFile() {}

  /**
   * Its text, without a byte order mark at its start; where there is none, fails with what is wrong
   * with the file.
   */
  static String read(World world, Path file) {
    try {
      var text = Files.readString(world.directory().resolve(file));
      return text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (NoSuchFileException _) {
      throw unreadable(file, "there is no such file");
    } catch (AccessDeniedException _) {
      throw unreadable(file, "that is not permitted");
    } catch (CharacterCodingException _) {
      throw unreadable(file, "it is not text in UTF-8");
    } catch (IOException e) {
      throw unreadable(file, String.valueOf(e.getMessage()));
    }
  }

  private static CommandFailure unreadable(Path file, String why) {
    return new CommandFailure(ExitCode.USAGE, file + " cannot be read: " + why + ".");
  }
}
