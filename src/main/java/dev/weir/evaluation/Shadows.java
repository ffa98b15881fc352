package dev.weir.evaluation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.contents.Contents;
import dev.weir.core.AIError;
import dev.weir.core.Clock;
import dev.weir.core.ErrorCode;
import dev.weir.core.Ids;
import dev.weir.gateway.ModelDirectory;
import dev.weir.gateway.OwnCalls;
import dev.weir.gateway.Stage;
import dev.weir.jobs.Job;
import dev.weir.prompts.ContentPolicy;
import dev.weir.registry.PromptRegistry;
import dev.weir.registry.VersionKey;
import dev.weir.storage.Database;
import dev.weir.storage.Notifications;
import dev.weir.storage.Rereading;
import dev.weir.storage.WriteBehind;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.math.BigDecimal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * The shadow runs of a service: which are under way, as a snapshot that every change renews on all
 * replicas, and what an administrator does with them. A change has taken effect here when its
 * future succeeds, and elsewhere within a second. Any thread.
 */
public final class Shadows {
  private static final Logger LOG = LogManager.getLogger(Shadows.class);
  private static final Duration PACE = Duration.ofMillis(500);
  private static final Duration CLEANING = Duration.ofMinutes(10);
  private static final int MOST_WAITING = 4 * 1024 * 1024;

  private final Parts parts;
  private final ShadowTable table;
  private final ShadowReports reports;
  private final WriteBehind<ShadowPair> pairs;
  private final ShadowCalls calls;
  private final Rereading reading;
  private volatile Map<String, Shadow> running = Map.of();

  /**
   * What they stand on.
   *
   * @param vertx runs their reads and writes
   * @param database where they are kept
   * @param registry the versions of the candidates
   * @param models routes them
   * @param calls asks them
   * @param contents keeps their answers
   * @param policies which contents of a function's calls may be kept
   * @param meters counts copies
   * @param clock time
   */
  public record Parts(
      Vertx vertx,
      Database database,
      PromptRegistry registry,
      ModelDirectory models,
      OwnCalls calls,
      Contents contents,
      Function<String, Optional<ContentPolicy>> policies,
      MeterRegistry meters,
      Clock clock) {}

  /** Shadow runs; {@link #follow} sets them going. */
  public Shadows(Parts parts) {
    this.parts = parts;
    this.table = new ShadowTable(parts.database());
    this.reports = new ShadowReports(parts.vertx(), parts.database());
    var dropped =
        Counter.builder("weir.shadow.pairs.dropped")
            .description("Pairs of shadow runs that could not be written")
            .register(parts.meters());
    this.pairs =
        new WriteBehind<>(
            "shadow pairs",
            MOST_WAITING,
            table::add,
            (fate, many) -> dropped.increment(fate == WriteBehind.Fate.KEPT ? 0 : many));
    this.calls =
        new ShadowCalls(
            parts.vertx(),
            parts.calls(),
            pairs,
            parts.contents()::keep,
            parts.meters(),
            parts.clock());
    this.reading = new Rereading(this::read);
  }

  /** Reads what is under way, and follows it. Succeeds when it is known. */
  public Future<Void> follow(Notifications notifications) {
    parts.vertx().setPeriodic(PACE.toMillis(), _ -> flush());
    return reading.follow(parts.vertx(), notifications, "weir_shadows");
  }

  /** The stage that looks at calls. One for all event loops. */
  public Stage stage() {
    return new SampleStage(
        parts.policies(),
        function -> Optional.ofNullable(running.get(function)),
        new Afterwards(parts.vertx(), parts.contents(), calls),
        parts.clock());
  }

  /** Writes what waits; for the last moments of a process, and for who wants to read. */
  public Future<Void> flush() {
    return pairs.flush().compose(_ -> misses());
  }

  private Future<Void> misses() {
    var taken = calls.takeMisses();
    return taken.isEmpty()
        ? Future.succeededFuture()
        : table
            .miss(taken)
            .recover(
                e -> {
                  calls.putBack(taken);
                  return Future.succeededFuture();
                });
  }

