package dev.weir.prompts;

import java.util.Optional;

/**
 * Tells whether a model that a function names can be asked; the seam to those who know the models.
 */
@FunctionalInterface
public interface ModelCheck {
  /** Takes every name, for checks of a folder by itself. */
  ModelCheck ANY = model -> Optional.empty();

  /**
   * What is wrong with a model, as the rest of a sentence that begins with its place: {@code "is
   * not a known model; did you mean `perplexity/sonar`?"}. Empty if nothing is.
   */
  Optional<String> problemWith(String model);
}
