package dev.weir.providers;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.config.AlertSettings;
import dev.weir.config.BreakerSettings;
import dev.weir.config.CacheSettings;
import dev.weir.config.DatabaseSettings;
import dev.weir.config.HttpSettings;
import dev.weir.config.JournalSettings;
import dev.weir.config.LimitsSettings;
import dev.weir.config.LoggingSettings;
import dev.weir.config.ManagementSettings;
import dev.weir.config.MeteringSettings;
import dev.weir.config.Mode;
import dev.weir.config.ModelAlias;
import dev.weir.config.OutputSettings;
import dev.weir.config.PricingSettings;
import dev.weir.config.ProviderSettings;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.config.RetryBudgetSettings;
import dev.weir.config.WeirConfig;
import dev.weir.core.Json;
import dev.weir.core.Secret;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Message;
import dev.weir.gateway.Message.Role;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Target;
import dev.weir.prompts.CachePolicy;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.Parameters;
import dev.weir.prompts.RepairPolicy;
import dev.weir.prompts.RetryPolicy;
import dev.weir.prompts.Schema;
import dev.weir.prompts.Search;
import dev.weir.prompts.TimeoutRange;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/** What the tests of this room start from. */
final class Fixtures {
  static final String KEY = "secret-upstream-key";

  private Fixtures() {}

  static WeirConfig config(Mode mode, ProviderSettings... providers) {
    return config(mode, Map.of(), Optional.empty(), providers);
  }

  static WeirConfig config(
      Mode mode,
      Map<String, ModelAlias> models,
      Optional<String> defaultModel,
      ProviderSettings... providers) {
    return new WeirConfig(
        mode,
        HttpSettings.DEFAULT,
        ManagementSettings.DEFAULT,
        new DatabaseSettings(Optional.empty(), Optional.empty(), true, 4),
        Path.of("data"),
        Path.of("functions"),
        Path.of("prices.yaml"),
        Arrays.stream(providers)
            .collect(Collectors.toMap(ProviderSettings::name, Function.identity())),
        models,
        defaultModel,
        false,
        BreakerSettings.DEFAULT,
        RetryBudgetSettings.DEFAULT,
        OutputSettings.DEFAULT,
        MeteringSettings.DEFAULT,
        new JournalSettings(Path.of("journal"), 1 << 20, JournalSettings.Durability.PROCESS),
        LimitsSettings.DEFAULT,
        CacheSettings.DEFAULT,
        AlertSettings.DEFAULT,
        PricingSettings.DEFAULT,
        Duration.ofSeconds(1),
        LoggingSettings.DEFAULT,
        List.of());
  }

  static ProviderSettings perplexity(URI base) {
    return provider("perplexity", Protocol.AGENT, base, Optional.of(new Secret(KEY)), 8, 8);
  }

  static ProviderSettings openai(URI base) {
    return provider("openai", Protocol.CHAT, base, Optional.of(new Secret(KEY)), 8, 8);
  }

  static ProviderSettings provider(
      String name,
      Protocol protocol,
      URI base,
      Optional<Secret> key,
      int connections,
      int waiting) {
    return new ProviderSettings(
        name,
        protocol,
        base,
        key,
        name.toUpperCase(java.util.Locale.ROOT) + "_API_KEY",
        connections,
        waiting,
        Duration.ofSeconds(2));
  }

  static ObjectNode chatBody(String text) {
    var body = Json.object().put("model", "asked-for");
    body.putArray("messages").addObject().put("role", "user").put("content", text);
    return body;
  }

  static Ask.Chat chat(String text, boolean stream) {
    return new Ask.Chat(chatBody(text), stream);
  }

  static Ask.Prompted prompted(FunctionDefinition function, boolean stream) {
    return new Ask.Prompted(
        List.of(
            new Message(Role.SYSTEM, "You write."),
            new Message(Role.USER, "Write about rivers and weirs.")),
        function,
        stream);
  }

  static FunctionDefinition function(Search search, Optional<Schema> output) {
    return new FunctionDefinition(
        "cover-letter",
        "v1",
        "writes",
        "perplexity/sonar",
        List.of(),
        new Parameters(
            Optional.of(new java.math.BigDecimal("0.2")),
            Optional.empty(),
            900,
            Optional.of("low")),
        search,
        Optional.empty(),
        input -> "unused",
        Schema.of(Json.object().put("type", "object")),
        output,
        TimeoutRange.DEFAULT,
        RetryPolicy.DEFAULT,
        CachePolicy.DEFAULT,
        Optional.empty(),
        RepairPolicy.DEFAULT,
        false,
        Optional.empty());
  }

  static Target target(String model) {
    var ref = ModelRef.parse(model).orElseThrow();
    return new Target(ref, ref.provider(), false, false, Optional.empty());
  }

  static Target searching(String model, String preset) {
    var ref = ModelRef.parse(model).orElseThrow();
    return new Target(
        ref, ref.provider(), false, true, Optional.of(preset).filter(p -> !p.isEmpty()));
  }

  static Exchange exchange(Ask ask, Target target) {
    var x = Exchanges.chat(target.model().toString(), ask.stream());
    return x.with(x.plan().asking(ask)).with(new Attempt(UUID.randomUUID(), 1, target));
  }
}
