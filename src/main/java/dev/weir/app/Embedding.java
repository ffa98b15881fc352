package dev.weir.app;

import dev.weir.config.Mode;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.config.WeirConfig;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Target;
import dev.weir.providers.EmbeddingModels;
import java.util.Optional;
import java.util.TreeSet;

/** Finds who makes vectors of inputs for the cache. */
final class Embedding {
  static final String SANDBOX = "sandbox";
  private static final ModelRef STANDARD = new ModelRef("perplexity", "pplx-embed-v1-0.6b");

  private Embedding() {}

  /**
   * The configured model. Where none is, Perplexity's small one, if there is a key for it. In dev
   * mode the sandbox stands in for a provider without a key, and for none. Empty where nobody is
   * configured.
   */
  static Optional<Target> of(WeirConfig config) {
    return config
        .cache()
        .embeddingModel()
        .map(name -> configured(config, name))
        .or(() -> standard(config));
  }

  private static Optional<Target> standard(WeirConfig config) {
    var perplexity = Optional.ofNullable(config.providers().get(STANDARD.provider()));
    if (perplexity
        .filter(p -> p.protocol() == Protocol.AGENT && p.apiKey().isPresent())
        .isPresent()) {
      return Optional.of(target(STANDARD, STANDARD.provider(), false));
    }
    return config.mode() == Mode.DEV
        ? Optional.of(target(new ModelRef(SANDBOX, "trigrams"), SANDBOX, false))
        : Optional.empty();
  }

  private static Target configured(WeirConfig config, String name) {
    var model =
        ModelRef.parse(name)
            .orElseThrow(
                () ->
                    new StartFailure(
                        "cache.embedding_model must be provider/model, not \"" + name + "\""));
    if (model.provider().equals(SANDBOX)) {
      check(Protocol.SANDBOX, model);
      return target(model, SANDBOX, false);
    }
    var provider = config.providers().get(model.provider());
    if (provider == null) {
      throw new StartFailure(
          "cache.embedding_model names the provider '"
              + model.provider()
              + "', which is not configured; there are: "
              + String.join(", ", new TreeSet<>(config.providers().keySet()))
              + ".");
    }
    check(provider.protocol(), model);
    if (provider.protocol() == Protocol.SANDBOX || provider.apiKey().isPresent()) {
      return target(model, provider.name(), false);
    }
    if (config.mode() != Mode.DEV) {
      throw new StartFailure(
          "cache.embedding_model names the provider '"
              + provider.name()
              + "', which has no key: set "
              + provider.keyVariable()
              + ".");
    }
    return target(model, SANDBOX, true);
  }

  /** What is known here to give no vectors would be told by misses alone. */
  private static void check(Protocol protocol, ModelRef model) {
    EmbeddingModels.problem(protocol, model.name())
        .ifPresent(
            problem -> {
              throw new StartFailure("cache.embedding_model cannot be '" + model + "'. " + problem);
            });
  }

  private static Target target(ModelRef model, String servedBy, boolean simulated) {
    return new Target(model, servedBy, simulated, false, Optional.empty());
  }
}
