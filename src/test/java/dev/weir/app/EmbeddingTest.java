package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import dev.weir.config.WeirConfig;
import dev.weir.gateway.Target;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who makes the cache's vectors. */
class EmbeddingTest {
  private static WeirConfig config(String mode, Map<String, String> more) {
    var env = new HashMap<>(more);
    env.put("WEIR_MODE", mode);
    env.put("WEIR_DATABASE_URL", "postgres://weir:weir@127.0.0.1:1/weir");
    return switch (new ConfigLoader(env, false).load()) {
      case Loaded.Accepted accepted -> accepted.config();
      case Loaded.Refused refused -> throw new AssertionError(refused.faults().toString());
    };
  }

  private static Optional<String> maker(String mode, Map<String, String> more) {
    return Embedding.of(config(mode, more)).map(EmbeddingTest::name);
  }

  private static String name(Target target) {
    return target.model() + "@" + target.servedBy();
  }

  @Test
  void perplexityWhereItHasAKeyElseTheSandboxInDevAndNobodyInProd() {
    var key = Map.of("PERPLEXITY_API_KEY", "pplx-a-key");

    assertThat(maker("prod", key)).contains("perplexity/pplx-embed-v1-0.6b@perplexity");
    assertThat(maker("dev", key)).contains("perplexity/pplx-embed-v1-0.6b@perplexity");
    assertThat(maker("dev", Map.of())).contains("sandbox/trigrams@sandbox");
    assertThat(maker("prod", Map.of())).isEmpty();
  }

  @Test
  void whoeverIsNamed() {
    var name = Map.of("WEIR_CACHE_EMBEDDING_MODEL", "perplexity/pplx-embed-v1-4b");

    assertThat(maker("dev", name)).contains("perplexity/pplx-embed-v1-4b@sandbox");
    assertThatThrownBy(() -> maker("prod", name))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("PERPLEXITY_API_KEY");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sandbox/trigramms | The sandbox knows no such behaviour; there are: plain, trigrams",
        "sandbox/error-500 | never answers",
        "sandbox/stall | never answers",
        "perplexity/sonar | gives no vectors of texts",
        "perplexity/pplx-embed-context-v1-4b | gives no vectors of texts",
      })
  void whoGivesNoVectorsIsAnErrorAtStartAndNotAMissForEver(String model, String says) {
    var named = Map.of("WEIR_CACHE_EMBEDDING_MODEL", model, "PERPLEXITY_API_KEY", "pplx-a-key");

    for (var mode : List.of("dev", "prod")) {
      assertThatThrownBy(() -> maker(mode, named))
          .isInstanceOf(StartFailure.class)
          .hasMessageContaining("cache.embedding_model cannot be '" + model + "'")
          .hasMessageContaining(says);
    }
  }

  @Test
  void theSandboxIsTakenByAnyNameUnderWhichItAnswers() {
    assertThat(maker("prod", Map.of("WEIR_CACHE_EMBEDDING_MODEL", "sandbox/slow-10ms")))
        .contains("sandbox/slow-10ms@sandbox");
    assertThat(maker("dev", Map.of("WEIR_CACHE_EMBEDDING_MODEL", "openai/any")))
        .contains("openai/any@sandbox");
  }

  @Test
  void whoIsNoProviderIsAnErrorAtStart() {
    assertThatThrownBy(
            () -> maker("dev", Map.of("WEIR_CACHE_EMBEDDING_MODEL", "pplx/pplx-embed-v1-4b")))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("'pplx', which is not configured; there are: openai, perplexity");
    assertThatThrownBy(() -> maker("dev", Map.of("WEIR_CACHE_EMBEDDING_MODEL", "pplx-embed-v1-4b")))
        .isInstanceOf(StartFailure.class)
        .hasMessageContaining("must be provider/model");
  }
}
