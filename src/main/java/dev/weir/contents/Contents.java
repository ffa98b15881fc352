package dev.weir.contents;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.jobs.Job;
import dev.weir.storage.Database;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The stored contents of a service. Thread-safe. */
public final class Contents {
  private static final Duration PACE = Duration.ofMillis(500);
  private static final Duration CLEANING = Duration.ofMinutes(1);

  private final ContentTable table;
  private final ContentQueue queue;

  /** Contents in this database, with their meters. */
  public Contents(Database database, MeterRegistry registry) {
    this.table = new ContentTable(database);
    this.queue = new ContentQueue(table, registry);
  }

  /** Writes what was kept every half second, for as long as {@code vertx} lives. */
  public void follow(Vertx vertx) {
    vertx.setPeriodic(PACE.toMillis(), _ -> queue.flush());
  }

  /** Keeps a content, soon; drops and counts it if it is too large, or too many are waiting. */
  public void keep(StoredContent content) {
    queue.add(content);
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
