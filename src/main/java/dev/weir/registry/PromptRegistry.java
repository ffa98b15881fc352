package dev.weir.registry;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.prompts.Fault;
import dev.weir.prompts.FunctionCatalogue;
import dev.weir.prompts.FunctionDefinition;
import dev.weir.prompts.FunctionText;
import dev.weir.prompts.ModelCheck;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import dev.weir.storage.Rereading;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.SqlConnection;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The functions that are served: those of the files, unless the label {@code production} points to
 * a version of the registry. Labels are read again when the database says that one moved, and every
 * few seconds in case that was not heard; a snapshot is swapped as one reference, so a call sees
 * all of a change or nothing. While the database is away the last snapshot stays. Any thread.
 */
public final class PromptRegistry implements Supplier<FunctionCatalogue> {
  private static final Logger LOG = LogManager.getLogger(PromptRegistry.class);
  private static final int MOST_VERSIONS_KNOWN = 10_000;

  private final Vertx vertx;
  private final VersionTable versions;
  private final LabelTable labels;
  private final Database database;
  private final OnDisk files;
  private final FileVersions fileVersions;
  private final ModelCheck models;
  private final Rereading rereading = new Rereading(this::read);
  private final ConcurrentMap<VersionKey, FunctionDefinition> known = new ConcurrentHashMap<>();
  private volatile Board board = Board.EMPTY;
  private volatile Served served =
      new Served(FunctionCatalogue.EMPTY, Board.EMPTY, FunctionCatalogue.EMPTY);

  /**
   * The functions of the files.
   *
   * @param catalogue those of now
   * @param folder where they lie
   */
  public record OnDisk(Supplier<FunctionCatalogue> catalogue, Path folder) {}

  /** What is served, and of what it was made. */
  private record Served(FunctionCatalogue files, Board board, FunctionCatalogue all) {}

  /**
   * A registry; {@link #follow} sets it going.
   *
   * @param vertx runs its reads
   * @param database where the versions are
   * @param files the functions of the files
   * @param models says which models exist
   * @param clock time
   */
  public PromptRegistry(
      Vertx vertx, Database database, OnDisk files, ModelCheck models, Clock clock) {
    this.vertx = vertx;
    this.database = database;
    this.versions = new VersionTable(database);
    this.labels = new LabelTable(database, clock);
    this.files = files;
    this.fileVersions = new FileVersions(vertx, database, versions, files);
    this.models = models;
  }

  /**
   * Reads the labels, then follows them. Succeeds when they are known; fails if they cannot be
   * read, and follows them all the same.
   */
  public Future<Void> follow(Notifications notifications) {
    return rereading.follow(vertx, notifications, "weir_experiments");
  }

  /** The functions of now. Costs nothing unless something changed. */
  @Override
  @SuppressWarnings(
      "ReferenceEquality") // A snapshot is swapped as a whole; comparing two would cost.
  public FunctionCatalogue get() {
    var now = files.catalogue().get();
    var last = served;
    var current = board;
    if (last.files() != now || last.board() != current) {
      last = new Served(now, current, current.over(now));
      served = last;
    }
    return last.all();
  }

  /** The version that a label of a function points to; for production without one, the file's. */
  public Optional<String> labelled(String function, String label) {
    return board
        .label(function, label)
        .or(
            () ->
                label.equals(Board.PRODUCTION)
                    ? files.catalogue().get().find(function).map(FunctionDefinition::version)
                    : Optional.empty());
  }

  /** The labels of a function: versions by label. */
  public Map<String, String> labels(String function) {
    return Map.copyOf(board.labels().getOrDefault(function, Map.of()));
  }

  /** The names of all functions that a label or a file names. */
  public List<String> functions() {
    return get().all().stream().map(FunctionDefinition::name).toList();
  }

  /**
   * A version, ready to be served; empty if the registry does not have it, or it cannot be served
   * here (its model is unknown).
   */
  public Future<Optional<FunctionDefinition>> version(VersionKey key) {
    var found = known.get(key);
    return found == null
        ? load(List.of(key)).map(_ -> Optional.ofNullable(known.get(key)))
        : Future.succeededFuture(Optional.of(found));
  }

  /** Reads the labels again. */
  public Future<Void> refresh() {
    return rereading.again();
  }

  private Future<Void> read() {
    return fileVersions
        .keep()
        .recover(
            e -> {
              // What is served must not wait for the files' history.
              LOG.warn("The functions' files cannot be kept as versions yet: {}", e.getMessage());
              return Future.succeededFuture();
            })
        .compose(_ -> labels.all())
        .compose(all -> load(missing(all)).map(all))
        .map(this::taken)
        .onFailure(e -> LOG.debug("The labels of prompts cannot be read: {}", e.getMessage()))
        .mapEmpty();
  }

  private Board taken(Map<String, Map<String, String>> labelled) {
    if (!labelled.equals(board.labels()) || !missing(labelled).isEmpty()) {
      swap(labelled);
    }
    return board;
  }

  private void swap(Map<String, Map<String, String>> labelled) {
    var loaded = new HashMap<VersionKey, FunctionDefinition>();
    for (var key : Board.wanted(labelled)) {
      Optional.ofNullable(known.get(key)).ifPresent(f -> loaded.put(key, f));
    }
    board = new Board(Map.copyOf(labelled), Map.copyOf(loaded));
    LOG.info("Prompt labels: {} functions have some", labelled.size());
  }

  private List<VersionKey> missing(Map<String, Map<String, String>> labelled) {
    return Board.wanted(labelled).stream().filter(key -> !known.containsKey(key)).toList();
  }

