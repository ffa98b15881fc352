package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Eventually;
import dev.weir.testing.ServerPrograms;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Weir as a process of its own, in a process group of its own as a terminal would give it, to be
 * sent real signals.
 */
final class WeirProcess implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(120);
  private static final HttpClient CLIENT = HttpClient.newHttpClient();

  private final Process process;
  private final Path data;
  private boolean abandoned;
  private final List<String> output = new ArrayList<>();
  private final CompletableFuture<Void> banner = new CompletableFuture<>();
  private final CompletableFuture<Void> printed = new CompletableFuture<>();

  private WeirProcess(Process process, Path data) {
    this.process = process;
    this.data = data;
    Thread.ofVirtual().start(this::read);
  }

  /** Starts one in dev mode with an embedded database under {@code data}; does not wait for it. */
  static WeirProcess launch(Path data, Map<String, String> settings) {
    var command =
        new ArrayList<>(
            List.of(
                // A test run that was started in the background ignores SIGINT, and would hand that
                // on.
                "env",
                "--default-signal=INT",
                "setsid",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Xmx256m",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC"));
    command.addAll(SharedClasses.options(classPath()));
    command.addAll(List.of("-cp", classPath(), "dev.weir.app.Main", "serve"));
    var builder = new ProcessBuilder(command);
    var env = builder.environment();
    env.keySet().removeIf(name -> name.startsWith("WEIR_") || name.endsWith("_API_KEY"));
    env.put("WEIR_MODE", "dev");
    env.put("WEIR_DATA_DIR", data.toString());
    env.put("WEIR_HTTP_LISTEN", "127.0.0.1:0");
    env.put("WEIR_MANAGEMENT_LISTEN", "127.0.0.1:0");
    env.putAll(settings);
    if (!env.containsKey("WEIR_DATABASE_URL")) {
      ServerPrograms.lend(data);
    }
    try {
      var process = builder.redirectErrorStream(true).start();
      process.onExit().thenRun(() -> SharedClasses.ended(command));
      return new WeirProcess(process, data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Starts one and waits until it says that it is up. */
  static WeirProcess start(Path data) {
    return launch(data, Map.of()).up();
  }

  /** Waits until it says that it is up. */
  WeirProcess up() {
    try {
      banner.get(START.toSeconds(), TimeUnit.SECONDS);
      return this;
    } catch (Exception e) {
      process.destroyForcibly();
      throw new AssertionError("It did not come up:\n" + output(), e);
    }
  }

  /** All but the classes of tests. */
  private static String classPath() {
    var ours =
        Optional.ofNullable(System.getProperty("surefire.test.class.path"))
            .orElse(System.getProperty("java.class.path"));
    return Stream.of(ours.split(File.pathSeparator))
        .filter(entry -> !Files.exists(Path.of(entry, "dev", "weir", "app", "WeirProcess.class")))
        .collect(Collectors.joining(File.pathSeparator));
  }

  private void read() {
    try (var lines = process.inputReader()) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        synchronized (output) {
          output.add(line);
        }
        if (line.contains("Ctrl-C stops")) {
          banner.complete(null);
        }
      }
    } catch (IOException _) {
      // It was killed; what was read by then is what there is.
    }
    banner.completeExceptionally(new IllegalStateException("the process ended"));
    printed.complete(null);
  }

  /** All that it printed so far. */
  String output() {
    synchronized (output) {
      return String.join("\n", output);
    }
  }

  /** Sends a signal to its whole process group, as a terminal does. */
  WeirProcess signal(String name) {
    try {
      var kill = new ProcessBuilder("kill", "-" + name, "--", "-" + process.pid()).start();
      assertThat(kill.waitFor()).isZero();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Waits for its end, and until all that it printed is read; the exit code. */
  int awaitEnd() {
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends\n%s", output()).isTrue();
      printed.get(60, TimeUnit.SECONDS);
      return process.exitValue();
    } catch (ExecutionException | TimeoutException e) {
      throw new AssertionError("somebody still holds its output", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The status of one chat call on a model. */
  int chat(String model) {
    var request =
        HttpRequest.newBuilder(URI.create(found("API +(http://\\S+)") + "/v1/chat/completions"))
            .timeout(Duration.ofSeconds(60))
            .header("authorization", "Bearer " + found("demo key +(\\S+)"))
            .header("content-type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(RunningWeir.chatBody(model, false).toString()))
            .build();
    try {
      return CLIENT.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** The status of a probe. */
  int probe(String path) {
    try {
      return CLIENT
          .send(
              HttpRequest.newBuilder(URI.create(found("management +(http://\\S+)") + path)).build(),
              HttpResponse.BodyHandlers.discarding())
          .statusCode();
    } catch (IOException e) {
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Waits until its metrics show a line. */
  void awaitMetric(String line) {
    var request =
        HttpRequest.newBuilder(URI.create(found("management +(http://\\S+)") + "/metrics")).build();
    Eventually.until(
        line,
        () ->
            CLIENT
                .send(request, HttpResponse.BodyHandlers.ofString())
                .body()
                .lines()
                .anyMatch(line::equals));
  }

  /** What the banner says of something. */
  String found(String pattern) {
    var matcher = Pattern.compile(pattern).matcher(output());
    assertThat(matcher.find()).as("%s in\n%s", pattern, output()).isTrue();
    return matcher.group(1);
  }

  /**
   * Processes of this machine whose command line names this data directory: Weir itself and its
   * Postgres.
   */
  List<String> processes() {
    return ProcessHandle.allProcesses()
        .map(p -> p.info().commandLine().orElse(""))
        .filter(line -> line.contains(data.toString()))
        .toList();
  }

  /** Waits until nothing of it is left: a server that was stopped needs a moment to be gone. */
  void awaitNothingLeft() {
    Eventually.until("nothing is left of " + data, () -> processes().isEmpty());
  }

  /** Leaves what is left of it to whoever starts next. */
  void abandon() {
    abandoned = true;
  }

  @Override
  public void close() {
    if (abandoned) {
      return;
    }
    process.destroyForcibly();
    ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(data.toString()))
        .forEach(ProcessHandle::destroyForcibly);
  }
}
