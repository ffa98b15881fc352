package dev.weir.registry;

import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionText;
import dev.weir.prompts.ModelCheck;
import dev.weir.storage.Database;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The versions that the functions' files have, kept in the registry. One call at a time; any
 * thread.
 */
final class FileVersions {
  private static final Logger LOG = LogManager.getLogger(FileVersions.class);

  private final Vertx vertx;
  private final Database database;
  private final VersionTable versions;
  private final PromptRegistry.OnDisk files;
  private volatile FunctionCatalogue kept = FunctionCatalogue.EMPTY;

  FileVersions(Vertx vertx, Database database, VersionTable versions, PromptRegistry.OnDisk files) {
    this.vertx = vertx;
    this.database = database;
    this.versions = versions;
    this.files = files;
  }

  /** Keeps what is not kept yet. Costs nothing unless the files changed. */
  @SuppressWarnings(
      "ReferenceEquality") // A snapshot is swapped as a whole; comparing two would cost.
  Future<Void> keep() {
    var now = files.catalogue().get();
    if (now == kept) {
      return Future.succeededFuture();
    }
    return versions
        .unknown(now.all())
        .compose(
            names ->
                names.isEmpty()
                    ? Future.succeededFuture(List.<FunctionText.Reading.Good>of())
                    : vertx.executeBlocking(() -> read(names)))
        .compose(this::keep)
        .onSuccess(_ -> kept = now);
  }

  private List<FunctionText.Reading.Good> read(List<String> names) {
    var found = new ArrayList<FunctionText.Reading.Good>();
    for (var name : names) {
      try {
        var text = Files.readString(files.folder().resolve(name + ".yaml"));
        if (FunctionText.read(name, text, ModelCheck.ANY) instanceof FunctionText.Reading.Good g) {
          found.add(g);
        }
      } catch (IOException e) {
        LOG.debug("The file of {} cannot be kept as a version yet: {}", name, e.getMessage());
      }
    }
    return found;
  }

  /** Each in a transaction of its own: what the database refuses of one keeps none back. */
  private Future<Void> keep(List<FunctionText.Reading.Good> found) {
    Future<?> done = Future.succeededFuture();
    for (var read : found) {
      var wish = new NewVersion(read.function().name(), read.source(), "", "", Optional.empty());
      done =
          done.compose(
              _ ->
                  database
                      .jobs(c -> VersionTable.insert(c, read, "file", wish))
                      .recover(e -> unkept(read.function().name(), e)));
    }
    return done.mapEmpty();
  }

  /** Served all the same; it has no version, and is tried again once the files change. */
  private static Future<Boolean> unkept(String function, Throwable e) {
    if (e instanceof PgException refused
        && String.valueOf(refused.getSqlState()).matches("(2[23]|54).*")) {
      LOG.warn("The file of {} cannot be kept as a version: {}", function, e.getMessage());
      return Future.succeededFuture(false);
    }
    return Future.failedFuture(e);
  }
}
