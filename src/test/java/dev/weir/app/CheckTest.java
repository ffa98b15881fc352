package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.cli.CheckReport;
import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckTest {
  @TempDir private Path folder;

  @Test
  void aModelWithoutAPriceIsAWarningThatNamesItAndWhatToAdd() throws IOException {
    prices("[]");

    assertThat(check().warnings())
        .singleElement()
        .satisfies(
            warning ->
                assertThat(warning)
                    .contains("'hello'", "openai/new", "prices.yaml", "- {model: openai/new"));
    assertThat(check().faults()).isEmpty();
  }

  @Test
  void aModelWithAPriceIsNone() throws IOException {
    prices("[{model: openai/new, from: 2026-01-01, input: 1, output: 1}]");

    assertThat(check().warnings()).isEmpty();
  }

  @Test
  void aTableThatIsRefusedIsItsOwnFaultAndNoWarning() throws IOException {
    prices("[{model: openai/new, from: soon, input: 1, output: 1}]");

    assertThat(check().faults()).hasSize(1);
    assertThat(check().warnings()).isEmpty();
  }

  @Test
  void whoCannotMakeTheCachesVectorsIsAFaultAndOneWithoutAPriceAWarning() throws IOException {
    prices("[{model: openai/new, from: 2026-01-01, input: 1, output: 1}]");

    assertThat(check("sandbox/trigramms").faults())
        .singleElement()
        .asString()
        .contains("cache.embedding_model cannot be 'sandbox/trigramms'");
    assertThat(check("openai/vectors").faults()).isEmpty();
    assertThat(check("openai/vectors").warnings())
        .singleElement()
        .asString()
        .contains("cache.embedding_model is openai/vectors, which has no price");
    assertThat(check("sandbox/trigrams").warnings()).isEmpty();
  }

  private void prices(String entries) throws IOException {
    Files.writeString(folder.resolve("prices.yaml"), "prices: " + entries + "\n");
  }

  private CheckReport check() throws IOException {
    return check("sandbox/trigrams");
  }

  private CheckReport check(String embeddingModel) throws IOException {
    var functions = Files.createDirectories(folder.resolve("functions"));
    Files.writeString(
        functions.resolve("hello.yaml"),
        """
        name: hello
        model: openai/new
        prompt:
          user: Say hello to {{who}}.
        input:
          type: object
          additionalProperties: false
          required: [who]
          properties:
            who: {type: string, maxLength: 100}
        """);
    var environment =
        Map.of(
            "WEIR_MODE",
            "dev",
            "WEIR_CACHE_EMBEDDING_MODEL",
            embeddingModel,
            "WEIR_FUNCTIONS_DIR",
            functions.toString(),
            "WEIR_PRICES_FILE",
            folder.resolve("prices.yaml").toString());
    return switch (new ConfigLoader(environment, false).load()) {
      case Loaded.Accepted accepted -> Check.run(accepted.config(), List.of());
      case Loaded.Refused refused -> throw new AssertionError(refused.faults().toString());
    };
  }
}
