package dev.weir.providers;

import dev.weir.config.ProviderSettings;
import dev.weir.gateway.Exchange;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.ext.web.client.WebClient;
import io.vertx.ext.web.client.WebClientOptions;
import io.vertx.ext.web.client.impl.HttpContext;
import io.vertx.ext.web.client.impl.WebClientInternal;
import java.util.concurrent.TimeUnit;

/**
 * The way to one provider: its connections, its bounds and its key, which goes to its base URL and
 * nowhere else. One per provider and verticle; confined to that verticle's event loop.
 *
 * <p>HTTP/1.1 on purpose: each call has a connection of its own, so a reader that rests holds back
 * its own bytes and nobody else's (the streams of an HTTP/2 connection share a window), and a reset
 * ends exactly one call.
 */
final class Transport {
  private static final int MAX_HEAD_BYTES = 32 << 10;
  private static final int KEEP_ALIVE_SECONDS = 30;

  private final Vertx vertx;
  private final HttpClient http;
  private final WebClient client;
  private final Gate gate;
  private final ProviderSettings settings;
  private final boolean tls;
  private final int port;

  Transport(Vertx vertx, ProviderSettings settings) {
    this.vertx = vertx;
    this.settings = settings;
    this.gate = new Gate(settings.connections(), settings.waiting());
    this.tls = "https".equals(settings.baseUrl().getScheme());
    this.port = settings.baseUrl().getPort() >= 0 ? settings.baseUrl().getPort() : tls ? 443 : 80;
    var options = options(settings);
    this.http =
        vertx.createHttpClient(
            options,
            // The gate bounds what arrives here; the short queue is for the moment in which a
            // closed connection still counts.
            new PoolOptions()
                .setHttp1MaxSize(settings.connections())
                .setMaxWaitQueueSize(settings.connections()));
    this.client = WebClient.wrap(http, options);
    ((WebClientInternal) client).addInterceptor(Transport::phase);
  }

  /**
   * Posts JSON to a path below the base URL. The call marks the attempt as sent, ends with the
   * exchange's cancellation, and tells {@code receiver} everything.
   */
  void post(String path, Buffer json, UpstreamCall call, Exchange x, boolean stream) {
    var target = String.valueOf(settings.baseUrl().getRawPath()) + path;
    var post = client.post(port, settings.baseUrl().getHost(), target).ssl(tls);
    post.putHeader(HttpHeaders.CONTENT_TYPE.toString(), "application/json");
    post.putHeader(
        HttpHeaders.ACCEPT.toString(), stream ? "text/event-stream" : "application/json");
    settings
        .apiKey()
        .ifPresent(
            key -> post.putHeader(HttpHeaders.AUTHORIZATION.toString(), "Bearer " + key.value()));
    call.send(x, gate, post, json);
  }

  /** The Vert.x it runs on. */
  Vertx vertx() {
    return vertx;
  }

  /** Closes every connection; calls under way fail, and those that wait are turned away. */
  Future<Void> close() {
    gate.close();
    return http.close();
  }

  private static void phase(HttpContext<?> context) {
    if (context.request().bodyCodec() instanceof UpstreamCall call) {
      call.phase(context);
    } else {
      context.next();
    }
  }

  private static WebClientOptions options(ProviderSettings settings) {
    var options = new WebClientOptions();
    options.setProtocolVersion(HttpVersion.HTTP_1_1);
    options.setUseAlpn(false);
    options.setConnectTimeout((int) settings.connectTimeout().toMillis());
    options.setSslHandshakeTimeout(settings.connectTimeout().toMillis());
    options.setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS);
    options.setKeepAliveTimeout(KEEP_ALIVE_SECONDS);
    options.setMaxHeaderSize(MAX_HEAD_BYTES);
    options.setTcpNoDelay(true);
    options.setVerifyHost(true);
    options.setTrustAll(false);
    options.setFollowRedirects(false);
    options.setUserAgent("Weir");
    return options;
  }
}
