package dev.weir.config;

import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.core.Secret;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The providers among the settings. */
final class ProviderReading {
  /** The sandbox is reached by no network, but every provider has an address. */
  static final URI NOWHERE = URI.create("sandbox:local");

  private static final String SANDBOX = "sandbox";
  private static final int CONNECTIONS = 256;
  private static final int WAITING = 512;
  private static final Duration CONNECT = Duration.ofSeconds(5);

  private final Reading reading;
  private final Mode mode;
  private final List<String> warnings;

  ProviderReading(Reading reading, Mode mode, List<String> warnings) {
    this.reading = reading;
    this.mode = mode;
    this.warnings = warnings;
  }

  /** The providers of these names, and the sandbox, which is always there. */
  Map<String, ProviderSettings> providers(Set<String> names) {
    var providers = new LinkedHashMap<String, ProviderSettings>();
    for (var name : names) {
      providers.put(name, provider(name));
    }
    providers.putIfAbsent(SANDBOX, sandbox());
    return providers;
  }

  private ProviderSettings provider(String name) {
    var key = "providers." + name + ".";
    if (reading.text(key + "protocol").isEmpty()) {
      reading.fault(key + "protocol", "is missing: agent, chat or sandbox");
    }
    var protocol = reading.choice(key + "protocol", Protocol.class, Protocol.SANDBOX);
    var base = protocol == Protocol.SANDBOX ? NOWHERE : baseUrl(key + "base_url");
    var apiKey = reading.secret(key + "api_key");
    warnOfClearText(name, base, apiKey);
    return new ProviderSettings(
        name,
        protocol,
        base,
        apiKey,
        EnvironmentSettings.vendorKey(name),
        reading.count(key + "connections", CONNECTIONS, 1, 100_000),
        reading.count(key + "waiting", WAITING, 0, 1_000_000),
        reading.duration(
            key + "connect_timeout", CONNECT, Duration.ofMillis(1), Duration.ofMinutes(5)));
  }

  /** An http address without user, query and fragment; it is not quoted, as it may hold a key. */
  private URI baseUrl(String key) {
    var text = reading.text(key);
    if (text.isEmpty()) {
      reading.fault(key, "is missing: where the provider's API is, as https://host/v1");
      return NOWHERE;
    }
    try {
      var url = new URI(text.get().replaceAll("/+$", ""));
      var scheme = String.valueOf(url.getScheme());
      if ((scheme.equals("https") || scheme.equals("http"))
          && url.getHost() != null
          && url.getRawUserInfo() == null
          && url.getRawQuery() == null
          && url.getRawFragment() == null) {
        return url;
      }
    } catch (URISyntaxException _) {
      // Said below.
    }
    reading.fault(key, "must be an address such as https://host/v1, without user, query or #");
    return NOWHERE;
  }

  private void warnOfClearText(String name, URI base, Optional<Secret> apiKey) {
    if (mode == Mode.PROD
        && apiKey.isPresent()
        && "http".equals(base.getScheme())
        && !new Listen(String.valueOf(base.getHost()), 0).loopback()) {
      warnings.add(
          "The key of provider "
              + name
              + " travels in clear text: its base_url is http, not https.");
    }
  }

  private static ProviderSettings sandbox() {
    return new ProviderSettings(
        SANDBOX,
        Protocol.SANDBOX,
        NOWHERE,
        Optional.empty(),
        EnvironmentSettings.vendorKey(SANDBOX),
        CONNECTIONS,
        WAITING,
        CONNECT);
  }
}
