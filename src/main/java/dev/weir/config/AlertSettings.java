package dev.weir.config;

import java.math.BigDecimal;

/**
 * When spend is told to be out of the ordinary.
 *
 * @param anomaly whether jumps are looked for at all
 * @param falseAlarmsPerWeek how many alarms without a cause are borne in a week, over all users and
 *     functions together; fewer mean that a true one is found later
 * @param minimumJumpUsd a jump that has cost less than this above the ordinary is none
 */
public record AlertSettings(boolean anomaly, int falseAlarmsPerWeek, BigDecimal minimumJumpUsd) {
  /** On, one a week, one dollar. */
  public static final AlertSettings DEFAULT = new AlertSettings(true, 1, BigDecimal.ONE);
}
