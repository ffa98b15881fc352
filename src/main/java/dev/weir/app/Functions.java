package dev.weir.app;

import dev.weir.config.WeirConfig;
import dev.weir.prompts.CatalogueLoader;
import dev.weir.prompts.CatalogueWatch;
import dev.weir.prompts.Fault;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.LoadResult;
import dev.weir.providers.Directory;
import java.util.List;

/** Reads the function files against the model directory. Blocks on the disk. */
final class Functions {
  private Functions() {}

  /** What came of reading the folder once, for the start and for {@code weir check}. */
  record Read(CatalogueLoader loader, LoadResult result) {

    /** What is wrong, one line each; empty if the functions can be served. */
    List<String> faults(Directory models) {
      return switch (result) {
        case LoadResult.Refused refused -> refused.faults().stream().map(Fault::toString).toList();
        case LoadResult.Loaded loaded ->
            loaded.catalogue().all().stream()
                .flatMap(f -> models.unusable(f.name(), f.model(), f.fallbacks()).stream())
                .toList();
      };
    }
  }

  static Read read(WeirConfig config, Directory models) {
    var loader = new CatalogueLoader(models::problem);
    return new Read(loader, loader.load(config.functionsDir()));
  }

  /** The functions of now, renewed when the folder changes; fails if they cannot be served. */
  static CatalogueWatch watch(WeirConfig config, Directory models) {
    var read = read(config, models);
    var faults = read.faults(models);
    if (!faults.isEmpty()) {
      throw new StartFailure(
          "The functions of "
              + config.functionsDir()
              + " cannot be served:\n  "
              + String.join("\n  ", faults));
    }
    return new CatalogueWatch(
        config.functionsDir(), read.loader(), catalogue(read.result()), _ -> {});
  }

  private static FunctionCatalogue catalogue(LoadResult result) {
    return switch (result) {
      case LoadResult.Loaded loaded -> loaded.catalogue();
      case LoadResult.Refused _ -> throw new IllegalStateException("refused functions have faults");
    };
  }
}
