package dev.weir.config;

import java.math.BigDecimal;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the settings: {@code conf/weir.yaml} (or the file that {@code WEIR_CONFIG} names), then the
 * environment over it. All faults are found in one go, each with file, line, key and reason; a
 * reload is a second load whose result replaces the first only if it is accepted.
 *
 * <p>Blocking (it reads files); called at start, by {@code weir check} and by a reload, never on an
 * event loop. Immutable.
 */
public final class ConfigLoader {
  private static final String FILE = "conf/weir.yaml";
  private static final Duration DRAIN = Duration.ofSeconds(20);
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration TEN_MILLIS = Duration.ofMillis(10);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final BigDecimal CENT = new BigDecimal("0.01");
  private static final BigDecimal MOST_USD = new BigDecimal(1_000_000);

  private enum Format {
    JSON,
    PRETTY
  }

  private enum CacheMode {
    ON,
    OFF
  }

  private enum GoneFields {
    DROP,
    REFUSE
  }

  private enum Level {
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  private final Map<String, String> environment;
  private final boolean terminal;

  /**
   * A loader.
   *
   * @param environment the environment variables
   * @param terminal whether somebody watches standard output: dev mode then logs pretty lines
   */
  public ConfigLoader(Map<String, String> environment, boolean terminal) {
    this.environment = Map.copyOf(environment);
    this.terminal = terminal;
  }

  /** The loader of this process. */
  public static ConfigLoader ofProcess() {
    return new ConfigLoader(System.getenv(), Terminal.attached());
  }

  /** The settings file, whether or not it exists. */
  public Path file() {
    var named = environment.getOrDefault("WEIR_CONFIG", "").strip();
    return Path.of(named.isEmpty() ? FILE : named);
  }

  /** Reads and judges everything. Never throws: an unreadable file is a fault like any other. */
  public Loaded load() {
    var faults = new ArrayList<ConfigFault>();
    var warnings = new ArrayList<String>();
    var yaml = YamlSettings.read(file(), faults);
    var env = EnvironmentSettings.read(environment, yaml.providers(), yaml.models(), faults);
    var reading = new Reading(env.values(), yaml, faults);
    if (!env.serviceLinks().isEmpty()) {
      warnings.add(
          "Ignored variables that Kubernetes makes for a service called weir ("
              + String.join(", ", env.serviceLinks())
              + "); enableServiceLinks: false in the pod turns them off.");
    }
    var config = new Judgement(reading, yaml, warnings).config();
    return faults.isEmpty()
        ? new Loaded.Accepted(config, warnings)
        : new Loaded.Refused(faults.stream().distinct().toList());
  }

  /** One load under way. */
  private final class Judgement {
    private final Reading reading;
    private final YamlSettings yaml;
    private final List<String> warnings;
    private final Mode mode;
    private final boolean devPublic;

    Judgement(Reading reading, YamlSettings yaml, List<String> warnings) {
      this.reading = reading;
      this.yaml = yaml;
      this.warnings = warnings;
      this.mode = reading.choice("mode", Mode.class, Mode.PROD);
      this.devPublic = reading.flag("dev.public", false);
    }

    WeirConfig config() {
      var http = http();
      var management = management(http);
      var providers = new ProviderReading(reading, mode, warnings).providers(yaml.providers());
      var models = new ModelReading(reading, providers.keySet());
      warnOfAnthropic(providers.keySet());
      return new WeirConfig(
          mode,
          http,
          management,
          new DatabaseReading(reading, mode).database(),
          path("data_dir", "data"),
          path("functions_dir", "conf/functions"),
          path("prices_file", "conf/prices.yaml"),
          providers,
          models.models(yaml.models()),
          models.defaultModel(yaml.models()),
          reading.choice("gone_fields", GoneFields.class, GoneFields.DROP) == GoneFields.REFUSE,
          breaker(),
          retryBudget(),
          output(),
          metering(),
          journal(),
          limits(),
          cache(),
          alerts(),
          pricing(),
          reading.duration("drain", DRAIN, Duration.ZERO, HOUR),
          logging(),
          new Origins(reading).origins(mode));
    }

