package dev.weir.limits;

import dev.weir.gateway.Chain;
import dev.weir.gateway.Exchange;
import dev.weir.gateway.Reply;
import dev.weir.gateway.Stage;
import io.vertx.core.Future;

/** Admits a call: from here on it leaves exactly one usage record, whatever becomes of it. */
public final class AdmissionStage implements Stage {
  @Override
  public Future<Reply> handle(Exchange x, Chain next) {
    x.tally().admit();
    return x.tally().marks().admitted(x).compose(_ -> next.proceed(x));
  }
}
