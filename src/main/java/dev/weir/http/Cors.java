package dev.weir.http;

import dev.weir.config.Mode;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Which browsers' origins may call. Allowed are the configured ones, and in dev mode {@code
 * http://localhost} on any port; an entry may end in {@code :*} for any port, or be {@code *}.
 * Credentials (cookies) are never allowed, since keys travel in headers; so {@code *} is safe to
 * configure. Immutable.
 */
final class Cors {
  private static final String EXPOSED =
      "x-request-id, x-correlation-id, retry-after, retry-after-ms, x-should-retry, server-timing,"
          + " x-ratelimit-limit-requests, x-ratelimit-remaining-requests,"
          + " x-ratelimit-reset-requests, x-ratelimit-limit-tokens, x-ratelimit-remaining-tokens,"
          + " x-ratelimit-reset-tokens, x-ratelimit-limit-usd, x-ratelimit-remaining-usd,"
          + " x-ratelimit-reset-usd, x-ratelimit-policy, x-weir-cache, x-weir-cache-key,"
          + " x-weir-variant, x-weir-provider, x-weir-cost-usd, x-weir-warnings";
  private static final String USUAL_HEADERS =
      "authorization, content-type, x-api-key, x-weir-user, x-correlation-id, x-request-id,"
          + " x-weir-cache-control, x-weir-timeout-ms, x-weir-tags";
  private static final Pattern HEADER_NAMES =
      Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,2048}");

  private final boolean anyone;
  private final Set<String> exact = new HashSet<>();
  private final List<String> anyPort = new ArrayList<>();

  Cors(List<String> configured, Mode mode) {
    var origins = new ArrayList<>(configured);
    if (mode == Mode.DEV) {
      origins.add("http://localhost:*");
    }
    anyone = origins.remove("*");
    for (var origin : origins) {
      if (origin.endsWith(":*")) {
        anyPort.add(origin.substring(0, origin.length() - 2));
      } else {
        exact.add(origin);
      }
    }
  }

  /** Adds the headers that every reply carries. */
  void mark(MultiMap request, MultiMap reply) {
    var origin = request.get(HttpHeaders.ORIGIN);
    if (!anyone) {
      reply.set(HttpHeaders.VARY, "origin");
    }
    if (origin != null && (anyone || allows(origin))) {
      reply
          .set(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, anyone ? "*" : origin)
          .set(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
  }

  /** Adds the headers that answer a preflight request, to an origin that is allowed. */
  void markPreflight(MultiMap request, MultiMap reply, String methods) {
    if (reply.contains(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN)) {
      var wanted = request.get(HttpHeaders.ACCESS_CONTROL_REQUEST_HEADERS);
      reply
          .set(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, methods)
          .set(
              HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS,
              wanted != null && HEADER_NAMES.matcher(wanted).matches() ? wanted : USUAL_HEADERS)
          .set(HttpHeaders.ACCESS_CONTROL_MAX_AGE, "600");
    }
  }

  private boolean allows(String origin) {
    return exact.contains(origin)
        || anyPort.stream().anyMatch(prefix -> matchesOnSomePort(origin, prefix));
  }

  private static boolean matchesOnSomePort(String origin, String prefix) {
    if (!origin.startsWith(prefix)) {
      return false;
    }
    var rest = origin.substring(prefix.length());
    return rest.isEmpty()
        || (rest.length() > 1
            && rest.length() <= 6
            && rest.charAt(0) == ':'
            && rest.chars().skip(1).allMatch(c -> c >= '0' && c <= '9'));
  }
}
