package dev.weir.providers;

import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.core.AIError;
import java.util.Optional;

/** Which models give vectors, as far as that is known without asking for some. */
public final class EmbeddingModels {
  private static final String OF_TEXTS = "pplx-embed-v";

  private EmbeddingModels() {}

  /**
   * Why nobody gets vectors of this model, as a sentence about it; empty where it is not known here
   * that it gives none.
   *
   * @param protocol that its provider speaks
   * @param model its name there
   */
  public static Optional<String> problem(Protocol protocol, String model) {
    return switch (protocol) {
      case AGENT ->
          model.startsWith(OF_TEXTS)
              ? Optional.empty()
              : Optional.of(
                  "It gives no vectors of texts; those that do are pplx-embed-v1-0.6b and"
                      + " pplx-embed-v1-4b.");
      case SANDBOX -> sandbox(model);
      // A server may have any.
      case CHAT -> Optional.empty();
    };
  }

  private static Optional<String> sandbox(String model) {
    try {
      return switch (SandboxBehaviour.parse(model).kind()) {
        case ERROR, STALL, TRUNCATE -> Optional.of("It never answers; sandbox/trigrams does.");
        default -> Optional.empty();
      };
    } catch (AIError unknown) {
      return Optional.of(unknown.message());
    }
  }
}
