package dev.weir.providers;

import dev.weir.config.Mode;
import dev.weir.config.ModelAlias;
import dev.weir.config.ProviderSettings;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.config.WeirConfig;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Nearest;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.ModelRef;
import dev.weir.gateway.Route;
import dev.weir.gateway.Target;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Knows every model: the logical names of conf/weir.yaml, the names that Perplexity's callers used
 * before the Agent API or use for its vectors, and {@code provider/model} for each configured
 * provider.
 *
 * <p>A provider without a key is served by the sandbox in dev mode and by nobody in prod. In prod
 * the sandbox answers only where a function or a logical name says {@code sandbox/...}, never
 * because a caller asks for it. Immutable and thread-safe.
 */
public final class Directory implements ModelDirectory {
  private static final String PERPLEXITY = "perplexity";
  private static final String SONAR = PERPLEXITY + "/sonar";
  private static final int NEAREST = 3;

  /** What the old chat-completions models have become; the configuration may say otherwise. */
  private static final List<ModelAlias> SONARS =
      List.of(
          new ModelAlias("sonar", SONAR, true, Optional.empty(), List.of()),
          new ModelAlias("sonar-pro", SONAR, true, Optional.of("low"), List.of()),
          new ModelAlias("sonar-reasoning-pro", SONAR, true, Optional.of("low"), List.of()),
          new ModelAlias("sonar-deep-research", SONAR, true, Optional.of("medium"), List.of()));

  /** Its embedding models, as callers of its own API name them. */
  private static final List<ModelAlias> EMBEDDINGS =
      Stream.of("pplx-embed-v1-0.6b", "pplx-embed-v1-4b")
          .map(
              name ->
                  new ModelAlias(name, PERPLEXITY + "/" + name, false, Optional.empty(), List.of()))
          .toList();

  private final Mode mode;
  private final Map<String, ProviderSettings> providers;
  private final Map<String, ModelAlias> aliases;
  private final Optional<String> standard;
  private final List<String> names;
  private final Set<String> priced;

  /** The directory of this configuration. */
  public Directory(WeirConfig config) {
    this(config, List.of());
  }

  /**
   * The directory of this configuration.
   *
   * @param config providers, logical names and the default model
   * @param known the {@code provider/model} names that have a price, which are worth listing too;
   *     those of providers that are not configured are left out
   */
  public Directory(WeirConfig config, Collection<String> known) {
    mode = config.mode();
    providers = config.providers();
    standard = config.defaultModel();
    aliases = new LinkedHashMap<>();
    var perplexity = providers.get(PERPLEXITY);
    if (perplexity != null && perplexity.protocol() == Protocol.AGENT) {
      SONARS.forEach(alias -> aliases.put(alias.name(), alias));
      EMBEDDINGS.forEach(alias -> aliases.put(alias.name(), alias));
    }
    aliases.putAll(config.models());
    priced = Set.copyOf(known);
    names = List.copyOf(list(known));
  }

  @Override
  public Route route(String name, List<String> fallbacks) {
    if (mode == Mode.PROD && isSandbox(name)) {
      throw unknown(name);
    }
    return resolve(name, fallbacks);
  }

  @Override
  public Route routeFunction(String model, List<String> fallbacks) {
    return standard.map(one -> resolve(one, List.of())).orElseGet(() -> resolve(model, fallbacks));
  }

  @Override
  public boolean priced(String name) {
    return unpriced(name).isEmpty();
  }

  @Override
  public boolean pricedFunction(String model, List<String> fallbacks) {
    return standard
        .map(this::priced)
        .orElseGet(() -> ModelDirectory.super.pricedFunction(model, fallbacks));
  }

  /**
   * The {@code provider/model}s without a price that may answer a function; none of the sandbox.
   */
  public Set<String> unpricedOfFunction(String model, List<String> fallbacks) {
    var found = new TreeSet<String>();
    standard.ifPresentOrElse(
        one -> found.addAll(unpriced(one)),
        () -> {
          found.addAll(unpriced(model));
          fallbacks.forEach(fallback -> found.addAll(unpriced(fallback)));
        });
    found.removeIf(this::isSandbox);
    return found;
  }

  private Set<String> unpriced(String name) {
    var found = new TreeSet<String>();
    try {
      for (var target : expand(name, new LinkedHashSet<>())) {
        found.add(target.model().toString());
      }
    } catch (AIError _) {
      found.add(name); // unknown, and so without a price
    }
    found.removeAll(priced);
    return found;
  }

  @Override
  public List<String> names() {
    return names;
  }

  /**
   * What stands in the way of serving a function, for the error at start: empty if everything it
   * names can be asked. In prod a provider without its key is such a thing; in dev the sandbox
   * stands in.
   *
   * @param function the function's name, or whatever else asks for the model
   * @param model the model that it names, before {@code WEIR_DEFAULT_MODEL} replaces it
   * @param fallbacks the models after it
   * @return sentences that name the function, the model and the missing variable
   */
  public List<String> unusable(String function, String model, List<String> fallbacks) {
    var asked = new ArrayList<String>();
    standard.ifPresentOrElse(
        asked::add,
        () -> {
          asked.add(model);
          asked.addAll(fallbacks);
        });
    var found = new LinkedHashSet<String>();
    for (var name : asked) {
      try {
        expand(name, new LinkedHashSet<>()).stream()
            .filter(target -> !isServable(target))
            .forEach(target -> found.add(missingKey(function, name, target)));
      } catch (AIError error) {
        found.add("The function '" + function + "': " + error.message());
      }
    }
    return List.copyOf(found);
  }