  /** Reads versions into memory, off the event loop. */
  private Future<Void> load(List<VersionKey> wanted) {
    return wanted.isEmpty()
        ? Future.succeededFuture()
        : versions
            .sources(wanted)
            .compose(
                texts ->
                    vertx.executeBlocking(
                        () -> {
                          texts.forEach(this::learn);
                          return null;
                        }));
  }

  private void learn(VersionTable.Text text) {
    switch (FunctionText.read(text.key().function(), text.source(), models)) {
      case FunctionText.Reading.Good(var function, var _, var _) -> {
        if (known.size() >= MOST_VERSIONS_KNOWN) {
          known.clear();
        }
        known.put(new VersionKey(function.name(), function.version()), function);
      }
      case FunctionText.Reading.Refused(var faults) ->
          LOG.warn(
              "Version {} of {} cannot be served here: {}",
              text.key().version(),
              text.key().function(),
              faults.getFirst());
    }
  }

  /**
   * Keeps a version; one with the same content is the same version, and stays as it was.
   *
   * @return the version; {@code INVALID_REQUEST} with the faults if the text is no function
   */
  public Future<PromptVersion> add(NewVersion wish) {
    return check(wish)
        .compose(
            checked ->
                database
                    .admin(c -> keep(c, checked))
                    .onSuccess(_ -> known.put(checked.key(), checked.function()))
                    .compose(_ -> show(checked.key())));
  }

  /**
   * A version that can be kept and served.
   *
   * @param read its text, as it was read
   * @param wish what is said of it
   */
  public record Checked(FunctionText.Reading.Good read, NewVersion wish) {
    /** The function in this version. */
    public FunctionDefinition function() {
      return read.function();
    }

    private VersionKey key() {
      return new VersionKey(function().name(), function().version());
    }
  }

  /**
   * Checks a version that somebody wants to keep, and keeps nothing.
   *
   * @return {@code INVALID_REQUEST} with the faults if the text is no function
   */
  public Future<Checked> check(NewVersion wish) {
    return vertx
        .executeBlocking(() -> FunctionText.read(wish.function(), wish.source(), models))
        .compose(
            reading ->
                switch (reading) {
                  case FunctionText.Reading.Good good ->
                      Future.succeededFuture(new Checked(good, wish));
                  case FunctionText.Reading.Refused(var faults) ->
                      Future.failedFuture(refused(faults));
                });
  }

  /**
   * Keeps a version together with something else; one that is there already stays as it was.
   *
   * @param c inside of a transaction as {@code weir_admin}
   */
  public static Future<Void> keep(SqlConnection c, Checked checked) {
    return VersionTable.insert(c, checked.read(), "api", checked.wish()).mapEmpty();
  }

  private static AIError refused(List<Fault> faults) {
    return AIError.invalid(
            "This is no function that can be served: "
                + faults.stream()
                    .limit(3)
                    .map(f -> "line " + f.line() + ": " + f.path() + " " + f.reason())
                    .collect(Collectors.joining("; ")))
        .with(
            "faults",
            faults.stream()
                .map(f -> Map.of("line", f.line(), "path", f.path(), "reason", f.reason()))
                .toList());
  }

  /** A version as it was kept; {@code NOT_FOUND} if it is unknown. */
  public Future<PromptVersion> show(VersionKey key) {
    return versions
        .find(key.function(), key.version())
        .map(
            found ->
                found.orElseThrow(
                    () ->
                        AIError.of(
                            ErrorCode.NOT_FOUND,
                            "The registry has no version '"
                                + key.version()
                                + "' of '"
                                + key.function()
                                + "'.")));
  }

  /** The newest versions of a function. */
  public Future<List<PromptVersion>> newest(String function, int limit) {
    return versions.newest(function, limit);
  }

  /** What calls of each version were like, over so many days: an object by version. */
  public Future<JsonNode> performance(String function, int days) {
    return versions.performance(function, days);
  }

  /**
   * Moves a label. When the future succeeds it has moved here; the other replicas hear of it at
   * once.
   *
   * @return {@code NOT_FOUND} for a version that the registry does not have, {@code CONFLICT} for
   *     one that cannot be served here, and where the label is not where the mover thought
   */
  public Future<Void> move(LabelMove wish) {
    return wish.version()
        .map(version -> servable(new VersionKey(wish.function(), version)))
        .orElseGet(Future::succeededFuture)
        .compose(_ -> labels.move(wish))
        .compose(_ -> refresh());
  }

  private Future<Void> servable(VersionKey key) {
    return show(key)
        .compose(_ -> version(key))
        .compose(
            found ->
                found.isPresent()
                    ? Future.succeededFuture()
                    : Future.failedFuture(
                        AIError.of(
                            ErrorCode.CONFLICT,
                            "Version '"
                                + key.version()
                                + "' cannot be served: a model that it"
                                + " names is not known any more.")));
  }

  /**
   * Takes the newest move of a label back that was not taken back before; a label that was taken
   * away comes again.
   *
   * @return {@code CONFLICT} if there is none, or if the version of before cannot be served here
   */
  public Future<Void> rollback(String function, String label, String by, String note) {
    return labels
        .undoable(function, label)
        .compose(
            move ->
                move.before()
                    .map(version -> servable(new VersionKey(function, version)))
                    .orElseGet(Future::succeededFuture)
                    .compose(_ -> labels.rollback(function, label, move, by, note)))
        .compose(_ -> refresh());
  }

  /** The moves of a label, newest first; at most so many. */
  public Future<List<PastMove>> moves(String function, String label, int limit) {
    return labels.moves(function, label, limit);
  }
}
