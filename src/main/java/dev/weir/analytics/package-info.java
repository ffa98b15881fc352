/**
 * Questions about usage: what was called, by whom, what it cost and how fast it was, over any span
 * and by any dimension.
 *
 * <p>{@link dev.weir.analytics.UsageQueryReader} reads a question from parameters, {@link
 * dev.weir.analytics.UsageAnalytics} answers it from the coarsest roll-up that holds the answer, so
 * that a month costs the same whether it had a thousand calls or a hundred million. A user's
 * question runs under row-level security and sees that user's rows alone. May use {@code storage}
 * and {@code core}; used by both HTTP doors. It reads {@code usage_hourly}, {@code
 * usage_function_days}, {@code usage_function_months}, {@code usage_daily}, {@code usage_tag_days}
 * and {@code ai_usage_metrics}, and writes nothing.
 */
@NullMarked
package dev.weir.analytics;

import org.jspecify.annotations.NullMarked;
