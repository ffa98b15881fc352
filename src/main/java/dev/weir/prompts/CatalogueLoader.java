package dev.weir.prompts;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * Reads a folder of function files into a catalogue: all of it, or the list of what is wrong.
 *
 * <p>A file counts if its name ends in {@code .yaml}; hidden files, editors' copies and folders do
 * not. A symbolic link counts as long as it stays within the folder, as those of a mounted
 * Kubernetes ConfigMap do. What was read before and has the same bytes is taken as it is, so
 * reading 10,000 files again because of one costs little more than hashing them.
 *
 * <p>Blocks on the disk and uses all cores: call it at start or from a thread of its own, never
 * from an event loop. Loads of one loader do not overlap.
 */
public final class CatalogueLoader {
  /** Bytes that a file may have. */
  public static final int MAX_FILE_BYTES = 256 * 1024;

  private static final Logger LOG = LogManager.getLogger(CatalogueLoader.class);
  private static final int MAX_FILES = 50_000;
  private static final int MAX_FAULTS = 1000;
  private static final String SUFFIX = ".yaml";

  private record Known(String hash, FunctionReader.Result result) {}

  private record Candidate(Path file, Optional<Known> known, List<Fault> faults) {}

  private final ModelCheck models;
  private Map<Path, Known> known = Map.of();

  /**
   * A loader.
   *
   * @param models says which models exist
   */
  public CatalogueLoader(ModelCheck models) {
    this.models = models;
  }

  /**
   * Reads the folder. Never throws for what stands in it; a folder that cannot be read is a fault
   * too.
   */
  public synchronized LoadResult load(Path folder) {
    List<Path> files;
    Path realFolder;
    try {
      realFolder = folder.toRealPath();
      files = list(folder);
    } catch (IOException e) {
      return refused(new Fault(folder, 0, JsonPath.ROOT, folderProblem(e)));
    }
    if (files.size() > MAX_FILES) {
      return refused(
          new Fault(folder, 0, JsonPath.ROOT, "has more than " + MAX_FILES + " function files"));
    }
    var before = known;
    var candidates =
        files.parallelStream().map(file -> candidate(file, realFolder, before)).toList();
    known =
        candidates.stream()
            .filter(candidate -> candidate.known().isPresent())
            .collect(Collectors.toMap(Candidate::file, c -> c.known().orElseThrow()));
    return judge(candidates);
  }

  private LoadResult judge(List<Candidate> candidates) {
    List<Fault> faults = new ArrayList<>();
    List<FunctionDefinition> functions = new ArrayList<>();
    Map<String, Optional<String>> asked = new ConcurrentHashMap<>();
    for (var candidate : candidates) {
      faults.addAll(candidate.faults());
      candidate
          .known()
          .map(Known::result)
          .ifPresent(
              result -> {
                faults.addAll(result.faults());
                result.function().ifPresent(functions::add);
                faults.addAll(unknownModels(candidate.file(), result, asked));
              });
    }
    return faults.isEmpty()
        ? new LoadResult.Loaded(FunctionCatalogue.of(functions))
        : new LoadResult.Refused(faults.stream().limit(MAX_FAULTS).toList());
  }

  private List<Fault> unknownModels(
      Path file, FunctionReader.Result result, Map<String, Optional<String>> asked) {
    return result.models().stream()
        .flatMap(
            named ->
                asked.computeIfAbsent(named.model(), models::problemWith).stream()
                    .map(problem -> new Fault(file, named.line(), named.path(), problem)))
        .toList();
  }

  private static LoadResult refused(Fault fault) {
    return new LoadResult.Refused(List.of(fault));
  }

  private static String folderProblem(IOException e) {
    return switch (e) {
      case NoSuchFileException _ -> "does not exist";
      case NotDirectoryException _ -> "is not a folder";
      default -> "cannot be read (" + e.getClass().getSimpleName() + ")";
    };
  }

  private static List<Path> list(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (var entries = Files.newDirectoryStream(folder)) {
      for (var entry : entries) {
        var name = entry.getFileName().toString();
        var hidden = name.startsWith(".") || name.startsWith("#") || name.startsWith("~");
        if (!hidden && (name.endsWith(SUFFIX) || name.endsWith(".yml"))) {
          files.add(entry);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    files.sort(null);
    return files;
  }

  private Candidate candidate(Path file, Path realFolder, Map<Path, Known> before) {
    if (!file.getFileName().toString().endsWith(SUFFIX)) {
      return unfit(file, "must end in .yaml; rename it");
    }
    try {
      var real = file.toRealPath();
      if (!real.startsWith(realFolder)) {
        return unfit(
            file, "is a symbolic link that leads out of the folder; put the file itself here");
      }
      if (!Files.isRegularFile(real)) {
        return unfit(file, "is not a file");
      }
      byte[] bytes;
      try (var in = Files.newInputStream(real)) {
        bytes = in.readNBytes(MAX_FILE_BYTES + 1);
      }
      if (bytes.length > MAX_FILE_BYTES) {
        return unfit(file, "is larger than " + MAX_FILE_BYTES / 1024 + " KiB");
      }
      return new Candidate(file, Optional.of(read(file, bytes, before)), List.of());
    } catch (NoSuchFileException e) {
      return unfit(file, "is a symbolic link to nothing, or vanished while it was read");
    } catch (IOException e) {
      return unfit(file, "cannot be read (" + e.getClass().getSimpleName() + ")");
    } catch (RuntimeException e) {
      // A fault of ours must not keep the other files' faults from being told, nor end a watch.
      LOG.error("Reading {} failed", file, e);
      return unfit(file, "cannot be understood; the log says more");
    }
  }

  private Known read(Path file, byte[] bytes, Map<Path, Known> before) {
    var hash = HexFormat.of().formatHex(FunctionReader.sha256().digest(bytes));
    var last = before.get(file);
    return last != null && last.hash().equals(hash)
        ? last
        : new Known(hash, FunctionReader.read(file, bytes));
  }

  private static Candidate unfit(Path file, String reason) {
    return new Candidate(
        file, Optional.empty(), List.of(new Fault(file, 0, JsonPath.ROOT, reason)));
  }
}
