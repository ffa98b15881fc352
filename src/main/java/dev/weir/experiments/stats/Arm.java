package dev.weir.experiments.stats;

/** Which side of a comparison a user is on. */
public enum Arm {
  /** The arm that is compared with. */
  CONTROL,
  /** The arm in question. */
  TREATED,
  /** Another arm of the same experiment; such users count too, see {@link BoundedComparison}. */
  OTHER
}
