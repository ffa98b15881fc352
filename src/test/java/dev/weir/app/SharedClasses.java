package dev.weir.app;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The classes of a Weir as its first process that ends in order leaves them. The processes after it
 * map them instead of loading them anew, which takes more than a third off their start. Lives as
 * long as the JVM of the tests.
 */
final class SharedClasses {
  /** One at a time leaves them: it takes that one seconds to do so. */
  private static final AtomicBoolean BEING_MADE = new AtomicBoolean();

  private static final Path ARCHIVE = archive();
  private static final String LEAVE = "-XX:+AutoCreateSharedArchive";

  private SharedClasses() {}

  /** For a process of this class path; none where that has directories, which are never shared. */
  static List<String> options(String classPath) {
    for (var entry : classPath.split(File.pathSeparator)) {
      if (Files.isDirectory(Path.of(entry))) {
        return List.of();
      }
    }
    var use = "-XX:SharedArchiveFile=" + ARCHIVE;
    if (Files.exists(ARCHIVE)) {
      return List.of(use, "-Xlog:cds=off");
    }
    return BEING_MADE.compareAndSet(false, true) ? List.of(LEAVE, use, "-Xlog:cds=off") : List.of();
  }

  /**
   * A process that was started so has ended: if it was to leave them, and left none, the next may.
   */
  static void ended(List<String> command) {
    if (command.contains(LEAVE)) {
      BEING_MADE.set(false);
    }
  }

  private static Path archive() {
    try {
      var folder = Files.createTempDirectory("weir-classes-");
      var archive = folder.resolve("weir.jsa");
      folder.toFile().deleteOnExit();
      archive.toFile().deleteOnExit();
      return archive;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
