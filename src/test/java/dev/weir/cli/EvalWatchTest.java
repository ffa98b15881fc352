package dev.weir.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.access.ApiKey;
import dev.weir.gateway.Principal.Role;
import dev.weir.testing.Eventually;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code weir eval watch} where things go otherwise than it hopes. */
@Timeout(30)
class EvalWatchTest {
  private static final String RUNNING =
      "{\"name\": \"first\", \"status\": \"%s\", \"items\": 10, \"done\": 3, \"ended_at\": null,"
          + " \"reason\": \"Its node has gone.\", \"spent_usd\": 0, \"budget_usd\": 1}";

  @TempDir private Path directory;
  private final StubServer server = new StubServer();
  private Shell shell;

  @BeforeEach
  void open() {
    shell = Shell.of(directory, server.url(), ApiKey.generate(Role.ADMIN).reveal());
  }

  @AfterEach
  void close() {
    server.close();
  }

  /** A look that was answered, and a second that has begun. */
  private CompletableFuture<Shell.Run> watched() {
    shell.onATerminal();
    var watching = CompletableFuture.supplyAsync(() -> shell.run("eval", "watch", "first"));
    Eventually.until("it looks", () -> server.asked().uri().endsWith("/first"));
    var first = server.asked();
    Eventually.until("it looks again", () -> server.asked() != first);
    return watching;
  }

  @Test
  void whatEndsTheLookingStandsOnALineOfItsOwn() throws Exception {
    server.answers(RUNNING.formatted("interrupted"));
    var watching = watched();

    server.answers(404, "{\"detail\": \"There is no evaluation of this name.\"}");

    var run = watching.get(20, TimeUnit.SECONDS);
    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("3 of 10%nweir".formatted());
  }

  @Test
  void whyItStandsStillIsToldOnceAboveTheBar() throws Exception {
    server.answers(RUNNING.formatted("interrupted"));
    var watching = watched();

    server.answers(RUNNING.formatted("stopped").replace("null", "\"2026-01-01T00:00:00Z\""));

    var run = watching.get(20, TimeUnit.SECONDS);
    assertThat(run.err()).containsOnlyOnce("\rIts node has gone.%n[".formatted());
    assertThat(run.err()).endsWith("3 of 10%n".formatted());
  }

  @Test
  void whatIsNoEvaluationIsNotWatchedForEver() {
    server.answers("{}");

    var run = shell.run("eval", "watch", "first");

    assertThat(run.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(run.err()).contains("is no evaluation");
  }
}
