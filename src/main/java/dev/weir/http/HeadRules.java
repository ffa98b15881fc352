package dev.weir.http;

import dev.weir.core.AIError;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.Locale;

/** What a request's head must keep to before anything else is read of it. */
final class HeadRules {
  private HeadRules() {}

  /**
   * The path that a request asks for.
   *
   * @throws AIError {@code INVALID_REQUEST} for a missing or second Host, a target that is no path
   *     or names another host, or a transfer encoding other than chunked
   */
  static String check(HttpServerRequest request) {
    var hosts = request.headers().getAll(HttpHeaders.HOST);
    if (hosts.size() > 1) {
      throw AIError.invalid("The request has more than one Host header; send one.");
    }
    if (hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1) {
      throw AIError.invalid("The request has no Host header; HTTP/1.1 needs one.");
    }
    var encodings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
    if (!encodings.isEmpty()
        && (encodings.size() > 1 || !encodings.getFirst().strip().equalsIgnoreCase("chunked"))) {
      throw AIError.invalid("The only transfer encoding that is read is chunked.");
    }
    return path(request, hosts.isEmpty() ? "" : hosts.getFirst());
  }

  private static String path(HttpServerRequest request, String host) {
    var target = request.uri();
    if (target.startsWith("/")) {
      return withoutQuery(target);
    }
    if (target.equals("*") && request.method().equals(HttpMethod.OPTIONS)) {
      return target;
    }
    var lower = target.toLowerCase(Locale.ROOT);
    var scheme = lower.startsWith("http://") ? 7 : lower.startsWith("https://") ? 8 : 0;
    if (scheme == 0) {
      throw AIError.invalid("The request's target must be a path that begins with a slash.");
    }
    var slash = target.indexOf('/', scheme);
    var authority = slash < 0 ? target.substring(scheme) : target.substring(scheme, slash);
    if (!authority.equalsIgnoreCase(host)) {
      throw AIError.invalid("The request's target names another host than its Host header.");
    }
    return slash < 0 ? "/" : withoutQuery(target.substring(slash));
  }

  private static String withoutQuery(String target) {
    for (var i = 0; i < target.length(); i++) {
      var c = target.charAt(i);
      if (c == '?' || c == '#') {
        return target.substring(0, i);
      }
    }
    return target;
  }
}
