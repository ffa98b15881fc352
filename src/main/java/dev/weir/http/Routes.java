package dev.weir.http;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.wire.Envelope;
import io.vertx.core.http.HttpMethod;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Finds the endpoint of a path and verb. A path is matched byte for byte: no case folding, no
 * trailing slash, no dot segments. Filled once, then read by its event loop.
 */
final class Routes {
  private static final List<String> OPENAI_PATHS =
      List.of("/v1/chat/", "/v1/models", "/v1/embeddings", "/v1/responses", "/v1/completions");

  private final Map<String, Route> exact = new HashMap<>();
  private final List<Route> prefixed = new ArrayList<>();

  private record Route(
      String template, String prefix, boolean deep, Map<HttpMethod, Endpoint> verbs) {}

  /**
   * Adds an endpoint.
   *
   * @param template the path; it may end in a variable: {@code {name}} stands for one segment,
   *     {@code {name...}} for one or more
   */
  Routes add(HttpMethod verb, String template, Endpoint endpoint) {
    var brace = template.indexOf('{');
    var route =
        brace < 0
            ? exact.computeIfAbsent(template, t -> new Route(t, t, false, new HashMap<>()))
            : variable(template, template.substring(0, brace));
    route.verbs().put(verb, endpoint);
    return this;
  }

  /**
   * Hands a request to its endpoint.
   *
   * @throws AIError {@code NOT_FOUND} or {@code METHOD_NOT_ALLOWED}
   */
  void dispatch(Visit visit, String path) {
    var route = find(path);
    visit.at(route.template(), envelope(path));
    var endpoint = route.verbs().get(effective(visit.request().method()));
    if (endpoint == null) {
      visit.response().putHeader("allow", allowed(route));
      throw AIError.of(
          ErrorCode.METHOD_NOT_ALLOWED,
          "This path does not take this method; it takes " + allowed(route) + ".");
    }
    endpoint.visit(visit, decode(path.substring(route.prefix().length())));
  }

  /** The verbs of a path, for preflight requests; empty if there is none of that path. */
  String allowed(String path) {
    try {
      return allowed(find(path));
    } catch (AIError _) {
      return "";
    }
  }

  private Route variable(String template, String prefix) {
    return prefixed.stream()
        .filter(route -> route.template().equals(template))
        .findFirst()
        .orElseGet(
            () -> {
              var route = new Route(template, prefix, template.endsWith("...}"), new HashMap<>());
              prefixed.add(route);
              return route;
            });
  }

  private Route find(String path) {
    var route = exact.get(path);
    if (route != null) {
      return route;
    }
    return prefixed.stream()
        .filter(r -> path.startsWith(r.prefix()) && path.length() > r.prefix().length())
        .filter(r -> r.deep() || path.indexOf('/', r.prefix().length()) < 0)
        .findFirst()
        .orElseThrow(
            () ->
                AIError.of(
                    ErrorCode.NOT_FOUND,
                    "There is no such endpoint; GET /openapi.json describes those there are."));
  }

  private static String allowed(Route route) {
    var verbs = new TreeSet<String>();
    route.verbs().keySet().forEach(verb -> verbs.add(verb.name()));
    if (verbs.contains("GET")) {
      verbs.add("HEAD");
    }
    verbs.add("OPTIONS");
    return String.join(", ", verbs);
  }

  private static HttpMethod effective(HttpMethod method) {
    return method.equals(HttpMethod.HEAD) ? HttpMethod.GET : method;
  }

  /** How the surface of a path writes errors, also where there is no endpoint. */
  static Envelope envelope(String path) {
    return OPENAI_PATHS.stream().anyMatch(path::startsWith) ? Envelope.OPENAI : Envelope.FUNCTIONS;
  }

  private static String decode(String segment) {
    if (segment.indexOf('%') < 0) {
      return segment;
    }
    try {
      return URLDecoder.decode(segment.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw AIError.invalid("The path holds a broken percent escape.").causedBy(e);
    }
  }
}
