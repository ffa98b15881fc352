package dev.weir.prompts;

/**
 * What is done about an answer that is not the JSON that was asked for.
 *
 * @param strict whether only an answer counts that is strict JSON as a whole: nothing is taken out
 *     of prose or fences, mended or coerced
 * @param secondAsk whether the model is asked once more, with the schema, when its answer does not
 *     fit
 */
public record RepairPolicy(boolean strict, boolean secondAsk) {
  /** Lenient, without a second ask. */
  public static final RepairPolicy DEFAULT = new RepairPolicy(false, false);
}
