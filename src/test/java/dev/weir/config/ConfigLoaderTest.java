package dev.weir.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.core.Secret;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  private static final String URL = "postgres://weir:s3cret@db:5432/weir";

  @TempDir private Path folder;

  @Test
  void theShippedFileStartsDevModeWithNothingElseSet() {
    var config = accepted(new ConfigLoader(Map.of("WEIR_MODE", "dev"), true).load());

    assertThat(config.mode()).isEqualTo(Mode.DEV);
    assertThat(config.http().host()).isEqualTo("127.0.0.1");
    assertThat(config.http().port()).isEqualTo(8080);
    assertThat(config.management().port()).isEqualTo(8081);
    assertThat(config.database().embedded()).isTrue();
    assertThat(config.cors()).containsExactly("http://localhost:*");
    assertThat(config.logging().json()).isFalse();
    assertThat(config.providers()).containsOnlyKeys("perplexity", "openai", "sandbox");
    assertThat(config.providers().get("perplexity").protocol()).isEqualTo(Protocol.AGENT);
    assertThat(config.providers().get("perplexity").keyVariable()).isEqualTo("PERPLEXITY_API_KEY");
    assertThat(config.models().get("analyst"))
        .isEqualTo(
            new ModelAlias(
                "analyst", "perplexity/sonar", true, java.util.Optional.empty(), List.of()));
    assertThat(config.models().get("writer").search()).isFalse();
  }

  @Test
  void theShippedFileStartsProdOnEveryAddressOnceADatabaseIsNamed() {
    var config = accepted(new ConfigLoader(Map.of("WEIR_DATABASE_URL", URL), true).load());

    assertThat(config.mode()).isEqualTo(Mode.PROD);
    assertThat(config.http().host()).isEqualTo("0.0.0.0");
    assertThat(config.database().url()).contains(new Secret(URL));
    assertThat(config.database().embedded()).isFalse();
    assertThat(config.cors()).isEmpty();
    assertThat(config.logging().json()).isTrue();
    assertThat(config.drain()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void everyCommentedDefaultOfTheShippedFileIsOneThatTheLoaderKnows() throws IOException {
    var opened =
        Files.readString(Path.of("conf/weir.yaml"))
            .lines()
            .filter(line -> line.matches("# ? ?[a-z_]+:.*|#   [a-z_]+:.*|    # [a-z_]+:.*"))
            .map(line -> line.replaceFirst("# ", "").replaceAll(" {3,}#.*", ""))
            .filter(
                line -> !line.matches(".*(_file:|mode: prod|url:|\\.\\.\\.|local:|protocol:).*"))
            .toList();
    var text =
        "providers: {openai: {protocol: chat, base_url: http://x/v1}}\n"
            + String.join("\n", opened.stream().filter(l -> !l.startsWith("    ")).toList());

    var loaded = load(text, Map.of("WEIR_MODE", "dev", "WEIR_DATABASE_EMBEDDED", "true"));

    assertThat(opened).hasSizeGreaterThan(25);
    var config = accepted(loaded);
    assertThat(config.http()).isEqualTo(HttpSettings.DEFAULT);
    assertThat(config.breaker()).isEqualTo(BreakerSettings.DEFAULT);
    assertThat(config.retryBudget()).isEqualTo(RetryBudgetSettings.DEFAULT);
  }

  @Test
  void theEnvironmentWinsOverTheFile() {
    var config =
        accepted(
            load(
                """
                http: {listen: "127.0.0.1:1000", max_body: 1MiB}
                providers:
                  openai: {protocol: chat, base_url: "https://a/v1", connections: 3}
                models: {gpt-4.1: openai/a}
                cors: {origins: [https://a.example]}
                """,
                dev(
                    "WEIR_HTTP_LISTEN", "127.0.0.1:2000",
                    "WEIR_HTTP_BODY_TIMEOUT", "250ms",
                    "WEIR_PROVIDERS_OPENAI_CONNECTIONS", "7",
                    "OPENAI_BASE_URL", "http://127.0.0.1:9/",
                    "OPENAI_API_KEY", "sk-1",
                    "WEIR_MODELS_GPT_4_1_MODEL", "openai/b",
                    "WEIR_CORS_ORIGINS", "https://b.example, https://c.example:*",
                    "WEIR_LOGGING_LEVEL", "DEBUG")));

    assertThat(config.http().port()).isEqualTo(2000);
    assertThat(config.http().maxBodyBytes()).isEqualTo(1 << 20);
    assertThat(config.http().bodyTimeout()).isEqualTo(Duration.ofMillis(250));
    var openai = config.providers().get("openai");
    assertThat(openai.connections()).isEqualTo(7);
    assertThat(openai.baseUrl()).isEqualTo(URI.create("http://127.0.0.1:9"));
    assertThat(openai.apiKey()).contains(new Secret("sk-1"));
    assertThat(config.models().get("gpt-4.1").model()).isEqualTo("openai/b");
    assertThat(config.cors()).containsExactly("https://b.example", "https://c.example:*");
    assertThat(config.logging().level()).isEqualTo("DEBUG");
  }

  @Test
  void secretsComeFromMountedFilesToo() throws IOException {
    var key = Files.writeString(folder.resolve("key"), "sk-mounted\n").toString();
    var token = Files.writeString(folder.resolve("token"), "token").toString();

    var config =
        accepted(
            load(
                "management: {metrics_token_file: " + token + "}\n" + OPENAI,
                dev("OPENAI_API_KEY_FILE", key, "WEIR_ADMIN_KEY_FILE", key)));

    assertThat(config.providers().get("openai").apiKey()).contains(new Secret("sk-mounted"));
    assertThat(config.management().metricsToken()).contains(new Secret("token"));
    assertThat(config.management().adminKey()).contains(new Secret("sk-mounted"));
    assertThat(config.secrets()).contains(new Secret("token"), new Secret("sk-mounted"));
  }

  @Test
  void aBlankVariableCountsAsUnset() {
    var config = accepted(load(OPENAI, dev("WEIR_DATABASE_URL", "", "OPENAI_API_KEY", " ")));

    assertThat(config.database().embedded()).isTrue();
    assertThat(config.providers().get("openai").apiKey()).isEmpty();
  }

  @Test
  void kubernetesServiceLinksAreIgnoredWithOneWarning() {
    var loaded =
        load(
            OPENAI,
            dev(
                "WEIR_PORT", "tcp://10.0.0.7:8080",
                "WEIR_SERVICE_HOST", "10.0.0.7",
                "WEIR_SERVICE_PORT", "8080",
                "WEIR_SERVICE_PORT_HTTP", "8080",
                "WEIR_PORT_8080_TCP", "tcp://10.0.0.7:8080",
                "WEIR_PORT_8080_TCP_PROTO", "tcp",
                "WEIR_PORT_8080_TCP_ADDR", "10.0.0.7",
                "WEIR_MANAGEMENT_PORT", "tcp://10.0.0.8:8081",
                "WEIR_MANAGEMENT_SERVICE_HOST", "10.0.0.8"));

    assertThat(((Loaded.Accepted) loaded).warnings()).hasSize(1);
    assertThat(((Loaded.Accepted) loaded).warnings().getFirst())
        .contains("WEIR_PORT,", "WEIR_MANAGEMENT_PORT,", "enableServiceLinks");
  }

  @Test
  void variablesOfTheTestsAndOfTheCommandLineAreNobodysFault() {
    var loaded =
        load(OPENAI, dev("WEIR_TEST_DATABASE_URL", URL, "WEIR_URL", "http://x", "WEIR_KEY", "k"));

    assertThat(accepted(loaded).mode()).isEqualTo(Mode.DEV);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "WEIR_HTTP_LISTN   | 127.0.0.1:80 | did you mean `WEIR_HTTP_LISTEN`?",
        "WEIR_DATABSE_URL  | x            | did you mean `WEIR_DATABASE_URL`?",
        "WEIR_PORT         | 8080         | is not a setting",
        "WEIR_SOMETHING    | x            | docs/settings.md",
        "WEIR_MODE         | devv         | did you mean `dev`?",
        "WEIR_HTTP_LISTEN  | 8080         | host:port",
        "WEIR_HTTP_LISTEN  | a:99999      | host:port",
        "WEIR_HTTP_LISTEN  | 0.0.0.0:1    | WEIR_DEV_PUBLIC=true",
        "WEIR_MANAGEMENT_LISTEN | 127.0.0.1:8080 | give each its own",
        "WEIR_DEV_PUBLIC   | yes          | true or false",
        "WEIR_DRAIN        | 20 seconds   | must be a duration",
        "WEIR_DRAIN        | 5h           | from",
        "WEIR_HTTP_MAX_BODY | 8MB         | must be a size",
        "WEIR_HTTP_MAX_BODY | 4GiB        | from 1KiB to 1024MiB",
        "WEIR_BREAKER_FAILURES | -1       | whole number from 1",
        "WEIR_BREAKER_FAILURES | 99999999999 | whole number from 1",
        "WEIR_CORS_ORIGINS | example.com  | must be origins",
        "WEIR_DEFAULT_MODEL | opanai/x    | did you mean `openai`?",
        "WEIR_DEFAULT_MODEL | nothing     | is neither provider/model",
        "WEIR_LOGGING_LEVEL | loud        | debug, info, warn, error",
        "WEIR_DATABASE_EMBEDDED | false   | WEIR_DATABASE_EMBEDDED=true",
        "WEIR_ADMIN_KEY_FILE | /nowhere/at/all | does not exist",
        "OPENAI_BASE_URL   | ftp://x      | must be an address",
        "OPENAI_BASE_URL   | https://u:p@x | must be an address",
      })
  void aWrongVariableIsRefusedWithWhatWouldBeRight(String name, String value, String reason) {
    var faults = refused(load(OPENAI, dev(name, value)));

    assertThat(faults).hasSize(1);
    assertThat(faults.getFirst().toString()).contains(reason);
    if (!name.equals("WEIR_DATABASE_EMBEDDED")) {
      assertThat(faults.getFirst().toString()).startsWith("environment: " + name + ": ");
    }
  }

  @Test
  void aWrongFileIsRefusedWithAllItsFaultsAndTheirLines() {
    var faults =
        refused(
            load(
                """
                mode: dev
                htpp: {}
                http:
                  listen: nonsense
                  metrics_token: x
                  max_body: [1, 2]
                providers:
                  openai:
                    protocol: chat
                  Bad_Name:
                    protocol: chat
                  other:
                    protocol: rest
                    base_url: https://x
                models:
                  writer: sonar
                  analyst: {model: opnai/x, serch: true}
                  empty: {}
                breaker: 5
                mode: prod
                """,
                Map.of()));

    assertThat(faults.stream().map(ConfigFault::toString))
        .map(text -> text.substring(text.lastIndexOf("weir.yaml")))
        .containsExactlyInAnyOrder(
            "weir.yaml:2: htpp: is not a setting; did you mean `http`?",
            "weir.yaml:4: http.listen: must be host:port such as 127.0.0.1:8080 or [::1]:8080,"
                + " not \"nonsense\"",
            "weir.yaml:5: http.metrics_token: is not a setting; did you mean"
                + " `management.metrics_token`?",
            "weir.yaml:6: http.max_body: must be a single value",
            "weir.yaml:8: providers.openai.base_url: is missing: where the provider's API is, as"
                + " https://host/v1",
            "weir.yaml:11: providers.Bad_Name: a provider's name is a small letter, then small"
                + " letters, digits, - and _",
            "weir.yaml:13: providers.other.protocol: must be one of agent, chat, sandbox, not"
                + " \"rest\"",
            "weir.yaml:16: models.writer: must be provider/model, not \"sonar\"",
            "weir.yaml:17: models.analyst.model: \"opnai/x\" names no configured provider (openai,"
                + " other, sandbox); did you mean `openai`?",
            "weir.yaml:17: models.analyst.serch: is not a setting; did you mean"
                + " `models.analyst.search`?",
            "weir.yaml:18: models.empty.model: is missing: provider/model",
            "weir.yaml:19: breaker: must hold settings, one key a line",
            "weir.yaml:20: mode: stands twice in this section");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http: {listen: [",
        "a: &a [*a]",
        "- 1",
        "text",
        "--- {}\n--- {}",
        "\t x",
        "mode: *gone",
        "? {a: b}\n: c",
        "!!javax.script.ScriptEngineManager []"
      })
  void whatIsNoSettingsFileIsRefusedAndNeverThrows(String text) {
    assertThat(refused(load(text, dev()))).isNotEmpty();
  }

  @Test
  void aDeepFileIsRefused() {
    assertThat(refused(load("http: " + "[".repeat(5000), dev()))).isNotEmpty();
  }

  @Test
  void aMissingFileNamesTheVariableThatMovesIt() {
    var loader = new ConfigLoader(dev("WEIR_CONFIG", folder.resolve("none.yaml").toString()), true);

    assertThat(refused(loader.load()).getFirst().toString())
        .contains("none.yaml", "does not exist", "WEIR_CONFIG");
  }

  @Test
  void bytesThatAreNotUtf8AreRefused() throws IOException {
    var file = Files.write(folder.resolve("weir.yaml"), new byte[] {'a', ':', (byte) 0xff});

    var faults = refused(new ConfigLoader(dev("WEIR_CONFIG", file.toString()), true).load());

    assertThat(faults.getFirst().reason()).isEqualTo("is not valid UTF-8");
  }

  @Test
  void prodWithoutADatabaseNamesBothWaysOut() {
    var faults = refused(load(OPENAI, Map.of()));

    assertThat(faults).hasSize(1);
    assertThat(faults.getFirst().toString())
        .contains("WEIR_DATABASE_URL", "WEIR_DATABASE_EMBEDDED");
  }

  @Test
  void aMissingSecretFileIsOneFaultAndNotTwo() {
    var faults = refused(load(OPENAI, Map.of("WEIR_DATABASE_URL_FILE", "/nowhere/at/all")));

    assertThat(faults)
        .containsExactly(
            new ConfigFault(
                "environment",
                0,
                "WEIR_DATABASE_URL_FILE",
                "names a file that does not exist: /nowhere/at/all"));
  }

  @Test
  void twoAnswersToOneQuestionAreRefused() throws IOException {
    var file = Files.writeString(folder.resolve("secret"), "x").toString();

    var faults =
        refused(
            load(
                OPENAI,
                dev(
                    "WEIR_DATABASE_URL",
                    URL,
                    "WEIR_DATABASE_EMBEDDED",
                    "true",
                    "WEIR_ADMIN_KEY",
                    "a",
                    "WEIR_ADMIN_KEY_FILE",
                    file)));

    assertThat(faults).hasSize(2);
    assertThat(faults.toString()).contains("choose one", "set one of the two");
  }

  @Test
  void aFaultNeverQuotesASecret() {
    var faults =
        refused(
            load(
                OPENAI + "admin_key: [hunter2]\n",
                dev(
                    "WEIR_DATABASE_URL", "mysql://weir:hunter2@db/weir",
                    "WEIR_DATABASE_DIRECT_URL", "postgres://hunter2 ",
                    "OPENAI_BASE_URL", "https://hunter2@x")));

    assertThat(faults).hasSize(4);
    assertThat(faults.toString()).doesNotContain("hunter2");
  }

  @Test
  void publicDevModeWarns() {
    var loaded = load(OPENAI, dev("WEIR_HTTP_LISTEN", ":0", "WEIR_DEV_PUBLIC", "true"));

    assertThat(accepted(loaded).http().host()).isEqualTo("0.0.0.0");
    assertThat(((Loaded.Accepted) loaded).warnings().getFirst()).contains("0.0.0.0:0");
  }

  @Test
  void aKeyThatWouldTravelInClearTextWarnsInProd() {
    var loaded =
        load(
            OPENAI,
            Map.of(
                "WEIR_DATABASE_URL", URL,
                "OPENAI_API_KEY", "sk-1",
                "OPENAI_BASE_URL", "http://models.example/v1",
                "ANTHROPIC_API_KEY", "sk-2"));

    assertThat(((Loaded.Accepted) loaded).warnings())
        .hasSize(2)
        .anyMatch(w -> w.contains("clear text"))
        .anyMatch(w -> w.contains("ANTHROPIC_API_KEY"));
  }

  private static final String OPENAI =
      "providers: {openai: {protocol: chat, base_url: 'https://a/v1'}}\n";

  private static Map<String, String> dev(String... more) {
    var environment = new HashMap<>(Map.of("WEIR_MODE", "dev"));
    for (var i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return environment;
  }

  private Loaded load(String text, Map<String, String> environment) {
    try {
      var file = Files.writeString(folder.resolve("weir.yaml"), text);
      var all = new HashMap<>(environment);
      all.put("WEIR_CONFIG", file.toString());
      return new ConfigLoader(all, true).load();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static WeirConfig accepted(Loaded loaded) {
    assertThat(loaded).isInstanceOf(Loaded.Accepted.class);
    return ((Loaded.Accepted) loaded).config();
  }

  private static List<ConfigFault> refused(Loaded loaded) {
    assertThat(loaded).isInstanceOf(Loaded.Refused.class);
    return ((Loaded.Refused) loaded).faults();
  }
}
