package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.jobs.Job;
import dev.weir.storage.Database;
import dev.weir.storage.WriteBehind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** The stored contents of a service. Thread-safe. */
public final class Contents {
  /** No run's name is one. */
  private static final Pattern ID =
      Pattern.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");

  private static final Duration PACE = Duration.ofMillis(500);
  private static final Duration CLEANING = Duration.ofMinutes(1);

  /** The largest input and output together that is kept, in bytes. */
  private static final int LARGEST = 256 * 1024;

  /** What waits to be written, at most, in bytes. */
  private static final int MOST_WAITING = 16 * 1024 * 1024;

  /** About what a content holds in memory besides its words, in bytes. */
  private static final int FACTS = 1024;

  private final ContentTable table;
  private final WriteBehind<ContentRow> queue;
  private final Counter kept;
  private final Counter gone;
  private final Counter tooLarge;
  private final Counter noRoom;

  /** Contents in this database, with their meters. */
  public Contents(Database database, MeterRegistry registry) {
    this.table = new ContentTable(database);
    this.kept = counter(registry, "kept");
    this.gone = counter(registry, "gone");
    this.tooLarge = counter(registry, "too_large");
    this.noRoom = counter(registry, "no_room");
    var refused = counter(registry, "refused");
    this.queue =
        new WriteBehind<>(
            "stored contents",
            MOST_WAITING,
            this::write,
            (fate, many) -> {
              switch (fate) {
                case KEPT -> {
                  // The table knows how many it took.
                }
                case NO_ROOM -> noRoom.increment(many);
                case REFUSED -> refused.increment(many);
              }
            });
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return Counter.builder("weir.contents")
        .tag("outcome", outcome)
        .description("Contents of calls that were to be stored, by what became of them")
        .register(registry);
  }

  private Future<Void> write(List<ContentRow> rows) {
    return table
        .add(rows)
        .onSuccess(
            written -> {
              kept.increment(written);
              gone.increment(rows.size() - written);
            })
        .mapEmpty();
  }

  /** Writes what was kept every half second, for as long as {@code vertx} lives. */
  public void follow(Vertx vertx) {
    vertx.setPeriodic(PACE.toMillis(), _ -> queue.flush());
  }

  /**
   * Keeps a content, soon; drops and counts it if it is too large, or too many are waiting. Makes
   * JSON of it, once, which takes a moment: at most what 256 KiB take. Any thread.
   */
  public void keep(StoredContent content) {
    ContentRow.of(content, LARGEST).ifPresentOrElse(this::add, tooLarge::increment);
  }

  private void add(ContentRow row) {
    queue.add(row, FACTS + row.words().map(ContentWords::size).orElse(0));
  }

  /** A content that was to be kept was not even looked at: too many were waiting. */
  public void missed() {
    noRoom.increment();
  }

  /** Writes what is waiting; for the last moments of a process, and for who wants to read it. */
  public Future<Void> flush() {
    return queue.flush();
  }

  /**
   * Which contents are meant.
   *
   * @param function the function's name; empty for all
   * @param version only of this version
   * @param kind only of this kind
   * @param run only of this shadow run or evaluation, as {@link #run(String, Optional)} found it
   * @param user only of this user
   * @param after only what lies behind this place, in the order newest first: for the next page
   */
  public record Filter(
      Optional<String> function,
      Optional<String> version,
      Optional<StoredContent.Kind> kind,
      Optional<Run> run,
      Optional<String> user,
      Optional<ContentCursor> after) {
    /** The calls of a function. */
    public static Filter callsOf(String function) {
      return new Filter(
          Optional.of(function),
          Optional.empty(),
          Optional.of(StoredContent.Kind.CALL),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());
    }

    /** The same, of one version only. */
    public Filter of(String one) {
      return new Filter(function, Optional.of(one), kind, run, user, after);
    }

    /** The page behind this place. */
    public Filter after(ContentCursor place) {
      return new Filter(function, version, kind, run, user, Optional.of(place));
    }
  }

  /**
   * A shadow run or an evaluation.
   *
   * @param name its name
   * @param kind which of the two
   * @param id which shadow run of that name; empty for an evaluation, whose name is used once, and
   *     for a run whose copies are older than the ids of runs
   */
  public record Run(String name, StoredContent.Kind kind, Optional<UUID> id) {}

  /**
   * The run of this name, or of this id: of several of one name the newest.
   *
   * @param kind only a shadow run, or only an evaluation
   * @return empty if there is none and nothing is left of one
   */
  public Future<Optional<Run>> run(String nameOrId, Optional<StoredContent.Kind> kind) {
    return ID.matcher(nameOrId).matches()
        ? table
            .run(UUID.fromString(nameOrId))
            .map(found -> found.filter(run -> kind.filter(k -> k != run.kind()).isEmpty()))
        : table.run(nameOrId, kind);
  }

  /**
   * A part of a list.
   *
   * @param contents newest first
   * @param next where the list goes on; empty at its end
   */
  public record Page(List<ContentRow> contents, Optional<ContentCursor> next) {}

  /**
   * Contents, newest first, as an administrator; those whose time is over are none.
   *
   * @param most so many, or fewer where their words would weigh more than 4 MiB, but at least one
   * @param words whether their words are read as well
   */
  public Future<Page> find(Filter filter, int most, boolean words) {
    return table.find(new ContentQuery(filter, most, words));
  }

  /** One content with its words; {@code NOT_FOUND} if it is not there, or not any more. */
  public Future<ContentRow> get(UUID id) {
    return table
        .get(id)
        .map(
            found ->
                found.orElseThrow(
                    () ->
                        AIError.of(
                            ErrorCode.NOT_FOUND,
                            "There is no stored content of this id, or its time is over.")));
  }

  /** Sets what the answer should have been, or takes it back; {@code NOT_FOUND} as {@link #get}. */
  public Future<ContentRow> expect(UUID id, Optional<JsonNode> answer) {
    return table.expect(id, answer).compose(_ -> get(id));
  }

  /**
   * Deletes one with all its copies, those under way too: how many there were; {@code NOT_FOUND} as
   * {@link #get}.
   */
  public Future<Long> delete(UUID id) {
    return flush().compose(_ -> get(id)).compose(_ -> table.delete(id));
  }

  /**
   * Deletes all of a function, of a user, or of a user's calls of a function: how many. So many as
   * there are take their time, in small transactions; where one fails the rest is still there. What
   * waits to be written, here or on another node, is not written any more if its call ended before.
   */
  public Future<Long> deleteAll(Optional<String> function, Optional<String> user) {
    return flush().compose(_ -> table.deleteAll(function, user));
  }

  /** Deletes what is past its time, in small batches. */
  public Job job() {
    return Job.every(CLEANING, "stored-contents", table::clean);
  }
}
