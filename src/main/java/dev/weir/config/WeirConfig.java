package dev.weir.config;

import dev.weir.core.Secret;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Every setting of one process, validated. Immutable.
 *
 * @param mode dev or prod
 * @param http the public port
 * @param management the management port
 * @param database where the data lives
 * @param dataDir what this process keeps on disk
 * @param functionsDir the function files
 * @param pricesFile the price table
 * @param providers by name
 * @param models the logical names, by name
 * @param defaultModel replaces the model of every shipped function ({@code WEIR_DEFAULT_MODEL})
 * @param refusesGoneFields whether a chat caller that sends a field which Perplexity's Agent API no
 *     longer has is refused; else the field is dropped with a note
 * @param breaker the circuit breakers
 * @param retryBudget the bound on retries over all calls of a provider
 * @param output the bounds of what is made of models' answers
 * @param metering how long usage is kept
 * @param journal where usage survives a kill on its way to the database
 * @param limits how limits are applied
 * @param cache the response cache
 * @param alerts when spend is told to be out of the ordinary
 * @param pricing when our costs and the providers' own figures differ
 * @param drain the longest that a shutdown waits for calls under way
 * @param logging what is logged and how
 * @param cors which browsers' origins may call
 */
public record WeirConfig(
    Mode mode,
    HttpSettings http,
    ManagementSettings management,
    DatabaseSettings database,
    Path dataDir,
    Path functionsDir,
    Path pricesFile,
    Map<String, ProviderSettings> providers,
    Map<String, ModelAlias> models,
    Optional<String> defaultModel,
    boolean refusesGoneFields,
    BreakerSettings breaker,
    RetryBudgetSettings retryBudget,
    OutputSettings output,
    MeteringSettings metering,
    JournalSettings journal,
    LimitsSettings limits,
    CacheSettings cache,
    AlertSettings alerts,
    PricingSettings pricing,
    Duration drain,
    LoggingSettings logging,
    List<String> cors) {
  /** Copies the collections. */
  public WeirConfig {
    providers = Map.copyOf(providers);
    models = Map.copyOf(models);
    cors = List.copyOf(cors);
  }

  /** Every secret among the settings, for a log that masks them. */
  public List<Secret> secrets() {
    var secrets = new ArrayList<Secret>();
    database.url().ifPresent(secrets::add);
    database.directUrl().ifPresent(secrets::add);
    database.migrationUrl().ifPresent(secrets::add);
    management.metricsToken().ifPresent(secrets::add);
    management.adminKey().ifPresent(secrets::add);
    logging.userSalt().ifPresent(secrets::add);
    providers.values().forEach(provider -> provider.apiKey().ifPresent(secrets::add));
    return List.copyOf(secrets);
  }
}