    private HttpSettings http() {
      var standard = HttpSettings.DEFAULT;
      var listen = listen("http.listen", standard.port());
      return new HttpSettings(
          listen.host(),
          listen.port(),
          reading.size("http.max_body", standard.maxBodyBytes(), 1 << 10, 1 << 30),
          reading.size("http.max_headers", standard.maxHeaderBytes(), 1 << 10, 1 << 20),
          reading.duration("http.header_timeout", standard.headerTimeout(), MILLISECOND, HOUR),
          reading.duration("http.body_timeout", standard.bodyTimeout(), MILLISECOND, HOUR),
          reading.duration("http.idle_timeout", standard.idleTimeout(), MILLISECOND, HOUR),
          reading.count("http.max_connections", standard.maxConnections(), 1, 1_000_000));
    }

    private ManagementSettings management(HttpSettings http) {
      var listen = listen("management.listen", ManagementSettings.DEFAULT.port());
      if (listen.port() != 0 && listen.port() == http.port()) {
        reading.fault(
            "management.listen",
            "is the port of http.listen as well (" + listen.port() + "); give each its own");
      }
      return new ManagementSettings(
          listen.host(),
          listen.port(),
          reading.secret("management.metrics_token"),
          reading.secret("admin_key"));
    }

    private Listen listen(String key, int port) {
      var standard = new Listen(mode == Mode.DEV ? "127.0.0.1" : "0.0.0.0", port);
      var text = reading.text(key);
      var listen = text.map(Listen::parse).orElse(Optional.of(standard));
      if (listen.isEmpty()) {
        reading.fault(
            key,
            "must be host:port such as 127.0.0.1:8080 or [::1]:8080, not \""
                + text.orElse("")
                + "\"");
        return standard;
      }
      var address = listen.get();
      if (mode == Mode.DEV && !address.loopback()) {
        if (devPublic) {
          warnings.add(
              "Dev mode listens on "
                  + address
                  + " for "
                  + key
                  + ": whoever reaches this machine can try its demo key.");
        } else {
          reading.fault(
              key,
              "must be a loopback address in dev mode; WEIR_DEV_PUBLIC=true allows "
                  + address.host());
        }
      }
      return address;
    }

    private BreakerSettings breaker() {
      var standard = BreakerSettings.DEFAULT;
      return new BreakerSettings(
          reading.count("breaker.failures", standard.failures(), 1, 100_000),
          reading.duration("breaker.window", standard.window(), MILLISECOND, HOUR),
          reading.duration("breaker.reset", standard.reset(), MILLISECOND, HOUR),
          reading.count("breaker.successes", standard.successes(), 1, 1000));
    }

    private RetryBudgetSettings retryBudget() {
      var standard = RetryBudgetSettings.DEFAULT;
      return new RetryBudgetSettings(
          reading.count("retry_budget.percent", standard.percent(), 0, 100),
          reading.count("retry_budget.floor", standard.floor(), 0, 100_000),
          reading.duration("retry_budget.window", standard.window(), MILLISECOND, HOUR));
    }

    private OutputSettings output() {
      var standard = OutputSettings.DEFAULT;
      return new OutputSettings(
          reading.count("output.max_chars", standard.maxChars(), 1000, 8 << 20),
          reading.count("output.shown_repairs", standard.shownRepairs(), 0, 1000),
          reading.duration(
              "output.partial_interval", standard.partialInterval(), MILLISECOND, HOUR),
          reading.count("output.partial_max_chars", standard.partialMaxChars(), 0, 1 << 20));
    }

    private MeteringSettings metering() {
      return new MeteringSettings(
          reading.count(
              "metering.retention_months", MeteringSettings.DEFAULT.retentionMonths(), 0, 1200));
    }

