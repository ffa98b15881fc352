/**
 * Alerts: what is wrong with the spend of a user or a function, found within minutes.
 *
 * <p>Entry: {@link dev.weir.alerts.AnomalyWatch}, a job of one leader a minute, and {@link
 * dev.weir.alerts.AlertStore}, which lists the alerts. The statistics ({@code Detector}, {@code
 * Season}, {@code Pulse}) are pure and hold a budget of false alarms per week over all series that
 * the operator sets; docs/forecast.md tells how. May use {@code storage}, {@code config}, {@code
 * telemetry} and {@code core}; used by the doors and by {@code app}. Keeps {@code anomaly_series}
 * and {@code anomaly_watch}, writes {@code alert_events}.
 */
@NullMarked
package dev.weir.alerts;

import org.jspecify.annotations.NullMarked;
