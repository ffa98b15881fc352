package dev.weir.http;

import dev.weir.core.AIError;
import dev.weir.gateway.Exchange;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;

/** Told of every request once its reply is written or its caller is gone, for logs and metrics. */
@FunctionalInterface
public interface AccessListener {
  /** Called on the request's event loop; must not block and must not throw. */
  void served(Served request);

  /**
   * A request that is over.
   *
   * @param id the gateway's own id
   * @param correlation the caller's id
   * @param method its verb
   * @param route the endpoint as a template, e.g. {@code /v1/functions/{name}}; {@code none} where
   *     there is none. Bounded, so fit for a metric's label
   * @param status the status sent; 499 if the caller went away first
   * @param failure what went wrong; the cause of an {@code INTERNAL} is for the log alone
   * @param call the call, if it got as far as the gateway
   * @param took from its head to the end of its reply
   */
  record Served(
      UUID id,
      Optional<String> correlation,
      String method,
      String route,
      int status,
      Optional<AIError> failure,
      Optional<Exchange> call,
      Duration took) {}
}
