package dev.weir.http;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.config.HttpSettings;
import dev.weir.core.Json;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Authenticator;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.Credentials;
import dev.weir.gateway.Principal;
import dev.weir.gateway.VariantWish;
import dev.weir.wire.CacheControl;
import dev.weir.wire.CallTags;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import java.util.Map;
import java.util.Optional;

/** What every endpoint asks of a visitor first: who it is, and then what it brings. */
final class Reception {
  private static final VariantWish.Words WORDS =
      new VariantWish.Words("x-weir-variant", "x-weir-admin-key");

  private final Vertx vertx;
  private final HttpSettings settings;
  private final Authenticator authenticator;
  private final LargeWork work;

  Reception(Vertx vertx, HttpSettings settings, Authenticator authenticator, LargeWork work) {
    this.vertx = vertx;
    this.settings = settings;
    this.authenticator = authenticator;
    this.work = work;
  }

  /** Who it is. The body is not read before that is known, so strangers cannot fill our memory. */
  Future<Principal> identify(Visit visit) {
    if (!visit.request().isEnded()) {
      visit.request().pause();
    }
    return authenticator.authenticate(credentials(visit));
  }

  /** The JSON it brings; much of it is read beside the event loop. */
  Future<JsonNode> body(Visit visit) {
    return BodyReader.read(vertx, visit.request(), settings)
        .onFailure(_ -> closeIfBroken(visit))
        .compose(bytes -> work.of(bytes.length(), () -> Json.parse(bytes)));
  }

  /**
   * The labels of the call.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} that says what is wrong with them
   */
  static Map<String, String> tags(Visit visit) {
    return CallTags.ofHeaders(visit.headers().getAll("x-weir-tags"));
  }

  /**
   * The options with what the headers say about the cache.
   *
   * @throws dev.weir.core.AIError {@code INVALID_REQUEST} for what our own header does not know
   */
  static CallOptions caching(Visit visit, CallOptions options) {
    var headers = visit.headers();
    return CacheControl.apply(
        options, headers.getAll("cache-control"), headers.getAll(CacheControl.OWN));
  }

  /** Where the framing broke, nobody can tell where the next request would begin. */
  private static void closeIfBroken(Visit visit) {
    if (ConnectionGuard.bodyFault(visit.request().connection()).isPresent()) {
      visit.closeAfterwards();
    }
  }

  /**
   * The options with the arm of an experiment that an administrator wants to see ({@code
   * x-weir-variant: experiment/variant}), who shows the own key in {@code x-weir-admin-key}.
   *
   * @return {@code FORBIDDEN} without a good admin key
   */
  Future<CallOptions> arm(Visit visit, CallOptions options) {
    var headers = visit.headers();
    var admin = new Credentials(text(headers, WORDS.key()), Optional.empty(), remote(visit));
    return new VariantWish(text(headers, WORDS.variant()), admin, WORDS)
        .granted(authenticator, options);
  }

  private static Credentials credentials(Visit visit) {
    var headers = visit.headers();
    return new Credentials(Credentials.key(headers), text(headers, "x-weir-user"), remote(visit));
  }

  private static String remote(Visit visit) {
    return Optional.ofNullable(visit.request().remoteAddress())
        .map(address -> address.hostAddress())
        .orElse("unknown");
  }

  private static Optional<String> text(MultiMap headers, String name) {
    return Optional.ofNullable(headers.get(name)).map(String::strip).filter(t -> !t.isEmpty());
  }
}
