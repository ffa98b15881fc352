package dev.weir.config;

import com.google.re2j.Pattern;
import java.util.Optional;

/**
 * An address to listen on.
 *
 * @param host a name or address; {@code 0.0.0.0} for every one
 * @param port 0 to 65535; 0 takes a free one
 */
record Listen(String host, int port) {
  private static final Pattern SHAPE =
      Pattern.compile("(?:\\[([0-9A-Fa-f:.]+)]|([A-Za-z0-9._-]*)):([0-9]{1,5})");

  /** {@code 127.0.0.1:8080}, {@code [::1]:8080}, {@code :8080} (every address). */
  static Optional<Listen> parse(String text) {
    var match = SHAPE.matcher(text);
    if (!match.matches() || Integer.parseInt(match.group(3)) > 65_535) {
      return Optional.empty();
    }
    var v6 = Optional.ofNullable(match.group(1));
    var host = v6.or(() -> Optional.ofNullable(match.group(2))).orElse("");
    return Optional.of(
        new Listen(host.isEmpty() ? "0.0.0.0" : host, Integer.parseInt(match.group(3))));
  }

  /** Whether only this machine can reach it; judged by its writing, no name is looked up. */
  boolean loopback() {
    return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.[0-9]{1,3}){3}");
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
