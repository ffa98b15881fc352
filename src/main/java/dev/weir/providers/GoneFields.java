package dev.weir.providers;

/**
 * What becomes of fields that callers of the old Sonar chat completions still send and that the
 * Agent API no longer has.
 */
public enum GoneFields {
  /** They are left out, and the caller is told by {@code x-weir-warnings}. */
  DROP,
  /** The call is refused with {@code INVALID_REQUEST} that names the field. */
  REFUSE
}