    private JournalSettings journal() {
      return new JournalSettings(
          path("journal.dir", path("data_dir", "data").resolve("journal").toString()),
          reading.size(
              "journal.max_size", JournalSettings.STANDARD_BYTES, 1 << 20, Integer.MAX_VALUE),
          reading.choice(
              "journal.durability",
              JournalSettings.Durability.class,
              JournalSettings.Durability.PROCESS));
    }

    private LimitsSettings limits() {
      var standard = LimitsSettings.DEFAULT;
      var overload = OverloadSettings.DEFAULT;
      return new LimitsSettings(
          reading.choice("limits.mode", LimitsSettings.Mode.class, standard.mode()),
          reading.flag("limits.adaptive_concurrency", standard.adaptiveConcurrency()),
          new OverloadSettings(
              reading.count("limits.overload.max_calls", overload.maxCalls(), 1, 1_000_000),
              reading.duration("limits.overload.max_lag", overload.maxLag(), TEN_MILLIS, HOUR),
              reading.count(
                  "limits.overload.max_memory_percent", overload.maxMemoryPercent(), 10, 100),
              reading.list("limits.overload.order", overload.order())));
    }

    private CacheSettings cache() {
      var standard = CacheSettings.DEFAULT;
      return new CacheSettings(
          reading.choice("cache.mode", CacheMode.class, CacheMode.ON) == CacheMode.ON,
          reading.size("cache.max_size", standard.maxBytes(), 1 << 20, Integer.MAX_VALUE),
          reading.size("cache.max_entry", standard.maxEntryBytes(), 1 << 10, 64 << 20),
          reading.duration("cache.patience", standard.patience(), MILLISECOND, HOUR),
          reading.amount(
              "cache.warm_up_usd_per_day", standard.warmUpUsdPerDay(), BigDecimal.ZERO, MOST_USD),
          reading.duration("cache.warm_up_every", standard.warmUpEvery(), TEN_MILLIS, HOUR),
          reading.count("cache.warm_up_concurrency", standard.warmUpConcurrency(), 1, 100),
          reading.text("cache.embedding_model"));
    }

    private AlertSettings alerts() {
      var standard = AlertSettings.DEFAULT;
      return new AlertSettings(
          reading.flag("alerts.anomaly.enabled", standard.anomaly()),
          reading.count(
              "alerts.anomaly.false_alarms_per_week", standard.falseAlarmsPerWeek(), 1, 1000),
          reading.amount("alerts.anomaly.min_jump_usd", standard.minimumJumpUsd(), CENT, MOST_USD));
    }

    private PricingSettings pricing() {
      var standard = PricingSettings.DEFAULT;
      return new PricingSettings(
          reading.amount(
              "pricing.tolerance_percent",
              standard.tolerancePercent(),
              BigDecimal.ZERO,
              BigDecimal.valueOf(100)),
          reading.amount(
              "pricing.tolerance_usd", standard.toleranceUsd(), BigDecimal.ZERO, MOST_USD));
    }

    private LoggingSettings logging() {
      var format = mode == Mode.DEV && terminal ? Format.PRETTY : Format.JSON;
      return new LoggingSettings(
          reading.choice("logging.level", Level.class, Level.INFO).name(),
          reading.choice("logging.format", Format.class, format) == Format.JSON,
          reading.secret("logging.user_salt"));
    }

    private Path path(String key, String standard) {
      try {
        return Path.of(reading.text(key, standard));
      } catch (InvalidPathException e) {
        reading.fault(key, "is not a path: " + e.getReason());
        return Path.of(standard);
      }
    }

    private void warnOfAnthropic(Set<String> providers) {
      if (environment.containsKey("ANTHROPIC_API_KEY") && !providers.contains("anthropic")) {
        warnings.add(
            "ANTHROPIC_API_KEY is set, but no provider called anthropic is configured; it is not"
                + " used.");
      }
    }
  }
}
