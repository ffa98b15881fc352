package dev.weir.gateway;

/**
 * What an experiment made of a call: whose arm it is, and whether it counts.
 *
 * @param experiment the experiment's name
 * @param variant the user's arm; the label stays when the arm is switched off
 * @param epoch the epoch of the user's first exposure, from 1
 * @param probability with which the user came into the arm, above 0 and at most 1
 * @param kind why the call is answered as it is
 */
public record Assignment(
    String experiment, String variant, int epoch, double probability, Kind kind) {

  /** Why a call is answered by an arm. */
  public enum Kind {
    /** The user belongs to the arm, and the call counts for it. */
    ASSIGNED,
    /** The user belongs to an arm that was switched off, and gets what control's users get. */
    SWITCHED_OFF,
    /** An administrator asked for the arm; nobody was assigned. */
    OVERRIDE
  }

  /** Whether the call may count for its arm. */
  public boolean counts() {
    return kind == Kind.ASSIGNED;
  }
}
