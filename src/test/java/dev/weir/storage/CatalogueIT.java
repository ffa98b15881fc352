package dev.weir.storage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.TestDatabase;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Walks PostgreSQL's own catalogue, so that a table of tomorrow cannot forget what those of today
 * do.
 */
@ExtendWith(TestDatabase.Extension.class)
class CatalogueIT {
  private static final String OURS = "c.relnamespace = 'public'::regnamespace";
  private static final String ROLES = "('weir_app', 'weir_ledger', 'weir_jobs', 'weir_admin')";

  private TestDatabase database;

  @BeforeEach
  void use(TestDatabase given) {
    database = given;
  }

  @Test
  void everyTableWithAUserColumnForcesRowLevelSecurity() {
    assertThat(
            names(
                """
                SELECT DISTINCT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE %s AND c.relkind IN ('r', 'p') AND a.attname LIKE '%%user%%' AND a.attnum > 0
                  AND a.atttypid = 'text'::regtype
                  AND NOT (c.relrowsecurity AND c.relforcerowsecurity)\
                """
                    .formatted(OURS)))
        .isEmpty();
    assertThat(
            database.count(
                "SELECT count(*) FROM pg_class c WHERE %s AND c.relkind IN ('r', 'p') AND c.relforcerowsecurity"
                    .formatted(OURS)))
        .isGreaterThan(15);
  }

  @Test
  void partitionsForceItTooAndAreGrantedToNobody() {
    assertThat(
            names(
                "SELECT c.relname FROM pg_class c WHERE %s AND c.relispartition AND c.relkind = 'r'"
                        .formatted(OURS)
                    + " AND (NOT c.relforcerowsecurity OR EXISTS ("
                    + "SELECT FROM aclexplode(c.relacl) g WHERE g.grantee <> c.relowner))"))
        .isEmpty();
  }

  @Test
  void everyPolicyOfTheUserRoleNamesTheUser() {
    assertThat(
            names(
                """
                SELECT polrelid::regclass || '.' || polname FROM pg_policy
                WHERE 'weir_app'::regrole = ANY (polroles)
                  AND pg_get_expr(coalesce(polwithcheck, polqual), polrelid) NOT LIKE '%weir_user()%'\
                """))
        .isEmpty();
    assertThat(names("SELECT polname FROM pg_policy WHERE polroles = '{0}'"))
        .as("policies for PUBLIC")
        .isEmpty();
  }

  @Test
  void everyViewRunsWithTheRightsOfWhoAsks() {
    assertThat(
            names(
                """
                SELECT c.relname FROM pg_class c WHERE %s AND c.relkind = 'v'
                  AND NOT coalesce(c.reloptions @> '{security_invoker=true}', false)\
                """
                    .formatted(OURS)))
        .isEmpty();
  }

  @Test
  void thereIsNoMaterialisedView() {
    assertThat(names("SELECT c.relname FROM pg_class c WHERE c.relkind = 'm'")).isEmpty();
  }

  @Test
  void theOwnerOwnsEverythingAndTheWorkingRolesNothing() {
    assertThat(
            names(
                """
                SELECT c.relname FROM pg_class c WHERE %s AND c.relowner <> 'weir_owner'::regrole
                UNION ALL
                SELECT p.proname FROM pg_proc p
                WHERE p.pronamespace = 'public'::regnamespace AND p.proowner <> 'weir_owner'::regrole\
                """
                    .formatted(OURS)))
        .isEmpty();
    assertThat(
            names(
                """
                SELECT s.classid::regclass || ' of ' || s.refobjid::regrole FROM pg_shdepend s
                WHERE s.deptype = 'o' AND s.refobjid IN (SELECT oid FROM pg_roles WHERE rolname IN %s
                  OR rolname LIKE 'weir%%service')\
                """
                    .formatted(ROLES)))
        .isEmpty();
  }

  @Test
  void noRoleIsAboveTheRules() {
    assertThat(
            names(
                """
                SELECT rolname FROM pg_roles WHERE rolname LIKE 'weir%'
                  AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit)\
                """))
        .isEmpty();
    assertThat(
            names(
                "SELECT member::regrole::text FROM pg_auth_members WHERE roleid ="
                    + " 'weir_owner'::regrole AND member::regrole::text LIKE 'weir%'"))
        .as("members of the owner")
        .isEmpty();
  }

  @Test
  void noRoleHasTruncateOrDdlVerbs() {
    assertThat(
            names(
                """
                SELECT c.relname || ' to ' || g.grantee::regrole || ': ' || g.privilege_type
                FROM pg_class c, aclexplode(c.relacl) g
                WHERE %s AND g.grantee <> c.relowner AND (g.grantee = 0
                  OR g.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN') OR g.is_grantable)\
                """
                    .formatted(OURS)))
        .isEmpty();
  }

  @Test
  void functionsWithTheOwnersRightsHaveAFixedPathAndNamedCallers() {
    assertThat(
            names(
                """
                SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prosecdef
                  AND (NOT coalesce(array_to_string(p.proconfig, ',') LIKE '%search_path=pg_catalog, public, pg_temp%', false)
                    OR has_function_privilege('public', p.oid, 'EXECUTE'))\
                """))
        .isEmpty();
  }

  @Test
  void usageHasNoDefaultPartitionAndBoundsInUtc() {
    assertThat(
            names(
                """
                SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relkind = 'r'
                  AND pg_get_expr(c.relpartbound, c.oid) NOT LIKE '%-01 00:00:00+00'') TO (%-01 00:00:00+00'')'\
                """))
        .isEmpty();
  }

  private List<String> names(String sql) {
    return database.query(sql).stream()
        .map(row -> String.valueOf(row.values().iterator().next()))
        .toList();
  }
}
