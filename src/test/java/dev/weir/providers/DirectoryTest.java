package dev.weir.providers;

import static dev.weir.providers.Fixtures.config;
import static dev.weir.providers.Fixtures.provider;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Mode;
import dev.weir.config.ModelAlias;
import dev.weir.config.ProviderSettings;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Secret;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Target;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class DirectoryTest {
  private static final URI BASE = URI.create("https://provider.example");
  private static final Optional<Secret> KEY = Optional.of(new Secret("k"));

  @Test
  void routesAProvidersModelToThatProvider() {
    var route = prod(KEY).route("openai/gpt-5-mini", List.of());

    assertThat(route.requested()).isEqualTo("openai/gpt-5-mini");
    assertThat(route.targets())
        .containsExactly(
            new Target(
                new ModelRef("openai", "gpt-5-mini"), "openai", false, false, Optional.empty()));
  }

  @Test
  void routesALogicalNameWithItsFallbacksAndThoseOfTheCall() {
    var aliases =
        Map.of(
            "writer",
            new ModelAlias(
                "writer", "openai/a", true, Optional.of("low"), List.of("openai/b", "spare")),
            "spare",
            new ModelAlias("spare", "openai/c", false, Optional.empty(), List.of("writer")));
    var directory = new Directory(config(Mode.PROD, aliases, Optional.empty(), providers(KEY)));

    var route = directory.route("writer", List.of("openai/d", "openai/b"));

    assertThat(route.targets())
        .extracting(t -> t.model().name())
        .containsExactly("a", "b", "c", "d");
    assertThat(route.first().search()).isTrue();
    assertThat(route.first().preset()).contains("low");
    assertThat(route.targets().get(1).search()).isFalse();
  }

  @Test
  void knowsWhatTheOldSonarModelsHaveBecome() {
    var directory = prod(KEY);

    assertThat(directory.route("sonar", List.of()).first()).isEqualTo(sonar(Optional.empty()));
    assertThat(directory.route("sonar-pro", List.of()).first())
        .isEqualTo(sonar(Optional.of("low")));
    assertThat(directory.route("sonar-reasoning-pro", List.of()).first())
        .isEqualTo(sonar(Optional.of("low")));
    assertThat(directory.route("perplexity/sonar-deep-research", List.of()).first())
        .isEqualTo(sonar(Optional.of("medium")));
    assertThat(directory.route("perplexity/sonar", List.of()).first().search()).isFalse();
  }

  @Test
  void letsTheConfigurationOverrideAnOldName() {
    var mine = new ModelAlias("sonar", "openai/x", false, Optional.empty(), List.of());
    var directory =
        new Directory(config(Mode.PROD, Map.of("sonar", mine), Optional.empty(), providers(KEY)));

    assertThat(directory.route("sonar", List.of()).first().servedBy()).isEqualTo("openai");
  }

  @Test
  void movesWhatFunctionsAskForButNotWhatACallerNames() {
    var directory =
        new Directory(config(Mode.PROD, Map.of(), Optional.of("openai/all"), providers(KEY)));

    var function = directory.routeFunction("perplexity/sonar", List.of("openai/b"));
    var caller = directory.route("perplexity/sonar", List.of());

    assertThat(function.targets()).extracting(t -> t.model().name()).containsExactly("all");
    assertThat(caller.first().model().name()).isEqualTo("sonar");
  }

  @Test
  void namesTheThreeNearestOfAnUnknownModel() {
    assertThatThrownBy(() -> prod(KEY).route("sonar-por", List.of()))
        .isInstanceOfSatisfying(
            AIError.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND);
              assertThat(e.message()).contains("Did you mean sonar-pro, ");
              assertThat((List<?>) e.details().get("nearest")).hasSize(3);
            });
    assertThatThrownBy(() -> prod(Optional.empty()).route("nobody/model", List.of()))
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.message()).doesNotContain("Did you mean"));
    assertThatThrownBy(() -> prod(KEY).route("x".repeat(100_000), List.of()))
        .isInstanceOf(AIError.class);
  }

  @Test
  void knowsWhichNamesHaveAPriceForAllThatMayAnswer() {
    var mixed =
        new ModelAlias("mixed", "perplexity/sonar", false, Optional.empty(), List.of("openai/new"));
    var directory =
        new Directory(
            config(Mode.PROD, Map.of("mixed", mixed), Optional.empty(), providers(KEY)),
            List.of("perplexity/sonar", "openai/gpt-4o"));

    assertThat(directory.priced("sonar")).isTrue();
    assertThat(directory.priced("perplexity/sonar")).isTrue();
    assertThat(directory.priced("openai/new")).isFalse();
    assertThat(directory.priced("mixed")).as("its fallback has none").isFalse();
    assertThat(directory.pricedFunction("sonar", List.of("openai/gpt-4o"))).isTrue();
    assertThat(directory.pricedFunction("sonar", List.of("openai/new"))).isFalse();
    assertThat(directory.unpricedOfFunction("mixed", List.of("openai/other")))
        .containsExactly("openai/new", "openai/other");
    assertThat(directory.unpricedOfFunction("sonar", List.of("sandbox/plain"))).isEmpty();
  }

  @Test
  void theModelThatReplacesAllDecidesWhetherAFunctionHasAPrice() {
    var directory =
        new Directory(
            config(Mode.PROD, Map.of(), Optional.of("openai/new"), providers(KEY)),
            List.of("perplexity/sonar"));

    assertThat(directory.pricedFunction("sonar", List.of())).isFalse();
    assertThat(directory.unpricedOfFunction("sonar", List.of())).containsExactly("openai/new");
  }

  @Test
  void letsTheSandboxStandInForAMissingKeyInDev() {
    var directory = new Directory(config(Mode.DEV, providers(Optional.empty())));

    var target = directory.route("sonar", List.of()).first();

    assertThat(target.servedBy()).isEqualTo("sandbox");
    assertThat(target.simulated()).isTrue();
    assertThat(target.model().toString()).isEqualTo("perplexity/sonar");
    assertThat(directory.unusable("cover-letter", "sonar", List.of())).isEmpty();
  }

  @Test
  void refusesAProviderWithoutItsKeyInProdAndNamesWhatIsMissing() {
    var directory = prod(Optional.empty());

    assertThatThrownBy(() -> directory.route("sonar", List.of()))
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PROVIDER_AUTH));
    assertThat(directory.unusable("cover-letter", "sonar", List.of("openai/x")))
        .hasSize(2)
        .first()
        .asString()
        .contains("'cover-letter'", "'sonar'", "PERPLEXITY_API_KEY");
    assertThat(directory.unusable("f", "nowhere/x", List.of())).hasSize(1);
    assertThat(directory.problem("sonar")).get().asString().contains("PERPLEXITY_API_KEY");
    assertThat(directory.problem("nowhere/x")).get().asString().startsWith("is not known");
    assertThat(prod(KEY).problem("sonar")).isEmpty();
    assertThat(directory.names()).isEmpty();
  }

  @Test
  void passesOverFallbacksThatCannotBeAsked() {
    var directory =
        new Directory(
            config(
                Mode.PROD,
                provider("openai", Protocol.CHAT, BASE, KEY, 1, 1),
                provider("other", Protocol.CHAT, BASE, Optional.empty(), 1, 1)));

    var route = directory.route("openai/a", List.of("other/b"));

    assertThat(route.targets()).hasSize(1);
  }

  @Test
  void keepsTheSandboxOutOfProdUnlessTheConfigurationNamesIt() {
    var trial = new ModelAlias("trial", "sandbox/echo", false, Optional.empty(), List.of());
    var directory =
        new Directory(config(Mode.PROD, Map.of("trial", trial), Optional.empty(), providers(KEY)));

    assertThatThrownBy(() -> directory.route("sandbox/echo", List.of()))
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.NOT_FOUND));
    assertThat(directory.route("trial", List.of()).first().servedBy()).isEqualTo("sandbox");
    assertThat(directory.routeFunction("sandbox/plain", List.of()).first().simulated()).isFalse();
    assertThat(directory.names()).contains("trial").noneMatch(n -> n.startsWith("sandbox/"));
  }

  @Test
  void listsTheSandboxesBehavioursForANameItDoesNotKnow() {
    var directory = new Directory(config(Mode.DEV, providers(KEY)));

    assertThatThrownBy(() -> directory.route("sandbox/explode", List.of()))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("slow-2000ms")
        .hasMessageContaining("broken-json");
    assertThat(directory.route("sandbox/slow-5ms", List.of()).targets()).hasSize(1);
  }

  @Test
  void listsEveryNameThatCanBeAskedFor() {
    var directory =
        new Directory(
            config(Mode.PROD, Map.of(), Optional.of("openai/all"), providers(KEY)),
            List.of("openai/priced", "nobody/priced"));

    assertThat(directory.names())
        .isSorted()
        .contains("sonar", "sonar-pro", "perplexity/sonar", "openai/all", "openai/priced")
        .doesNotContain("nobody/priced");
  }

  private static Directory prod(Optional<Secret> key) {
    return new Directory(config(Mode.PROD, providers(key)));
  }

  private static ProviderSettings[] providers(Optional<Secret> key) {
    return new ProviderSettings[] {
      provider("perplexity", Protocol.AGENT, BASE, key, 1, 1),
      provider("openai", Protocol.CHAT, BASE, key, 1, 1),
      provider("sandbox", Protocol.SANDBOX, URI.create("sandbox:local"), Optional.empty(), 1, 1)
    };
  }

  private static Target sonar(Optional<String> preset) {
    return new Target(new ModelRef("perplexity", "sonar"), "perplexity", false, true, preset);
  }
}
