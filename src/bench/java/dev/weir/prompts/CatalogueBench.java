package dev.weir.prompts;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

/**
 * Loads 10,000 function files, each a shipped function under a name and with a text of its own: the
 * first load, one after a single change, what the catalogue keeps in memory, and what look-ups,
 * suggestions, validation and rendering cost.
 *
 * <p>{@code mvn -ntp -q test-compile exec:exec@bench -Dbench=dev.weir.prompts.CatalogueBench}
 */
public final class CatalogueBench {
  private static final int FILES = 10_000;
  private static final int LOOKUPS = 5_000_000;
  private static final int CALLS = 20_000;

  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private CatalogueBench() {}

  /** CPU time of this thread: fair on a machine that others use too. */
  private static long now() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  /** Runs it and prints the figures. */
  public static void main(String[] args) throws IOException {
    var folder = Files.createTempDirectory("weir-functions");
    try {
      var bytes = write(folder);
      System.out.printf(
          "%,d files, %.1f MB, %d cores%n",
          FILES, bytes / 1e6, Runtime.getRuntime().availableProcessors());
      var before = usedMegabytes();
      var loader = new CatalogueLoader(ModelCheck.ANY);
      var catalogue = load("first load", loader, folder);
      System.out.printf("kept in memory      %,8.0f MB%n", usedMegabytes() - before);
      var changed = folder.resolve(catalogue.all().getFirst().name() + ".yaml");
      Files.writeString(changed, Files.readString(changed) + "# changed\n");
      load("load after a change", loader, folder);
      lookUp(catalogue);
      suggest(catalogue);
      call(catalogue);
    } finally {
      try (var files = Files.walk(folder)) {
        for (var file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static long write(Path folder) throws IOException {
    List<Path> shipped;
    try (var files = Files.list(Path.of("conf", "functions"))) {
      shipped = files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList();
    }
    var bytes = 0L;
    for (var i = 0; i < FILES; i++) {
      var name = "function-" + i;
      var text =
          Files.readString(shipped.get(i % shipped.size()))
              .replaceFirst("name: [a-z-]+", "name: " + name)
              .replaceFirst("Rules:", "Rules of function " + i + ":");
      bytes += text.length();
      Files.writeString(folder.resolve(name + ".yaml"), text);
    }
    return bytes;
  }

  private static FunctionCatalogue load(String title, CatalogueLoader loader, Path folder) {
    var cpu = PROCESS.getProcessCpuTime();
    var begin = System.nanoTime();
    var result = loader.load(folder);
    var took = Duration.ofNanos(System.nanoTime() - begin);
    System.out.printf(
        "%-20s%,8d ms  (%,d ms of CPU)%n",
        title, took.toMillis(), (PROCESS.getProcessCpuTime() - cpu) / 1_000_000);
    return switch (result) {
      case LoadResult.Loaded(FunctionCatalogue catalogue) -> catalogue;
      case LoadResult.Refused(var faults) ->
          throw new IllegalStateException(faults.getFirst().toString());
    };
  }

  private static void lookUp(FunctionCatalogue catalogue) {
    var names = catalogue.all().stream().map(FunctionDefinition::name).toArray(String[]::new);
    var random = new Random(1);
    var order = random.ints(1 << 16, 0, names.length).toArray();
    var found = 0;
    var begin = now();
    for (var i = 0; i < LOOKUPS; i++) {
      if (catalogue.find(names[order[i & 0xFFFF]]).isPresent()) {
        found++;
      }
    }
    var nanos = now() - begin;
    System.out.printf(
        "look-up             %,8.1f ns  (%,d found)%n", (double) nanos / LOOKUPS, found);
  }

  private static void suggest(FunctionCatalogue catalogue) {
    var rounds = 50;
    var begin = now();
    for (var i = 0; i < rounds; i++) {
      catalogue.nearest("functoin-" + i, 3);
    }
    System.out.printf("suggestion          %,8.2f ms%n", (now() - begin) / 1e6 / rounds);
  }

  private static void call(FunctionCatalogue catalogue) {
    var function = catalogue.all().getFirst();
    var input = function.example().orElseThrow();
    for (var round = 0; round < 2; round++) {
      var begin = now();
      for (var i = 0; i < CALLS; i++) {
        if (!function.input().validate(input).isEmpty()) {
          throw new IllegalStateException("the example must fit");
        }
      }
      var middle = now();
      var characters = 0L;
      for (var i = 0; i < CALLS; i++) {
        characters += function.user().render(input).length();
      }
      var end = now();
      if (round == 1) {
        System.out.printf(
            "validate an input   %,8.1f us%nrender a prompt     %,8.1f us  (%,d characters)%n",
            (middle - begin) / 1e3 / CALLS, (end - middle) / 1e3 / CALLS, characters / CALLS);
      }
    }
  }

  private static double usedMegabytes() {
    System.gc();
    var runtime = Runtime.getRuntime();
    return (runtime.totalMemory() - runtime.freeMemory()) / 1e6;
  }
}
