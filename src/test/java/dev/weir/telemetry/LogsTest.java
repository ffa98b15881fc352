package dev.weir.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.config.LoggingSettings;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Secret;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.LoggerContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LogsTest {
  private static final UUID ID = UUID.fromString("019a1b2c-7d3e-7f00-8a1b-2c3d4e5f6071");

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final UserHash users = UserHash.of(new Secret("a salt of the tests"));

  @AfterEach
  void restoreTheLogOfTheTests() {
    ((LoggerContext) LogManager.getContext(false)).reconfigure();
  }

  @Test
  void everyLineIsOneJsonObjectOfTheElasticCommonSchema() {
    var logs = json();

    LogManager.getLogger("dev.weir.some.Room").warn("two\nlines and \"quotes\" {}", 7);
    logs.close();

    var line = lines().getFirst();
    assertThat(lines()).hasSize(1);
    assertThat(line.get("message").textValue()).isEqualTo("two\nlines and \"quotes\" 7");
    assertThat(line.get("log.level").textValue()).isEqualTo("WARN");
    assertThat(line.get("log.logger").textValue()).isEqualTo("dev.weir.some.Room");
    assertThat(line.get("@timestamp").textValue()).matches("\\d{4}-\\d\\d-\\d\\dT.*Z");
    assertThat(line.get("service.name").textValue()).isEqualTo("weir");
    assertThat(line.has("ecs.version")).isTrue();
  }

  @Test
  void anExceptionIsPartOfItsLine() {
    var logs = json();

    LogManager.getLogger("dev.weir.some.Room").error("failed", new IllegalStateException("why"));
    logs.close();

    var line = lines().getFirst();
    assertThat(lines()).hasSize(1);
    assertThat(line.get("error.type").textValue()).isEqualTo("java.lang.IllegalStateException");
    assertThat(line.get("error.stack_trace").textValue()).contains("LogsTest");
  }

  @Test
  void theLevelChangesWhileItRuns() {
    var logs = json();
    var own = LogManager.getLogger("dev.weir.some.Room");
    var other = LogManager.getLogger("io.netty.some.Room");

    own.debug("no 1");
    logs.changeLevel("debug");
    own.debug("yes 1");
    other.debug("no 2");
    other.info("yes 2");
    logs.changeLevel("ERROR");
    own.warn("no 3");
    other.warn("no 4");
    own.error("yes 3");
    logs.close();

    assertThat(lines())
        .extracting(line -> line.get("message").textValue())
        .containsExactly("yes 1", "yes 2", "yes 3");
    assertThat(logs.level()).isEqualTo("ERROR");
  }

  @Test
  void anUnknownLevelIsRefusedAndChangesNothing() {
    var logs = json();

    assertThatThrownBy(() -> logs.changeLevel("TRACE"))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("DEBUG, INFO, WARN, ERROR");
    logs.close();

    assertThat(logs.level()).isEqualTo("INFO");
  }

  @Test
  void vertxSlf4jAndTheJdkLogHereToo() {
    var logs = json();

    io.vertx.core.internal.logging.LoggerFactory.getLogger("io.vertx.some.Room").warn("vertx");
    org.slf4j.LoggerFactory.getLogger("com.example.some.Room").warn("slf4j");
    java.util.logging.Logger.getLogger("org.postgresql.some.Room").warning("jul");
    logs.close();

    assertThat(lines())
        .extracting(line -> line.get("message").textValue())
        .contains("slf4j", "jul", "vertx");
  }

  @Test
  void theLogOutlivesTheSignalAtWhichTheDrainBegins() {
    var logs = json();

    var context = (LoggerContext) LogManager.getContext(false);
    assertThat(context.getConfiguration().isShutdownHookEnabled()).isFalse();
    logs.close();
  }

  @Test
  void secretsAreMaskedWhereverTheyStand() {
    var logs = json();

    LogManager.getLogger("dev.weir.some.Room")
        .error(
            "a-configured-secret", new IllegalStateException("weir_u_4fTq0ZbC_0123456789abcdef"));
    logs.close();

    assertThat(text()).doesNotContain("a-configured-secret", "0123456789abcdef");
  }

  @Test
  void prettyLinesCannotBeForged() {
    var logs =
        Logs.start(new LoggingSettings("INFO", false, Optional.empty()), List.of(), out, false);

    LogManager.getLogger("dev.weir.some.Room").info("a\r\n12:00:00.000 ERROR forged \u001b[2J");
    logs.close();

    assertThat(text().lines()).hasSize(1);
    assertThat(text()).contains("INFO").contains("Room").doesNotContain("\u001b");
  }

  @Test
  void aFinishedCallIsOneLineWithItsFacts() {
    var logs = json();

    new CallLog(users).finished(call(Optional.empty()));
    logs.close();

    var line = lines().getFirst();
    assertThat(lines()).hasSize(1);
    assertThat(line.get("log.level").textValue()).isEqualTo("INFO");
    assertThat(line.get("http.request.id").textValue()).isEqualTo(ID.toString());
    assertThat(line.get("weir.function").textValue()).isEqualTo("cover-letter");
    assertThat(line.get("user.hash").textValue()).isEqualTo(users.of("maria@example.com"));
    assertThat(line.get("http.response.status_code").intValue()).isEqualTo(200);
    assertThat(line.get("weir.duration_ms").longValue()).isEqualTo(812);
    assertThat(line.get("event.duration").longValue()).isEqualTo(812_000_000L);
    assertThat(line.get("weir.input_tokens").longValue()).isEqualTo(800);
    assertThat(line.get("weir.cost_usd").decimalValue()).isEqualByComparingTo("0.0021");
    assertThat(line.get("event.outcome").textValue()).isEqualTo("success");
    assertThat(line.has("error.code")).isFalse();
    assertThat(line.get("message").textValue())
        .isEqualTo(
            "cover-letter OK in 812 ms, perplexity/sonar, 800 + 200 tokens, 0.0021 USD, cache"
                + " miss, "
                + ID);
    assertThat(text()).doesNotContain("maria");
  }

  @Test
  void aFaultOfOurOwnLeavesATraceWithoutOtherPeoplesWords() {
    var logs = json();
    Throwable cause;
    try {
      cause = new IllegalStateException(String.valueOf(Integer.parseInt("Dear hiring manager")));
    } catch (NumberFormatException e) {
      cause = e;
    }

    new CallLog(users).finished(call(Optional.of(AIError.from(cause))));
    logs.close();

    var line = lines().getFirst();
    assertThat(line.get("log.level").textValue()).isEqualTo("ERROR");
    assertThat(line.get("error.code").textValue()).isEqualTo("INTERNAL");
    assertThat(line.get("error.stack_trace").textValue())
        .contains("NumberFormatException", "LogsTest");
    assertThat(text()).doesNotContain("hiring manager");
  }

  @Test
  void aProviderThatFailsIsAWarningAndACallersMistakeIsNot() {
    var logs = json();
    var log = new CallLog(users);

    log.finished(call(Optional.of(AIError.of(ErrorCode.PROVIDER_ERROR, "no"))));
    log.finished(call(Optional.of(AIError.invalid("no"))));
    logs.close();

    assertThat(lines())
        .extracting(line -> line.get("log.level").textValue())
        .containsExactly("WARN", "INFO");
  }

  private Logs json() {
    return Logs.start(
        LoggingSettings.DEFAULT, List.of(new Secret("a-configured-secret")), out, false);
  }

  static FinishedCall call(Optional<AIError> error) {
    return new FinishedCall(
        ID,
        Optional.of("their-id"),
        "functions",
        Optional.of("cover-letter"),
        Optional.of("maria@example.com"),
        Optional.empty(),
        Optional.of("perplexity/sonar"),
        error,
        "miss",
        false,
        false,
        1,
        Duration.ofMillis(812),
        Optional.of(Duration.ofMillis(300)),
        Map.of("trailing_comma", 2, "fence", 1),
        Optional.of("rescued"),
        List.of(
            new FinishedCall.Attempted(
                "perplexity",
                Optional.of(ErrorCode.PROVIDER_UNREACHABLE),
                Duration.ofMillis(100),
                Usage.NONE,
                Usd.ZERO),
            new FinishedCall.Attempted(
                "perplexity",
                Optional.empty(),
                Duration.ofMillis(700),
                new Usage(800, 200, 300, 0, 0, false),
                new Usd(2_100_000))));
  }

  private String text() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private List<JsonNode> lines() {
    return text().lines().map(Json::parse).toList();
  }
}
