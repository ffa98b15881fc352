package dev.weir.journal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The journal of a process that is gone, locked by us: nobody else replays it meanwhile. Blocks;
 * confined to one thread.
 */
public final class Orphan implements AutoCloseable {
  private final Path path;
  private final UUID process;
  private final DirectoryLock lock;
  private final List<Segment> segments = new ArrayList<>();
  private final List<ChainReader> chains = new ArrayList<>();
  private boolean removed;

  private Orphan(Path path, UUID process, DirectoryLock lock) {
    this.path = path;
    this.process = process;
    this.lock = lock;
  }

  /**
   * Takes every journal under {@code root} whose process is gone. A process that is merely stopped
   * keeps its lock, and is left alone.
   *
   * @throws IOException if {@code root} cannot be read; a journal that cannot be is skipped, and
   *     named in {@code unreadable}
   */
  public static List<Orphan> take(Path root, List<String> unreadable) throws IOException {
    var taken = new ArrayList<Orphan>();
    if (!Files.isDirectory(root)) {
      return taken;
    }
    try (var all = Files.list(root)) {
      for (var path : all.sorted().toList()) {
        var process = id(path);
        if (process.isPresent()) {
          try (var _ = RootLock.take(root)) {
            DirectoryLock.take(path)
                .ifPresent(lock -> taken.add(new Orphan(path, process.get(), lock)));
          } catch (NoSuchFileException | NotDirectoryException e) {
            // Somebody else replayed it in between.
          } catch (IOException e) {
            unreadable.add(path + ": " + e.getMessage());
          }
        }
      }
    }
    return taken;
  }

  private static Optional<UUID> id(Path path) {
    try {
      return Optional.of(UUID.fromString(path.getFileName().toString()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Whose journal it was. */
  public UUID process() {
    return process;
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /**
   * Opens its chains for reading.
   *
   * @throws IOException if one of its files cannot be read or is none of a journal; nothing is
   *     removed then
   */
  public List<ChainReader> chains() throws IOException {
    if (chains.isEmpty()) {
      var byChain = new TreeMap<String, List<Path>>();
      try (var files = Files.list(path)) {
        files
            .filter(f -> f.getFileName().toString().matches("chain-\\d{3}-\\d{8}\\.log"))
            .sorted()
            .forEach(
                f ->
                    byChain
                        .computeIfAbsent(
                            f.getFileName().toString().substring(0, 9), _ -> new ArrayList<>())
                        .add(f));
      }
      for (Map.Entry<String, List<Path>> chain : byChain.entrySet()) {
        link(chain.getValue()).ifPresent(first -> chains.add(new ChainReader(first, _ -> {})));
      }
    }
    return List.copyOf(chains);
  }

  /**
   * Links the files of a chain as their writer would have, had it ended in order. A file that was
   * cut short while it was being made has held no record.
   */
  private Optional<Segment> link(List<Path> files) throws IOException {
    var first = Optional.<Segment>empty();
    var last = Optional.<Segment>empty();
    for (var file : files) {
      if (!Segment.isSegment(file)) {
        continue;
      }
      var segment = Segment.open(file);
      segments.add(segment);
      last.ifPresent(l -> l.sealAnywhere(segment));
      last = Optional.of(segment);
      first = first.isEmpty() ? last : first;
    }
    return first;
  }

  /** Removes it: everything in it is safe. */
  public void remove() throws IOException {
    closeSegments();
    removed = true;
    remove(path, lock);
  }

  /** Lets go of it, and leaves it for another time. */
  @Override
  public void close() throws IOException {
    if (!removed) {
      closeSegments();
      lock.close();
    }
  }

  private void closeSegments() {
    segments.forEach(Segment::close);
    segments.clear();
  }

  static void remove(Path path, DirectoryLock lock) throws IOException {
    try (var files = Files.list(path)) {
      for (var file : files.toList()) {
        if (!file.getFileName().toString().equals("lock")) {
          Files.delete(file);
        }
      }
    }
    try (var _ = RootLock.take(Objects.requireNonNull(path.getParent()))) {
      lock.delete();
      Files.deleteIfExists(path);
    }
  }
}
