/**
 * How well this process is.
 *
 * <p>{@link dev.weir.health.Health} answers {@code /livez}, {@code /readyz} and {@code /startupz}
 * (and {@code /health/live}, {@code /health/ready}, {@code /health/started}) and {@code
 * /system-health}. Every check is asked at most once a second and is bounded in time, whatever
 * number of probes come, and nothing here blocks. Rooms give it checks and figures as suppliers, so
 * it knows none of them: it uses {@code telemetry} and {@code core}, and is used by {@code
 * management} and {@code app}. It keeps no table.
 */
@NullMarked
package dev.weir.health;

import org.jspecify.annotations.NullMarked;