  /**
   * What stands in the way of asking a function's model here, for the operator who wrote its file:
   * it is not known, or its provider has no key. Empty if it can be asked.
   */
  public Optional<String> problem(String model) {
    var name = standard.orElse(model);
    try {
      return expand(name, new LinkedHashSet<>()).stream()
          .limit(1)
          .filter(target -> !isServable(target))
          .map(target -> "is '" + name + "', but " + keyless(target))
          .findFirst();
    } catch (AIError unknown) {
      return Optional.of("is not known: " + unknown.message());
    }
  }

  private String missingKey(String function, String name, Target target) {
    return "The function '"
        + function
        + "' asks for the model '"
        + name
        + "', but "
        + keyless(target)
        + ".";
  }

  private String keyless(Target target) {
    var settings = provider(target.model().provider());
    return "its provider '"
        + settings.name()
        + "' has no key: set "
        + settings.keyVariable()
        + ", or WEIR_DEFAULT_MODEL to a model of another provider";
  }

  private Route resolve(String name, List<String> fallbacks) {
    var targets = new LinkedHashSet<Target>();
    var first = expand(name, new LinkedHashSet<>());
    if (first.isEmpty()) {
      throw unknown(name);
    }
    if (!isServable(first.getFirst())) {
      throw AIError.of(
          ErrorCode.PROVIDER_AUTH,
          "The provider of this model has no key here; an operator has to set it.");
    }
    targets.addAll(first);
    fallbacks.forEach(fallback -> targets.addAll(expand(fallback, new LinkedHashSet<>())));
    targets.removeIf(target -> !isServable(target));
    return new Route(name, List.copyOf(targets));
  }

  /** The targets of a name: its own, then its fallbacks', each logical name once. */
  private List<Target> expand(String name, Set<String> seen) {
    var alias = Optional.ofNullable(aliases.get(name)).or(() -> oldSlug(name));
    if (alias.isEmpty() || !seen.add(name)) {
      return alias.isEmpty() ? List.of(target(name, false, Optional.empty())) : List.of();
    }
    var targets = new ArrayList<Target>();
    var found = alias.get();
    if (aliases.containsKey(found.model()) && !found.model().equals(name)) {
      targets.addAll(expand(found.model(), seen));
    } else {
      targets.add(target(found.model(), found.search(), found.preset()));
    }
    found.fallbacks().forEach(fallback -> targets.addAll(expand(fallback, seen)));
    return targets;
  }

  /** {@code perplexity/sonar-pro} never was a slug of the Agent API, but callers write it. */
  private Optional<ModelAlias> oldSlug(String name) {
    return name.startsWith(PERPLEXITY + "/") && !name.equals(SONAR)
        ? Optional.ofNullable(aliases.get(name.substring(PERPLEXITY.length() + 1)))
            .filter(SONARS::contains)
        : Optional.empty();
  }

  private Target target(String name, boolean search, Optional<String> preset) {
    var model = ModelRef.parse(name).orElseThrow(() -> unknown(name));
    if (isSandboxed(model.provider())) {
      SandboxBehaviour.parse(model.name());
      return new Target(model, model.provider(), false, search, preset);
    }
    var settings = Optional.ofNullable(providers.get(model.provider()));
    var provider = settings.orElseThrow(() -> unknown(name));
    return provider.apiKey().isEmpty() && mode == Mode.DEV
        ? new Target(model, Upstreams.SANDBOX, true, search, preset)
        : new Target(model, provider.name(), false, search, preset);
  }

  private boolean isServable(Target target) {
    return isSandboxed(target.servedBy()) || provider(target.servedBy()).apiKey().isPresent();
  }

  private boolean isSandboxed(String provider) {
    return provider.equals(Upstreams.SANDBOX)
        || Optional.ofNullable(providers.get(provider))
            .filter(settings -> settings.protocol() == Protocol.SANDBOX)
            .isPresent();
  }

  private ProviderSettings provider(String name) {
    return Optional.ofNullable(providers.get(name)).orElseThrow(() -> unknown(name));
  }

  private boolean isSandbox(String name) {
    return !aliases.containsKey(name)
        && ModelRef.parse(name).filter(ref -> isSandboxed(ref.provider())).isPresent();
  }

  private AIError unknown(String name) {
    var near = Nearest.ranked(name, names, NEAREST);
    var hint = near.isEmpty() ? "" : "Did you mean " + String.join(", ", near) + "? ";
    return AIError.of(
            ErrorCode.NOT_FOUND,
            "There is no model of this name. "
                + hint
                + "GET /v1/models lists all; a model is provider/model or a logical name.")
        .with("nearest", near);
  }

  /** Every name that can be asked for now; those that would be refused are left out. */
  private Set<String> list(Collection<String> known) {
    Set<String> candidates = new TreeSet<>(aliases.keySet());
    for (var alias : aliases.values()) {
      candidates.add(alias.model());
      candidates.addAll(alias.fallbacks());
    }
    standard.ifPresent(candidates::add);
    candidates.addAll(known);
    if (mode == Mode.DEV) {
      SandboxBehaviour.examples().forEach(name -> candidates.add(Upstreams.SANDBOX + "/" + name));
    }
    candidates.removeIf(name -> !isAskable(name));
    return candidates;
  }

  private boolean isAskable(String name) {
    var model = Optional.ofNullable(aliases.get(name)).map(ModelAlias::model).orElse(name);
    return !(mode == Mode.PROD && isSandbox(name))
        && (aliases.containsKey(model)
            || ModelRef.parse(model).filter(ref -> isReachable(ref.provider())).isPresent());
  }

  private boolean isReachable(String provider) {
    return isSandboxed(provider)
        || Optional.ofNullable(providers.get(provider))
            .filter(settings -> mode == Mode.DEV || settings.apiKey().isPresent())
            .isPresent();
  }
}
