package dev.weir.gateway;

/**
 * One message of a prompt.
 *
 * @param role who speaks
 * @param text what is said
 */
public record Message(Role role, String text) {
  /** The speakers. */
  public enum Role {
    /** The instructions. */
    SYSTEM,
    /** The person. */
    USER,
    /** The model. */
    ASSISTANT;

    /** The name that every provider uses. */
    public String label() {
      return switch (this) {
        case SYSTEM -> "system";
        case USER -> "user";
        case ASSISTANT -> "assistant";
      };
    }
  }
}
