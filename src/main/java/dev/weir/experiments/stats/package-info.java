/**
 * The statistics of experiments: what may be said of two variants, at any time and however often it
 * is looked at.
 *
 * <p>It promises numbers only: arrays and sums in, immutable records out; no clock, no I/O, no
 * table, no Vert.x, and chance only under a seed. The user is the unit everywhere; what comes from
 * calls arrives here as one user's sums. Entries: {@link
 * dev.weir.experiments.stats.BoundedComparison} (a metric of users within [0, 1]), {@link
 * dev.weir.experiments.stats.RatioComparison} (success per call, cost per success), {@link
 * dev.weir.experiments.stats.Guardrail}, {@link dev.weir.experiments.stats.SampleRatio}, {@link
 * dev.weir.experiments.stats.QuantileEffect}, {@link dev.weir.experiments.stats.Thompson}, {@link
 * dev.weir.experiments.stats.SampleSize} and {@link dev.weir.experiments.stats.PairedMean}. May use
 * the JDK and the gamma functions and distributions of Apache Commons; used by {@code experiments}.
 * docs/statistics.md tells what each method guarantees, and docs/simulations what it was seen to
 * do.
 */
@NullMarked
package dev.weir.experiments.stats;

import org.jspecify.annotations.NullMarked;
