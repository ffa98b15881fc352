package dev.weir.providers;

import dev.weir.config.ProviderSettings;
import dev.weir.config.WeirConfig;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.Target;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The providers of one verticle, each with connections of its own. Made and closed on the
 * verticle's event loop, and confined to it.
 */
public final class Upstreams {
  /** The name of the built-in sandbox. */
  static final String SANDBOX = "sandbox";

  private final Map<String, Provider> providers = new HashMap<>();
  private final List<Transport> transports = new ArrayList<>();

  /** The providers of {@code config}; fields that are gone are left out with a warning. */
  public Upstreams(Vertx vertx, WeirConfig config, Clock clock) {
    this(vertx, config, clock, GoneFields.DROP);
  }

  /**
   * The providers of {@code config}; nothing is connected before the first call.
   *
   * @param vertx the verticle's Vert.x
   * @param config names, addresses and keys
   * @param clock for waits that providers give as moments
   * @param gone what becomes of a chat caller's fields that the Agent API no longer has
   */
  public Upstreams(Vertx vertx, WeirConfig config, Clock clock, GoneFields gone) {
    var refusals = new Refusals(clock);
    providers.put(SANDBOX, new Sandbox(vertx));
    for (var settings : config.providers().values()) {
      providers.put(
          settings.name(),
          switch (settings.protocol()) {
            case AGENT -> new PerplexityAgent(open(vertx, settings), refusals, gone);
            case CHAT -> new OpenAiChat(open(vertx, settings), refusals, settings);
            case SANDBOX -> new Sandbox(vertx);
          });
    }
  }

  /** The provider that serves this target. */
  Provider serving(Target target) {
    var provider = providers.get(target.servedBy());
    if (provider == null) {
      throw AIError.of(
          ErrorCode.NOT_FOUND, "There is no provider '" + target.servedBy() + "' on this node.");
    }
    return provider;
  }

  /** Closes every connection; calls under way fail. Harmless when done twice. */
  public Future<Void> close() {
    var closing = transports.stream().map(Transport::close).toList();
    transports.clear();
    return Future.join(closing).mapEmpty();
  }

  private Transport open(Vertx vertx, ProviderSettings settings) {
    var transport = new Transport(vertx, settings);
    transports.add(transport);
    return transport;
  }
}
