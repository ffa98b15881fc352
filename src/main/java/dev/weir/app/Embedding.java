package dev.weir.app;

import dev.weir.config.Mode;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.config.WeirConfig;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Target;
import java.util.Optional;

/** Finds who makes vectors of inputs for the cache. */
final class Embedding {
  private static final String SANDBOX = "sandbox";

  private Embedding() {}

  /**
   * The configured model; in dev mode without one, and where its provider has no key, the sandbox.
   * Empty where nobody is configured.
   */
  static Optional<Target> of(WeirConfig config) {
    var dev = config.mode() == Mode.DEV;
    if (config.cache().embeddingModel().isEmpty()) {
      return dev
          ? Optional.of(target(new ModelRef(SANDBOX, "trigrams"), SANDBOX, false))
          : Optional.empty();
    }
    var name = config.cache().embeddingModel().get();
    var model =
        ModelRef.parse(name)
            .orElseThrow(
                () ->
                    new StartFailure(
                        "cache.embedding_model must be provider/model, not \"" + name + "\""));
    if (model.provider().equals(SANDBOX)) {
      return Optional.of(target(model, SANDBOX, false));
    }
    var provider = config.providers().get(model.provider());
    if (provider == null || provider.protocol() != Protocol.CHAT) {
      throw new StartFailure(
          "cache.embedding_model names the provider '"
              + model.provider()
              + "', which is not configured with the protocol chat; embeddings speak OpenAI's"
              + " API.");
    }
    if (provider.apiKey().isPresent()) {
      return Optional.of(target(model, provider.name(), false));
    }
    if (!dev) {
      throw new StartFailure(
          "cache.embedding_model names the provider '"
              + provider.name()
              + "', which has no key: set "
              + provider.keyVariable()
              + ".");
    }
    return Optional.of(target(model, SANDBOX, true));
  }

  private static Target target(ModelRef model, String servedBy, boolean simulated) {
    return new Target(model, servedBy, simulated, false, Optional.empty());
  }
}
