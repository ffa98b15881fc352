package dev.weir.prompts;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/**
 * Names, sizes, times and file numbers of a folder in one number: cheap to take, and different
 * after nearly every change. Links are followed, so a ConfigMap's swap shows.
 */
record FolderStamp(int entries, long sum) {
  private static final FolderStamp NONE = new FolderStamp(-1, 0);

  static FolderStamp of(Path folder) {
    var entries = 0;
    var sum = 0L;
    try (var all = Files.newDirectoryStream(folder)) {
      for (var entry : all) {
        entries++;
        sum += stamp(entry);
      }
    } catch (IOException | DirectoryIteratorException e) {
      return NONE;
    }
    return new FolderStamp(entries, sum);
  }

  private static long stamp(Path file) {
    var name = file.getFileName().toString().hashCode();
    try {
      var found = Files.readAttributes(file, BasicFileAttributes.class);
      return spread(
          Objects.hash(name, found.size(), found.lastModifiedTime().toInstant(), found.fileKey()));
    } catch (IOException e) {
      return spread(name);
    }
  }

  /** Makes sums of small differences unlike each other. */
  private static long spread(int hash) {
    return (hash ^ 0x5DEECE66DL) * 0x9E3779B97F4A7C15L;
  }
}
