package dev.weir.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One setting that Weir knows. The list of them is the grammar of {@code conf/weir.yaml}, of the
 * environment and of docs/settings.md.
 *
 * @param key its path in the file; {@value #NAME} stands for a name that the operator chose
 * @param shape what may stand there
 */
record Setting(String key, Shape shape) {
  /** The segment that an operator names. */
  static final String NAME = "<name>";

  /** What may stand under a key. */
  enum Shape {
    /** One value. */
    PLAIN,
    /** One value that is never printed, or under the key with {@code _file} the file it is in. */
    SECRET,
    /** A list; in the environment separated by commas. */
    LIST
  }

  /** Every setting, in the order of the documentation. */
  static final List<Setting> ALL =
      List.of(
          plain("mode"),
          plain("http.listen"),
          plain("http.max_body"),
          plain("http.max_headers"),
          plain("http.header_timeout"),
          plain("http.body_timeout"),
          plain("http.idle_timeout"),
          plain("http.max_connections"),
          list("cors.origins"),
          plain("management.listen"),
          secret("management.metrics_token"),
          secret("admin_key"),
          plain("dev.public"),
          secret("database.url"),
          secret("database.direct_url"),
          secret("database.migration_url"),
          plain("database.embedded"),
          plain("database.pool_size"),
          plain("data_dir"),
          plain("functions_dir"),
          plain("prices_file"),
          plain("default_model"),
          plain("providers.<name>.protocol"),
          plain("providers.<name>.base_url"),
          secret("providers.<name>.api_key"),
          plain("providers.<name>.connections"),
          plain("providers.<name>.waiting"),
          plain("providers.<name>.connect_timeout"),
          plain("models.<name>.model"),
          plain("models.<name>.search"),
          plain("models.<name>.preset"),
          list("models.<name>.fallbacks"),
          plain("models.<name>.max_cost_usd"),
          plain("gone_fields"),
          plain("breaker.failures"),
          plain("breaker.window"),
          plain("breaker.reset"),
          plain("breaker.successes"),
          plain("retry_budget.percent"),
          plain("retry_budget.floor"),
          plain("retry_budget.window"),
          plain("output.max_chars"),
          plain("output.shown_repairs"),
          plain("output.partial_interval"),
          plain("output.partial_max_chars"),
          plain("limits.mode"),
          plain("limits.adaptive_concurrency"),
          plain("limits.overload.max_calls"),
          plain("limits.overload.max_lag"),
          plain("limits.overload.max_memory_percent"),
          list("limits.overload.order"),
          plain("cache.mode"),
          plain("cache.max_size"),
          plain("cache.max_entry"),
          plain("cache.patience"),
          plain("cache.warm_up_usd_per_day"),
          plain("cache.warm_up_every"),
          plain("cache.warm_up_concurrency"),
          plain("cache.embedding_model"),
          plain("metering.retention_months"),
          plain("journal.dir"),
          plain("journal.max_size"),
          plain("journal.durability"),
          plain("alerts.anomaly.enabled"),
          plain("alerts.anomaly.false_alarms_per_week"),
          plain("alerts.anomaly.min_jump_usd"),
          plain("pricing.tolerance_percent"),
          plain("pricing.tolerance_usd"),
          plain("drain"),
          plain("logging.level"),
          plain("logging.format"),
          secret("logging.user_salt"));

  private static Setting plain(String key) {
    return new Setting(key, Shape.PLAIN);
  }

  private static Setting secret(String key) {
    return new Setting(key, Shape.SECRET);
  }

  private static Setting list(String key) {
    return new Setting(key, Shape.LIST);
  }

  /** The environment variable of a key: {@code http.listen} is {@code WEIR_HTTP_LISTEN}. */
  static String variable(String key) {
    return "WEIR_" + capitals(key);
  }

  /** A name as it stands in an environment variable. */
  static String capitals(String name) {
    return name.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_");
  }

  /** The segments that may follow a path of the grammar; empty below a setting. */
  static Set<String> after(String path) {
    var prefix = path.isEmpty() ? "" : path + ".";
    var next = new LinkedHashSet<String>();
    for (var setting : ALL) {
      for (var key : setting.forms()) {
        if (key.startsWith(prefix)) {
          next.add(key.substring(prefix.length()).split("\\.", 2)[0]);
        }
      }
    }
    return next;
  }

  /** Whether a path of the grammar holds a value; {@code _file} forms do. */
  static boolean holdsValue(String path) {
    return ALL.stream().anyMatch(s -> s.forms().contains(path));
  }

  /** Whether a list may stand at a path of the grammar. */
  static boolean holdsList(String path) {
    return ALL.stream().anyMatch(s -> s.shape == Shape.LIST && s.key.equals(path));
  }

  /** The keys of this setting once the operator's names are filled in, {@code _file} included. */
  List<String> keys(Set<String> providers, Set<String> models) {
    var names =
        key.startsWith("providers.") ? providers : key.startsWith("models.") ? models : Set.of("");
    var keys = new ArrayList<String>();
    for (var name : names) {
      forms().forEach(form -> keys.add(form.replace(NAME, name)));
    }
    return keys;
  }

  private List<String> forms() {
    return shape == Shape.SECRET ? List.of(key, key + "_file") : List.of(key);
  }
}