  private Future<Void> read() {
    return table
        .running()
        .compose(rows -> Future.all(rows.stream().map(this::shadow).toList()))
        .onSuccess(all -> running = byFunction(all.list()))
        .mapEmpty();
  }

  private static Map<String, Shadow> byFunction(List<Optional<Shadow>> all) {
    return all.stream()
        .flatMap(Optional::stream)
        .collect(Collectors.toUnmodifiableMap(s -> s.candidate().function().name(), s -> s));
  }

  /** One run, or none if its candidate cannot be served here. */
  private Future<Optional<Shadow>> shadow(ShadowTable.Run row) {
    return parts
        .registry()
        .version(new VersionKey(row.function(), row.version()))
        .map(
            found ->
                found.map(
                    function ->
                        new Shadow(
                            row.id(),
                            row.name(),
                            row.account(),
                            Candidate.of(function, parts.models()),
                            row.share())))
        .onSuccess(
            found -> {
              if (found.isEmpty()) {
                LOG.warn("The shadow run {} does not run here: its version is unknown", row.name());
              }
            })
        .recover(
            e -> {
              LOG.warn("The shadow run {} does not run here: {}", row.name(), e.getMessage());
              return Future.succeededFuture(Optional.empty());
            });
  }

  /**
   * What is to be run.
   *
   * @param name its name
   * @param function whose calls are copied
   * @param version who answers the copies: a version or a label
   * @param share of the calls that a provider answers, above 0 and at most 1
   * @param days after which it stops by itself
   * @param usdPerMonth what the copies may cost in a calendar month
   */
  public record Wish(
      String name,
      String function,
      String version,
      BigDecimal share,
      int days,
      BigDecimal usdPerMonth) {}

  /**
   * Starts a run.
   *
   * @param by the id of the admin's key
   * @return {@code NOT_FOUND} for an unknown function or version, {@code CONFLICT} if the name is
   *     taken or the function has a run already
   */
  public Future<JsonNode> start(Wish wish, String by) {
    var function = wish.function();
    if (parts.registry().get().find(function).isEmpty()) {
      return Future.failedFuture(
          AIError.of(ErrorCode.NOT_FOUND, "There is no function called '" + function + "'."));
    }
    var id = Ids.next(parts.clock());
    var exact = parts.registry().labelled(function, wish.version()).orElse(wish.version());
    var run =
        new ShadowTable.Run(
            id, wish.name(), Accounts.ofShadow(wish.name(), id), function, exact, wish.share());
    return parts
        .registry()
        .show(new VersionKey(function, exact))
        .compose(_ -> table.start(run, wish.days(), wish.usdPerMonth(), by))
        .compose(_ -> reading.again())
        .compose(_ -> show(wish.name()));
  }

  /**
   * Stops a run; what it has shown stays. {@code NOT_FOUND}, {@code CONFLICT} if it has stopped.
   */
  public Future<JsonNode> stop(String run) {
    return table
        .stop(run)
        .compose(_ -> reading.again())
        .compose(_ -> reports.head(run))
        .map(this::here);
  }

  /** Forgets a run that has stopped, with its pairs; its usage stays. */
  public Future<Void> delete(String run) {
    return table.delete(run).compose(_ -> table.sweep());
  }

  /** All runs, newest first. */
  public Future<JsonNode> list() {
    return reports
        .list()
        .map(
            all -> {
              all.path("shadows").forEach(this::here);
              return all;
            });
  }

  /** One run with all that it has shown. */
  public Future<JsonNode> show(String run) {
    return flush().compose(_ -> reports.show(run)).map(this::here);
  }

  /**
   * Whether this replica copies calls for it (not if it cannot serve the candidate), and whether
   * both answers are kept.
   */
  private JsonNode here(JsonNode run) {
    return ((ObjectNode) run)
        .put("answers_kept", parts.policies().apply(run.path("function").asText()).isPresent())
        .put(
            "copying_here",
            running.values().stream().anyMatch(s -> s.name().equals(run.path("name").asText())));
  }

  /** Ends runs whose time is over, and deletes those of long ago. */
  public Job job() {
    return Job.every(CLEANING, "shadow-runs", table::clean);
  }
}
