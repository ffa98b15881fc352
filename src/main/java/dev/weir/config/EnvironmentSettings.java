package dev.weir.config;

import dev.weir.core.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The environment's part of the settings. Variables that begin with {@code WEIR_} and are no
 * setting are faults, so that a slip of the pen is found at start and not in an incident; those
 * that Kubernetes makes for a service called {@code weir} are passed over with one warning.
 */
final class EnvironmentSettings {
  /** Read elsewhere: where the settings are, and what the command line and the tests want. */
  private static final Set<String> OTHERS = Set.of("WEIR_CONFIG", "WEIR_URL", "WEIR_KEY");

  private static final Pattern SERVICE_LINK =
      Pattern.compile(
          "WEIR_([A-Z0-9_]+_)?(SERVICE_HOST|SERVICE_PORT(_[A-Z0-9_]+)?"
              + "|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");
  private static final Pattern SERVICE_ADDRESS = Pattern.compile("(tcp|udp|sctp)://.*");

  private final Map<String, Given> values = new LinkedHashMap<>();
  private final List<String> links = new ArrayList<>();

  private EnvironmentSettings() {}

  /** Reads the environment for these names of providers and models. */
  static EnvironmentSettings read(
      Map<String, String> environment,
      Set<String> providers,
      Set<String> models,
      List<ConfigFault> faults) {
    var settings = new EnvironmentSettings();
    var names = variables(providers, models);
    for (var entry : new TreeMap<>(environment).entrySet()) {
      var name = entry.getKey();
      var value = entry.getValue();
      if (names.containsKey(name)) {
        settings.put(names.get(name), name, value);
      } else if (name.startsWith("WEIR_") && !OTHERS.contains(name) && !isOfTests(name)) {
        if (isServiceLink(name, value)) {
          settings.links.add(name);
        } else {
          faults.add(unknown(name, names.keySet()));
        }
      }
    }
    settings.putVendorVariables(environment, providers);
    return settings;
  }

  /** What the environment says, by key. */
  Map<String, Given> values() {
    return values;
  }

  /** The variables that look as if Kubernetes had made them. */
  List<String> serviceLinks() {
    return links;
  }

  /** The name under which a provider's key is known to everybody, as {@code OPENAI_API_KEY}. */
  static String vendorKey(String provider) {
    return Setting.capitals(provider) + "_API_KEY";
  }

  /** Every variable of Weir's own, with its key. */
  private static Map<String, String> variables(Set<String> providers, Set<String> models) {
    var names = new LinkedHashMap<String, String>();
    for (var setting : Setting.ALL) {
      for (var key : setting.keys(providers, models)) {
        names.put(Setting.variable(key), key);
      }
    }
    return names;
  }

  private void put(String key, String name, String value) {
    if (!value.isBlank()) {
      values.put(key, new Given(List.of(value.strip()), "environment", 0, name));
    }
  }

  /** {@code OPENAI_API_KEY} and the like, where Weir's own, longer name is not set. */
  private void putVendorVariables(Map<String, String> environment, Set<String> providers) {
    for (var provider : providers) {
      var key = "providers." + provider + ".api_key";
      var name = vendorKey(provider);
      if (!values.containsKey(key) && !values.containsKey(key + "_file")) {
        put(key, name, environment.getOrDefault(name, ""));
        put(key + "_file", name + "_FILE", environment.getOrDefault(name + "_FILE", ""));
      }
      var base = "providers." + provider + ".base_url";
      var baseName = Setting.capitals(provider) + "_BASE_URL";
      if (!values.containsKey(base)) {
        put(base, baseName, environment.getOrDefault(baseName, ""));
      }
    }
  }

  private static boolean isOfTests(String name) {
    return name.startsWith("WEIR_TEST_");
  }

  private static boolean isServiceLink(String name, String value) {
    return SERVICE_LINK.matcher(name).matches()
        || (name.endsWith("_PORT") && SERVICE_ADDRESS.matcher(value).matches());
  }

  private static ConfigFault unknown(String name, Set<String> names) {
    var hint = Nearest.suggestion(name, names);
    return new ConfigFault(
        "environment",
        0,
        name,
        "is not a setting" + (hint.isEmpty() ? "; docs/settings.md lists them all" : hint));
  }
}
