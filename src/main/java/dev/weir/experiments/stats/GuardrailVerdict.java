package dev.weir.experiments.stats;

/**
 * What a guardrail says of a variant.
 *
 * @param state whether it is broken
 * @param harm by how much the variant is worse than control (for cost per success: than the allowed
 *     multiple of control's), either end at the guardrail's one-sided alpha
 */
public record GuardrailVerdict(State state, Estimate harm) {
  /** The four things that may be said. */
  public enum State {
    /** Worse than the margin, with confidence: the variant is to be switched off. */
    BROKEN,
    /** Not worse than the margin, with confidence. */
    SAFE,
    /** Neither is known yet. */
    OPEN,
    /** Not looked at yet, as too few users or successes are there. */
    WAITING
  }

  static GuardrailVerdict of(Estimate harm, double margin) {
    var state =
        harm.pValue() <= harm.alpha()
            ? State.BROKEN
            : harm.upper() < margin ? State.SAFE : State.OPEN;
    return new GuardrailVerdict(state, harm);
  }

  /** Whether the variant is to be switched off. */
  public boolean broken() {
    return state == State.BROKEN;
  }
}
