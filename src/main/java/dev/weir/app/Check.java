package dev.weir.app;

import dev.weir.cli.CheckReport;
import dev.weir.config.ConfigFault;
import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import dev.weir.config.WeirConfig;
import dev.weir.pricing.PriceFile;
import dev.weir.prompts.LoadResult;
import dev.weir.providers.Directory;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code weir check}: reads settings, prices and functions as a start would, and starts nothing.
 */
final class Check {
  private Check() {}

  static CheckReport run() {
    var loader = ConfigLoader.ofProcess();
    return switch (loader.load()) {
      case Loaded.Refused refused ->
          new CheckReport(
              refused.faults().stream().map(ConfigFault::toString).toList(),
              List.of(),
              "The settings of " + loader.file() + " were read, and nothing else.");
      case Loaded.Accepted accepted -> run(accepted.config(), accepted.warnings());
    };
  }

  private static CheckReport run(WeirConfig config, List<String> warnings) {
    var faults = new ArrayList<String>();
    var summary = new StringBuilder("Checked the settings");
    switch (PriceFile.read(config.pricesFile())) {
      case PriceFile.Result.Refused refused -> faults.addAll(refused.faults());
      case PriceFile.Result.Loaded loaded ->
          summary
              .append(", the prices of ")
              .append(loaded.table().models().size())
              .append(" models");
    }
    var models = new Directory(config);
    var read = Functions.read(config, models);
    faults.addAll(read.faults(models));
    if (read.result() instanceof LoadResult.Loaded loaded) {
      summary.append(" and ").append(loaded.catalogue().all().size()).append(" functions");
    }
    return new CheckReport(faults, warnings, summary.append('.').toString());
  }
}
