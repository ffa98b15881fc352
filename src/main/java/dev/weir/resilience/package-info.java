/**
 * What keeps a call bounded and a sick provider from dragging everyone down: the deadline of the
 * whole call, its attempts (retries, backoff, fallbacks), the budget of retries, and one circuit
 * breaker per provider and model.
 *
 * <p>Three stages, in the order of the chain: {@link dev.weir.resilience.DeadlineStage}, {@link
 * dev.weir.resilience.AttemptsStage}, {@link dev.weir.resilience.BreakerStage}. What is one per
 * process and shared by all verticles: {@link dev.weir.resilience.RetryBudget} and {@link
 * dev.weir.resilience.Breakers}, whose changes {@link dev.weir.resilience.BreakerListener}s hear.
 * May use {@code gateway}, {@code prompts}, {@code config} and {@code core}; used by {@code app},
 * and by health and admin, which read the breakers. Keeps no table and no file.
 */
@NullMarked
package dev.weir.resilience;

import org.jspecify.annotations.NullMarked;
