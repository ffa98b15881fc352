package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.access.ApiKey;
import dev.weir.gateway.Principal.Role;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What all commands that use the management API have in common. */
class AdminDoorTest {
  @TempDir Path directory;
  private final StubServer server = new StubServer();
  private Shell shell;

  @BeforeEach
  void open() {
    shell = new Shell(directory).env("WEIR_URL", server.url());
  }

  @AfterEach
  void close() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "quota show user/ada",
        "usage",
        "usage --csv",
        "usage reprice --from 2026-11-01 --to 2026-12-01",
        "prompt list",
        "experiment list",
        "experiment csv tone",
        "forecast",
        "cache stats",
        "cache invalidate --all"
      })
  void withoutAnAdminKeyItSaysWhereOneComesFrom(String line) {
    var run = shell.run(line.split(" "));

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("There is no admin key. Set WEIR_ADMIN_KEY");
    assertThat(run.out()).isEmpty();
    assertThat(server.asked().uri()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"quota show user/ada", "usage --csv", "prompt list", "key list"})
  void whatTheServiceSaysOfARefusalIsTheErrorAndWhetherToTryAgainTheExitCode(String line) {
    shell.env("WEIR_ADMIN_KEY", ApiKey.generate(Role.ADMIN).reveal());
    server.answers(503, "{\"detail\": \"The database is away.\", \"retryable\": true}");

    var later = shell.run(line.split(" "));

    assertThat(later.exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(later.err()).isEqualToIgnoringNewLines("weir: The database is away.");
    server.answers(500, "{}");
    var never = shell.run(line.split(" "));
    assertThat(never.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(never.err()).contains("The management API answered 500.");
  }

  @Test
  void theOptionGoesBeforeTheVariable() {
    var key = ApiKey.generate(Role.ADMIN).reveal();
    shell.env("WEIR_ADMIN_KEY", key).env("WEIR_URL", "http://127.0.0.1:1");

    var run = shell.run("quota", "show", "user/ada", "--url", server.url() + "/");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(server.asked().headers().get("authorization")).isEqualTo("Bearer " + key);
  }

  @Test
  void aKeyThatNoHeaderMayHoldIsRefusedAndNotShown() {
    var run = shell.env("WEIR_ADMIN_KEY", "weir_a_one\nweir_a_two").run("prompt", "list");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("no header may").doesNotContain("weir_a_");
  }
}
