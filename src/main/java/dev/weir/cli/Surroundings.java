package dev.weir.cli;

import dev.weir.access.DevKeys;
import dev.weir.config.ConfigLoader;
import dev.weir.config.Loaded;
import dev.weir.config.WeirConfig;
import dev.weir.core.Secret;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the service is and which keys go with it: what the environment says, else what the settings
 * of this directory say, else the defaults.
 *
 * <p>One {@code WEIR_URL} does for both ports: where it names the default port of the other one,
 * the right one takes its place.
 */
final class Surroundings {
  private static final int CALLS = 8080;
  private static final int MANAGEMENT = 8081;

  private final World world;
  private final Optional<WeirConfig> settings;

  Surroundings(World world) {
    this.world = world;
    this.settings =
        new ConfigLoader(world.environment(), false).load() instanceof Loaded.Accepted accepted
            ? Optional.of(accepted.config())
            : Optional.empty();
  }

  /** Where calls go. */
  URI calls(Optional<String> option) {
    return option
        .map(Surroundings::uri)
        .or(
            () ->
                variable("WEIR_URL").map(Surroundings::uri).map(u -> swapped(u, MANAGEMENT, CALLS)))
        .orElseGet(
            () ->
                settings
                    .map(s -> local(s.http().host(), s.http().port()))
                    .orElseGet(() -> local("127.0.0.1", CALLS)));
  }

  /** Where the management API is. */
  URI management(Optional<String> option) {
    return option
        .map(Surroundings::uri)
        .or(
            () ->
                variable("WEIR_URL").map(Surroundings::uri).map(u -> swapped(u, CALLS, MANAGEMENT)))
        .orElseGet(
            () ->
                settings
                    .map(s -> local(s.management().host(), s.management().port()))
                    .orElseGet(() -> local("127.0.0.1", MANAGEMENT)));
  }

  /** The key for calls: {@code WEIR_KEY}, or dev mode's. */
  Optional<Secret> callKey() {
    return variable("WEIR_KEY")
        .map(Secret::new)
        .or(() -> devKeys().map(keys -> new Secret(keys.demo().reveal())));
  }

  /** The admin key: {@code WEIR_ADMIN_KEY}, its file, or dev mode's. */
  Optional<Secret> adminKey() {
    return secret("WEIR_ADMIN_KEY")
        .or(() -> devKeys().map(keys -> new Secret(keys.admin().reveal())));
  }

  /** The database, where there is one of its own. */
  Optional<Secret> databaseUrl() {
    return secret("WEIR_DATABASE_URL").or(() -> settings.flatMap(s -> s.database().url()));
  }

  private Optional<DevKeys> devKeys() {
    var data =
        settings
            .map(WeirConfig::dataDir)
            .or(() -> variable("WEIR_DATA_DIR").map(Path::of))
            .orElse(Path.of("data"));
    return DevKeys.find(world.directory().resolve(data));
  }

  private Optional<Secret> secret(String name) {
    return variable(name)
        .or(() -> variable(name + "_FILE").map(file -> read(name + "_FILE", file)))
        .map(Secret::new);
  }

  private String read(String name, String file) {
    try {
      return Files.readString(world.directory().resolve(file)).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("The file that " + name + " names cannot be read: " + file, e);
    }
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(world.environment().get(name))
        .map(String::strip)
        .filter(value -> !value.isEmpty());
  }

  /** An address to listen on, as one to call: "every address" is reached by loopback. */
  private static URI local(String host, int port) {
    var callable = host.equals("0.0.0.0") || host.equals("::") ? "127.0.0.1" : host;
    return URI.create(
        "http://" + (callable.indexOf(':') >= 0 ? "[" + callable + "]" : callable) + ":" + port);
  }

  private static URI swapped(URI uri, int from, int to) {
    return uri.getPort() == from
        ? URI.create(uri.toString().replaceFirst(":" + from + "(?=/|$)", ":" + to))
        : uri;
  }

  private static URI uri(String text) {
    var trimmed = text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
    try {
      var uri = URI.create(trimmed);
      if (uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (IllegalArgumentException _) {
      // said below
    }
    throw new CommandFailure(
        ExitCode.USAGE, "This is no address of a service: " + text + ". Write http://host:port.");
  }
}
