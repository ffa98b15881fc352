/**
 * Prices history again, when a price was missing, wrong, or came late.
 *
 * <p>Promises: a call costs what the price table of now says for the moment at which it came in,
 * computed from the lines of its bill; the same order twice changes nothing the second time; one
 * that died goes on where it stopped; and each leaves its trace. Entry: {@link
 * dev.weir.repricing.Repricer}. May use {@code pricing}, {@code storage} and {@code core}; used by
 * {@code admin} and {@code app}. Its table is {@code usage_repricings}; of {@code ai_usage_metrics}
 * it changes {@code cost_usd} and {@code attempts}, and the roll-ups follow by their trigger.
 */
@NullMarked
package dev.weir.repricing;

import org.jspecify.annotations.NullMarked;
