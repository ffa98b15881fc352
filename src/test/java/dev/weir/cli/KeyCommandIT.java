package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.admin.AdminFixture;
import dev.weir.core.Json;
import dev.weir.testing.TestDatabase;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir key} against a management API, and straight on a database. */
@ExtendWith(TestDatabase.Extension.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class KeyCommandIT {
  private AdminFixture server;
  private TestDatabase postgres;
  private Shell remote;
  private Shell direct;

  @BeforeAll
  void open(TestDatabase database) {
    postgres = database;
    server = new AdminFixture(database);
  }

  @AfterAll
  void close() {
    server.close();
  }

  @BeforeEach
  void shells(@TempDir Path directory) {
    remote = Shell.of(directory, server.url(), server.adminKey());
    direct = new Shell(directory).env("WEIR_DATABASE_URL", postgres.url());
  }

  private static String idIn(Shell.Run run) {
    return Json.parse(run.out()).path("id").asText();
  }

  @Test
  void theFirstAdminKeyIsMadeStraightOnTheDatabaseAndOpensTheServer() {
    var made = direct.run("key", "create", "--role", "admin", "--name", "first admin");

    assertThat(made.exitCode()).isZero();
    assertThat(made.out().strip()).matches("weir_a_[0-9A-Za-z]{8}_[0-9A-Za-z]{49}");
    assertThat(made.err()).contains("admin key").contains("this once");
    var listed = remote.env("WEIR_ADMIN_KEY", made.out().strip()).run("key", "list");
    assertThat(listed.exitCode()).isZero();
    assertThat(listed.out())
        .contains(made.out().substring(0, 15))
        .contains("first admin")
        .doesNotContain(made.out().strip().substring(16));
  }

  @Test
  void aKeyIsMadeRotatedAndRevokedByTheManagementApi() {
    var made =
        remote.run(
            "key",
            "create",
            "--role",
            "service",
            "--user",
            "shop",
            "--expires-in",
            "90d",
            "--function",
            "cover-letter,job-analysis",
            "--address",
            "10.0.0.0/8",
            "--cache",
            "--json");
    var id = idIn(made);

    var rotated = remote.run("key", "rotate", id, "--overlap", "1h", "--json");
    var revoked = remote.run("key", "revoke", id);

    assertThat(Json.parse(made.out()).path("functions")).hasSize(2);
    assertThat(Json.parse(made.out()).path("cache").asBoolean()).isTrue();
    assertThat(Json.parse(rotated.out()).path("secrets")).hasSize(2);
    assertThat(idIn(rotated)).isEqualTo(id);
    assertThat(revoked.out()).startsWith("Revoked weir_s_");
    assertThat(server.store().get(UUID.fromString(id)).await().revokedAt()).isPresent();
  }

  @Test
  void theSameWorksStraightOnTheDatabase() {
    var id = idIn(direct.run("key", "create", "--role", "user", "--user", "ada", "--json"));

    assertThat(idIn(direct.run("key", "rotate", id, "--json"))).isEqualTo(id);
    assertThat(direct.run("key", "revoke", id, "--json").exitCode()).isZero();
    assertThat(direct.run("key", "rotate", id).err()).contains("is over");
  }

  @Test
  void aListShowsPagesInOneGo() {
    for (var i = 0; i < 3; i++) {
      remote.run("key", "create", "--role", "user", "--user", "listed");
    }

    var short1 = remote.run("key", "list", "--limit", "2");
    var json = Json.parse(remote.run("key", "list", "--limit", "10000", "--json").out());

    assertThat(short1.out().lines()).hasSize(3);
    assertThat(short1.out().lines().findFirst())
        .hasValueSatisfying(l -> assertThat(l).startsWith("ID "));
    assertThat(short1.err()).contains("--after");
    assertThat((long) json.path("keys").size())
        .isEqualTo(postgres.count("SELECT count(*) FROM api_keys"));
    assertThat(json.path("next").isNull()).isTrue();
  }

  @Test
  void refusalsOfTheServerAreSentences() {
    var unknown = remote.run("key", "revoke", "01990000-0000-7000-8000-000000000000");
    var wrong = remote.run("key", "create", "--role", "user", "--user", "a b");
    var noAdmin =
        remote
            .env(
                "WEIR_ADMIN_KEY",
                remote.run("key", "create", "--role", "user", "--user", "ada").out().strip())
            .run("key", "list");

    assertThat(unknown.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(unknown.err()).contains("no key of this id");
    assertThat(wrong.err()).contains("'user' must have");
    assertThat(noAdmin.err()).contains("wants an admin key");
  }

  @Test
  void aDatabaseWithoutTheSchemaIsToldToMigrate() {
    var empty = "weir_empty_" + UUID.randomUUID().toString().replace("-", "");
    postgres.execute("CREATE DATABASE " + empty);
    try {
      var run =
          direct
              .env("WEIR_DATABASE_URL", postgres.serviceUrl().withDatabase(empty).withPassword())
              .run("key", "list");

      assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(run.err()).contains("weir migrate");
    } finally {
      postgres.execute("DROP DATABASE " + empty + " WITH (FORCE)");
    }
  }

  @Test
  void anAbsentDatabaseIsWorthAnotherTry() {
    var gone = postgres.serviceUrl();
    var nowhere =
        new dev.weir.storage.DatabaseUrl(
            "127.0.0.1", 1, gone.database(), gone.user(), gone.password(), gone.options());

    var run = direct.env("WEIR_DATABASE_URL", nowhere.withPassword()).run("key", "list");

    assertThat(run.exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(run.err()).contains("database").doesNotContain(gone.password());
    assertThat(Optional.of(run.out())).contains("");
  }

  @Test
  void withoutAServerItGoesToTheDatabaseAndSaysSo() {
    var run =
        direct
            .env("WEIR_ADMIN_KEY", server.adminKey())
            .env("WEIR_URL", "http://127.0.0.1:1")
            .run("key", "list");

    assertThat(run.exitCode()).isZero();
    assertThat(run.err()).contains("straight on the database");
  }
}
