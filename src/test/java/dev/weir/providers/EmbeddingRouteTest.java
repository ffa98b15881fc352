package dev.weir.providers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Mode;
import dev.weir.config.ModelAlias;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Call;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Gateway;
import dev.weir.gateway.Origin;
import dev.weir.gateway.Planner;
import dev.weir.gateway.Principal;
import dev.weir.gateway.Target;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EmbeddingRouteTest {
  private static final URI NOWHERE = URI.create("http://127.0.0.1:1");

  private final Gateway gateway =
      new Gateway(
          new Planner(
              () -> {
                throw new AssertionError("no function is asked");
              },
              new Directory(
                  Fixtures.config(
                      Mode.PROD,
                      Map.of(
                          "vectors",
                          new ModelAlias(
                              "vectors",
                              "perplexity/pplx-embed-v1-4b",
                              true,
                              Optional.empty(),
                              List.of("openai/text-embedding-3-small"))),
                      Optional.empty(),
                      Fixtures.perplexity(NOWHERE),
                      Fixtures.openai(NOWHERE)))),
          Chain.of(List.of((x, next) -> next.proceed(x))));

  private List<String> asked(String model, Principal principal) {
    var origin =
        new Origin(UUID.randomUUID(), Optional.empty(), Origin.Door.EMBEDDINGS, System.nanoTime());
    var call = new Call.OfEmbedding(model, Ask.Embedding.of("a weir"), CallOptions.DEFAULT);
    var x = gateway.open(origin, call, principal);
    return x.plan().route().targets().stream().map(Target::model).map(Object::toString).toList();
  }

  @Test
  void vectorsAreNeverThoseOfAFallbackSinceTheyCouldNotBeCompared() {
    assertThat(asked("vectors", Exchanges.user("ann")))
        .containsExactly("perplexity/pplx-embed-v1-4b");
  }

  @Test
  void perplexitysModelsAreKnownByTheNamesThatItsOwnCallersUse() {
    assertThat(asked("pplx-embed-v1-0.6b", Exchanges.user("ann")))
        .containsExactly("perplexity/pplx-embed-v1-0.6b");
  }

  @Test
  void aKeyIsHeldToItsModels() {
    var bound =
        new Principal(
            UUID.randomUUID(),
            Principal.Role.USER,
            "ann",
            Optional.empty(),
            Set.of(),
            Set.of("perplexity/sonar"));

    assertThatThrownBy(() -> asked("pplx-embed-v1-0.6b", bound))
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.FORBIDDEN));
  }
}
