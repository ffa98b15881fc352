/**
 * Experiments on functions: who gets which arm, what is counted for whom, and what may be said of
 * it.
 *
 * <p>Promises that a user keeps the arm, on every replica and when weights change; that anybody can
 * compute who gets which arm (docs/experiments.md); that no call waits for a write; and that an arm
 * that breaks a guardrail is switched off by itself. {@link dev.weir.experiments.Experiments} is
 * the entry, its stage stands between deadline and admission, and {@link
 * dev.weir.experiments.Evaluation} is the job that judges. The sums of users are kept by triggers
 * on {@code ai_usage_metrics} (V107). May use {@code gateway}, {@code registry}, {@code prompts},
 * {@code jobs}, {@code storage} and {@code core}; the management door uses it. Its tables: {@code
 * experiments}, {@code experiment_epochs}, {@code prompt_experiments}, {@code experiment_units},
 * {@code experiment_apart}, {@code experiment_decisions}, {@code feedback}.
 */
@NullMarked
package dev.weir.experiments;

import org.jspecify.annotations.NullMarked;
