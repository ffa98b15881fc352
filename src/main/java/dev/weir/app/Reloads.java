package dev.weir.app;

import dev.weir.admin.Reload;
import dev.weir.prompts.CatalogueWatch;
import dev.weir.prompts.Fault;
import dev.weir.prompts.LoadResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.List;

/** Reads the functions again at an admin's wish, on a worker. */
record Reloads(Vertx vertx, CatalogueWatch functions) implements Reload {
  @Override
  public Future<Outcome> reload() {
    return vertx
        .executeBlocking(functions::reload)
        .map(
            result ->
                switch (result) {
                  case LoadResult.Loaded loaded ->
                      new Outcome(loaded.catalogue().all().size(), List.of());
                  case LoadResult.Refused refused ->
                      new Outcome(
                          functions.get().all().size(),
                          refused.faults().stream().map(Fault::toString).toList());
                });
  }
}
