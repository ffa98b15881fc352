/**
 * What a month will have cost when it ends: per user, per function and in all, with intervals that
 * are taken from the forecast's own past errors, and the day on which a budget runs out.
 *
 * <p>Entry: {@link dev.weir.forecast.ForecastService}. The statistics (everything that neither
 * names a table nor a future) are pure: arrays in, records out, no clock, no chance, no I/O; {@link
 * dev.weir.forecast.Forecaster} is their entry, and docs/forecast.md tells how they work and what
 * they were measured to do. May use {@code pricing}, {@code storage} and {@code core}; used by the
 * doors. Reads {@code usage_daily}, {@code admission_refusals}, {@code user_quotas}, {@code
 * subject_limits} and {@code tiers}; keeps {@code forecast_pool}.
 */
@NullMarked
package dev.weir.forecast;

import org.jspecify.annotations.NullMarked;
