package dev.weir.app;

import dev.weir.cli.CheckReport;
import dev.weir.config.ConfigFault;
import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import dev.weir.config.WeirConfig;
import dev.weir.gateway.ModelRef;
import dev.weir.pricing.PriceFile;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.LoadResult;
import dev.weir.providers.Directory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

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

  static CheckReport run(WeirConfig config, List<String> warnings) {
    var faults = new ArrayList<String>();
    var told = new ArrayList<>(warnings);
    var priced = Optional.<Set<String>>empty();
    var summary = new StringBuilder("Checked the settings");
    switch (PriceFile.read(config.pricesFile())) {
      case PriceFile.Result.Refused refused -> faults.addAll(refused.faults());
      case PriceFile.Result.Loaded loaded -> {
        var known = loaded.table().models();
        priced = Optional.of(known);
        summary.append(", the prices of ").append(known.size()).append(" models");
      }
    }
    var models = new Directory(config, priced.orElse(Set.of()));
    embedding(config, priced, faults, told);
    var read = Functions.read(config, models);
    faults.addAll(read.faults(models));
    if (read.result() instanceof LoadResult.Loaded loaded) {
      summary.append(" and ").append(loaded.catalogue().all().size()).append(" functions");
      if (priced.isPresent()) {
        loaded.catalogue().all().forEach(f -> told.addAll(unpriced(f, models, config)));
      }
    }
    return new CheckReport(faults, told, summary.append('.').toString());
  }

  private static List<String> unpriced(
      FunctionDefinition function, Directory models, WeirConfig config) {
    return models.unpricedOfFunction(function.model(), function.fallbacks()).stream()
        .map(
            model ->
                unpriced(
                    "The function '" + function.name() + "' may be answered by " + model,
                    model,
                    config))
        .toList();
  }

  private static String unpriced(String subject, String model, WeirConfig config) {
    return subject
        + ", which has no price: callers with a budget are refused, and other calls are"
        + " recorded without a cost. Add to "
        + config.pricesFile()
        + ": - {model: "
        + model
        + ", from: <the first day>, input: <USD per million tokens>, output: <the"
        + " same>}, then './weir usage reprice' fills the calls that went before.";
  }

  private static void embedding(
      WeirConfig config, Optional<Set<String>> priced, List<String> faults, List<String> told) {
    try {
      Embedding.of(config)
          .map(target -> target.model())
          .filter(_ -> config.cache().embeddingModel().isPresent())
          .filter(model -> !model.provider().equals(Embedding.SANDBOX))
          .map(ModelRef::toString)
          .filter(model -> priced.isPresent() && !priced.get().contains(model))
          .ifPresent(
              model -> told.add(unpriced("cache.embedding_model is " + model, model, config)));
    } catch (StartFailure fault) {
      faults.add(String.valueOf(fault.getMessage()));
    }
  }
}
