package dev.weir.storage;

/** The working roles of LEDGER section 8; none of them owns anything. */
enum Role {
  /** One user per transaction, by row-level security. */
  APP("weir_app"),
  /** Leases, usage records and roll-ups, of all users. */
  LEDGER("weir_ledger"),
  /** Background work: health, warm-up, alerts, erasure. */
  JOBS("weir_jobs"),
  /** The management API. */
  ADMIN("weir_admin");

  private final String sqlName;

  Role(String sqlName) {
    this.sqlName = sqlName;
  }

  String sqlName() {
    return sqlName;
  }
}
