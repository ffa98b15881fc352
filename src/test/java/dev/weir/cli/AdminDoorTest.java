package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.access.ApiKey;
import dev.weir.gateway.Principal.Role;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What all commands that use the management API have in common. */
class AdminDoorTest {
  @TempDir Path directory;
  private final Vertx vertx = Vertx.vertx();
  private final AtomicReference<String> keyShown = new AtomicReference<>("");
  private volatile String answer = "{}";
  private volatile int status = 200;
  private String url;
  private Shell shell;

  @BeforeEach
  void open() {
    HttpServer server =
        vertx
            .createHttpServer()
            .requestHandler(
                request -> {
                  keyShown.set(String.valueOf(request.getHeader("authorization")));
                  request.response().setStatusCode(status).end(answer);
                })
            .listen(0, "127.0.0.1")
            .await();
    url = "http://127.0.0.1:" + server.actualPort();
    shell = new Shell(directory).env("WEIR_URL", url);
  }

  @AfterEach
  void close() {
    vertx.close().await();
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
    assertThat(keyShown).hasValue("");
  }

  @ParameterizedTest
  @ValueSource(strings = {"quota show user/ada", "usage --csv", "prompt list", "key list"})
  void whatTheServiceSaysOfARefusalIsTheErrorAndWhetherToTryAgainTheExitCode(String line) {
    shell.env("WEIR_ADMIN_KEY", ApiKey.generate(Role.ADMIN).reveal());
    status = 503;
    answer = "{\"detail\": \"The database is away.\", \"retryable\": true}";

    var later = shell.run(line.split(" "));

    assertThat(later.exitCode()).isEqualTo(ExitCode.TRY_LATER);
    assertThat(later.err()).isEqualToIgnoringNewLines("weir: The database is away.");
    status = 500;
    answer = "{}";
    var never = shell.run(line.split(" "));
    assertThat(never.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(never.err()).contains("The management API answered 500.");
  }

  @Test
  void theOptionGoesBeforeTheVariable() {
    var key = ApiKey.generate(Role.ADMIN).reveal();
    shell.env("WEIR_ADMIN_KEY", key).env("WEIR_URL", "http://127.0.0.1:1");

    var run = shell.run("quota", "show", "user/ada", "--url", url + "/");

    assertThat(run.exitCode()).as(run.err()).isZero();
    assertThat(keyShown).hasValue("Bearer " + key);
  }

  @Test
  void aKeyThatNoHeaderMayHoldIsRefusedAndNotShown() {
    var run = shell.env("WEIR_ADMIN_KEY", "weir_a_one\nweir_a_two").run("prompt", "list");

    assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(run.err()).contains("no header may").doesNotContain("weir_a_");
  }
}
