package dev.weir.access;

/** The statements of {@link KeyStore}, in the order in which it uses them. */
final class KeySql {
  static final String ID_OF_HASH =
      """
      SELECT id FROM api_keys WHERE key_hash = $1
      UNION ALL
      SELECT key_id FROM api_key_former_secrets WHERE key_hash = $1
      """;

  static final String INSERT_USER =
      "INSERT INTO users (user_id) VALUES ($1) ON CONFLICT (user_id) DO NOTHING";

  static final String INSERT_TEAM =
      "INSERT INTO teams (team_id) SELECT $1 WHERE $1::text IS NOT NULL ON CONFLICT (team_id) DO"
          + " NOTHING";

  /** No restriction is NULL, never an empty list, which would read as "nothing is allowed". */
  static final String INSERT_KEY =
      """
      INSERT INTO api_keys
        (id, key_hash, prefix, name, role, user_id, team_id, allowed_functions, allowed_models,
         allowed_addresses, new_users_per_hour, development, caches_compatible, created_at,
         expires_at)
      SELECT $1, $2, $3, $4, $5, $6, $7, nullif($8::text[], '{}'), nullif($9::text[], '{}'),
        nullif($10::text[], '{}'), $11, $12, $13, moment,
        moment + $14::bigint * interval '1 millisecond'
      FROM clock_timestamp() AS moment
      """;

  private static final String RECORD =
      """
      SELECT k.id, k.prefix, k.name, k.role, k.user_id, k.team_id, k.allowed_functions,
        k.allowed_models, k.allowed_addresses, k.new_users_per_hour, k.caches_compatible, k.created_at,
        k.expires_at, k.revoked_at, k.last_used_at, f.prefixes, f.ends,
        CASE
          WHEN k.revoked_at IS NOT NULL THEN 'REVOKED'
          WHEN k.expires_at <= clock_timestamp() THEN 'EXPIRED'
          ELSE 'ACTIVE'
        END AS status
      FROM api_keys k
      CROSS JOIN LATERAL (
        SELECT array_agg(prefix ORDER BY valid_until DESC) AS prefixes,
          array_agg(valid_until ORDER BY valid_until DESC) AS ends
        FROM api_key_former_secrets
        WHERE key_id = k.id AND valid_until > clock_timestamp()
      ) f
      """;

  static final String GET = RECORD + "WHERE k.id = $1";

  static final String LIST =
      RECORD + "WHERE $1::uuid IS NULL OR k.id < $1 ORDER BY k.id DESC LIMIT $2";

  static final String LOCK = "SELECT FROM api_keys WHERE id = $1 FOR NO KEY UPDATE";

  static final String SHORTEN_FORMER =
      """
      UPDATE api_key_former_secrets
      SET valid_until = least(valid_until, clock_timestamp() + $2::bigint * interval '1 millisecond')
      WHERE key_id = $1
      """;

  /** Ended ones stay a month, so that a caller left behind is told that its key was rotated. */
  static final String FORGET_FORMER =
      """
      DELETE FROM api_key_former_secrets
      WHERE key_id = $1 AND valid_until < clock_timestamp() - interval '30 days'
      """;

  static final String MAKE_FORMER =
      """
      INSERT INTO api_key_former_secrets (key_hash, key_id, prefix, valid_until)
      SELECT key_hash, id, prefix, clock_timestamp() + $2::bigint * interval '1 millisecond'
      FROM api_keys
      WHERE id = $1
      """;

  static final String REPLACE_SECRET =
      "UPDATE api_keys SET key_hash = $2, prefix = $3 WHERE id = $1";

  static final String REVOKE =
      "UPDATE api_keys SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL";

  static final String HAS_ADMIN =
      """
      SELECT EXISTS (
        SELECT FROM api_keys
        WHERE role = 'admin' AND revoked_at IS NULL AND NOT development
          AND (expires_at IS NULL OR expires_at > clock_timestamp()))
      """;

  /** Lives are spans from this moment on, so that the asking node's own clock does not matter. */
  static final String FIND =
      """
      WITH found AS (
        SELECT key_hash, id AS key_id, NULL::timestamptz AS valid_until
        FROM api_keys
        WHERE key_hash = ANY ($1)
        UNION ALL
        SELECT key_hash, key_id, valid_until
        FROM api_key_former_secrets
        WHERE key_hash = ANY ($1)
      )
      SELECT f.key_hash, k.id, k.role, k.user_id, k.team_id, k.allowed_functions, k.allowed_models,
        k.allowed_addresses, k.new_users_per_hour, k.development, k.caches_compatible,
        k.revoked_at IS NOT NULL AS revoked,
        (extract(epoch FROM least(k.expires_at, f.valid_until) - clock_timestamp()) * 1000000)::bigint
          AS valid_micros,
        coalesce(f.valid_until < coalesce(k.expires_at, 'infinity'), false) AS rotated_out
      FROM found f
      JOIN api_keys k ON k.id = f.key_id
      """;

  static final String ENSURE_USER = "SELECT weir_bring_user($1, $2, $3)";

  /**
   * Coarse on purpose: a key in use is written once in five minutes, and nobody waits for a lock.
   */
  static final String TOUCH =
      """
      WITH due AS (
        SELECT id FROM api_keys
        WHERE id = ANY ($1)
          AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '5 minutes')
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
      )
      UPDATE api_keys SET last_used_at = clock_timestamp() WHERE id IN (SELECT id FROM due)
      """;

  private KeySql() {}
}
