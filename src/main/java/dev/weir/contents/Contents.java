package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.jobs.Job;
import dev.weir.storage.Database;
import dev.weir.storage.WriteBehind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;

/** The stored contents of a service. Thread-safe. */
public final class Contents {
  private static final Duration PACE = Duration.ofMillis(500);
  private static final Duration CLEANING = Duration.ofMinutes(1);

  /** The largest input and output together that is kept, in bytes. */
  private static final int LARGEST = 256 * 1024;

  /** What waits to be written, at most, in bytes. */
  private static final int MOST_WAITING = 16 * 1024 * 1024;

  private final ContentTable table;
  private final WriteBehind<StoredContent> queue;
  private final Counter tooLarge;
  private final Counter noRoom;

  /** Contents in this database, with their meters. */
  public Contents(Database database, MeterRegistry registry) {
    this.table = new ContentTable(database);
    this.tooLarge = counter(registry, "too_large");
    var fates = new EnumMap<WriteBehind.Fate, Counter>(WriteBehind.Fate.class);
    for (var fate : WriteBehind.Fate.values()) {
      fates.put(fate, counter(registry, fate.name().toLowerCase(Locale.ROOT)));
    }
    this.noRoom = Objects.requireNonNull(fates.get(WriteBehind.Fate.NO_ROOM));
    this.queue =
        new WriteBehind<>(
            "stored contents",
            MOST_WAITING,
            table::add,
            (fate, many) -> Objects.requireNonNull(fates.get(fate)).increment(many));
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return Counter.builder("weir.contents")
        .tag("outcome", outcome)
        .description("Contents of calls that were to be stored, by what became of them")
        .register(registry);
  }

  /** Writes what was kept every half second, for as long as {@code vertx} lives. */
  public void follow(Vertx vertx) {
    vertx.setPeriodic(PACE.toMillis(), _ -> queue.flush());
  }

  /** Keeps a content, soon; drops and counts it if it is too large, or too many are waiting. */
  public void keep(StoredContent content) {
    var size = size(content.input()) + content.output().map(Contents::size).orElse(0);
    if (size > LARGEST) {
      tooLarge.increment();
    } else {
      queue.add(content, size);
    }
  }

  private static int size(JsonNode tree) {
    return Json.write(tree).length();
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
   * @param run only of this shadow run or evaluation
   * @param user only of this user
   * @param after only what is older than this content, in the order newest first: for the next page
   */
  public record Filter(
      Optional<String> function,
      Optional<String> version,
      Optional<StoredContent.Kind> kind,
      Optional<String> run,
      Optional<String> user,
      Optional<UUID> after) {
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

    /** The page after this content. */
    public Filter after(UUID content) {
      return new Filter(function, version, kind, run, user, Optional.of(content));
    }
  }

  /** Contents, newest first, as an administrator; those whose time is over are none. */
  public Future<List<StoredContent>> find(Filter filter, int most) {
    return table.find(filter, most);
  }

  /** One content; {@code NOT_FOUND} if it is not there, or not any more. */
  public Future<StoredContent> get(UUID id) {
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
  public Future<StoredContent> expect(UUID id, Optional<JsonNode> answer) {
    return table.expect(id, answer).compose(_ -> get(id));
  }

  /** Deletes one with all its copies; {@code NOT_FOUND} as {@link #get}. */
  public Future<Long> delete(UUID id) {
    return get(id).compose(_ -> table.delete(id));
  }

  /** Deletes all of a function, of a user, or of a user's calls of a function: how many. */
  public Future<Long> deleteAll(Optional<String> function, Optional<String> user) {
    return table.deleteAll(function, user);
  }

  /** Deletes what is past its time, in small batches. */
  public Job job() {
    return Job.every(CLEANING, "stored-contents", table::clean);
  }
}
