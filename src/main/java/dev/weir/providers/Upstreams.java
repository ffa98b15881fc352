package dev.weir.providers;

import dev.weir.config.ProviderSettings;
import dev.weir.config.ProviderSettings.Protocol;
import dev.weir.config.WeirConfig;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.LargeWork;
import dev.weir.gateway.Ask;
import dev.weir.gateway.EmbeddingInput;
import dev.weir.gateway.Target;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The providers of one verticle, each with connections of its own. Made and closed on the
 * verticle's event loop, and confined to it.
 */
public final class Upstreams {
  /** The name of the built-in sandbox. */
  static final String SANDBOX = "sandbox";

  private final Map<String, Provider> providers = new HashMap<>();
  private final Set<String> textsOnly = new HashSet<>();
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
    var work = new LargeWork(vertx);
    providers.put(SANDBOX, new Sandbox(vertx, work));
    for (var settings : config.providers().values()) {
      if (settings.protocol() == Protocol.AGENT) {
        textsOnly.add(settings.name());
      }
      providers.put(
          settings.name(),
          switch (settings.protocol()) {
            case AGENT -> new PerplexityAgent(open(vertx, settings), refusals, work, gone);
            case CHAT -> new OpenAiChat(open(vertx, settings), refusals, work, settings);
            case SANDBOX -> new Sandbox(vertx, work);
          });
    }
  }

  /**
   * The provider that serves this target.
   *
   * @throws AIError {@code INVALID_REQUEST} for what nobody need ask it, since it cannot be given
   */
  Provider serving(Target target, Ask ask) {
    if (ask instanceof Ask.Embedding embedding) {
      check(embedding, target);
    }
    var provider = providers.get(target.servedBy());
    if (provider == null) {
      throw AIError.of(
          ErrorCode.NOT_FOUND, "There is no provider '" + target.servedBy() + "' on this node.");
    }
    return provider;
  }

  /** Also of the sandbox where it stands in for such a provider. */
  private void check(Ask.Embedding ask, Target target) {
    VectorSizes.check(ask, target.model());
    if (ask.input() instanceof EmbeddingInput.Tokens
        && textsOnly.contains(target.model().provider())) {
      throw AIError.invalid(
              "input[0] is tokens, but this model takes texts only; send those. Some clients have"
                  + " to be told (LangChain: check_embedding_ctx_length=False).")
          .with("param", "input[0]");
    }
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
