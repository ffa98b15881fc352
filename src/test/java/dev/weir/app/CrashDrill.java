package dev.weir.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.storage.EmbeddedPostgres;
import dev.weir.testing.Eventually;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The proof that no usage record is lost or doubled: Weir as a process under load, killed with
 * SIGKILL at random moments, its Postgres frozen or killed as well, started again, round after
 * round; then what the clients saw is held against the rows.
 *
 * <p>Run it for long: {@code mvn -ntp test-compile exec:exec@bench -Dbench="dev.weir.app.CrashDrill
 * 50"}.
 */
public final class CrashDrill {
  private static final int CLIENTS = 12;
  private static final String MODEL = "perplexity/sonar";

  private final Path data;
  private final Random random;
  private final HttpClient http =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  /** Every call that a client sent, by its own id. */
  private final Map<String, Sent> sent = new ConcurrentHashMap<>();

  /** Weir's ids of the calls whose whole answer a client saw. */
  private final Set<UUID> answered = ConcurrentHashMap.newKeySet();

  private volatile boolean pause = true;
  private volatile int round;
  private volatile URI api = URI.create("http://127.0.0.1:1");
  private volatile String key = "";

  /**
   * What one client did.
   *
   * @param round when
   * @param seen whether it saw the whole answer
   */
  private record Sent(int round, boolean seen) {}

  /**
   * What the drill found.
   *
   * @param sent calls that clients sent
   * @param answered calls whose whole answer a client saw
   * @param rows rows in the table
   * @param byStatus rows by status
   * @param unseen rows with status ok whose answer no client saw: it was cut off by the kill after
   *     its record
   */
  record Outcome(int sent, int answered, int rows, Map<String, Long> byStatus, int unseen) {}

  private record Row(UUID id, String status, String correlation) {}

  CrashDrill(Path data, long seed) {
    this.data = data;
    this.random = new Random(seed);
  }

  /** Runs so many rounds, and holds rows against what was seen. */
  Outcome run(int rounds) throws Exception {
    try (var clients = Executors.newVirtualThreadPerTaskExecutor()) {
      for (var i = 0; i < CLIENTS; i++) {
        var n = i;
        clients.submit(() -> client(n));
      }
      try {
        for (round = 1; round <= rounds; round++) {
          round();
          System.out.printf(
              "round %d of %d: %d calls sent, %d answered%n",
              round, rounds, sent.size(), answered.size());
        }
      } finally {
        clients.shutdownNow();
      }
    }
    settle();
    return judge();
  }

  private void round() {
    try (var weir = WeirProcess.start(data)) {
      key = weir.found("demo key +(\\S+)");
      api = URI.create(weir.found("API +(http://\\S+)") + "/v1/chat/completions");
      pause = false;
      if (round == 1) {
        // However slow the machine is, in one round at least.
        Eventually.until("somebody is answered", () -> !answered.isEmpty());
      }
      rest(300 + random.nextInt(1_200));
      switch (random.nextInt(4)) {
        case 0 -> {
          postgres("STOP");
          rest(200 + random.nextInt(1_500));
          weir.signal("KILL");
          postgres("CONT");
        }
        case 1 -> {
          postgres("KILL");
          rest(200 + random.nextInt(1_000));
          weir.signal("KILL");
        }
        case 2 -> {
          postgres("STOP");
          rest(200 + random.nextInt(1_500));
          postgres("CONT");
          rest(random.nextInt(500));
          weir.signal("KILL");
        }
        default -> weir.signal("KILL");
      }
      pause = true;
      weir.awaitEnd();
      // Its database is left running or dead, as the kill found it.
      weir.abandon();
    }
  }

  /** One more start, which replays what is left, and an end in order. */
  private void settle() {
    try (var weir = WeirProcess.start(data)) {
      weir.awaitMetric("weir_usage_waiting 0.0");
      Eventually.until("only the living process has a journal", this::oneJournal);
      weir.signal("INT").awaitEnd();
      weir.awaitNothingLeft();
    }
  }

  private boolean oneJournal() throws IOException {
    try (var all = Files.list(data.resolve("journal"))) {
      return all.filter(Files::isDirectory).count() == 1;
    }
  }

  private void client(int n) {
    for (var i = 0; !Thread.currentThread().isInterrupted(); i++) {
      if (pause) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
        continue;
      }
      var id = "drill-%d-%d".formatted(n, i);
      sent.put(id, new Sent(round, false));
      try {
        call(id, i % 3 == 1, i % 3 == 2);
      } catch (IOException | RuntimeException e) {
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(2));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void call(String id, boolean stream, boolean leave)
      throws IOException, InterruptedException {
    var body = RunningWeir.chatBody(MODEL, stream || leave).toString();
    var request =
        HttpRequest.newBuilder(api)
            .timeout(Duration.ofSeconds(20))
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json")
            .header("x-correlation-id", id)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    var response = http.send(request, BodyHandlers.ofInputStream());
    try (var in = response.body()) {
      if (leave) {
        in.readNBytes(20);
        return;
      }
      var text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      var whole = stream ? text.endsWith("data: [DONE]\n\n") : text.endsWith("}");
      if (response.statusCode() == 200 && whole) {
        answered.add(UUID.fromString(response.headers().firstValue("x-request-id").orElseThrow()));
        sent.computeIfPresent(id, (_, s) -> new Sent(s.round(), true));
      }
    }
  }

  private Outcome judge() throws SQLException {
    try (var server = EmbeddedPostgres.start(EmbeddedPostgres.Settings.in(data))) {
      var url = server.administratorUrl();
      try (var connection =
              DriverManager.getConnection(
                  "jdbc:postgresql://" + url.host() + ":" + url.port() + "/" + url.database(),
                  url.user(),
                  url.password());
          var statement = connection.createStatement()) {
        var rows = new ArrayList<Row>();
        try (var found =
            statement.executeQuery("SELECT id, status, correlation_id FROM ai_usage_metrics")) {
          while (found.next()) {
            rows.add(
                new Row(found.getObject(1, UUID.class), found.getString(2), found.getString(3)));
          }
        }
        try (var sums =
            statement.executeQuery(
                """
                SELECT
                  (SELECT sum(calls) FROM usage_daily) = (SELECT count(*) FROM ai_usage_metrics),
                  (SELECT sum(calls) FROM usage_hourly) = (SELECT count(*) FROM ai_usage_metrics),
                  (SELECT sum(cost_usd) FROM usage_daily) = (SELECT sum(cost_usd) FROM ai_usage_metrics),
                  (SELECT count(*) FROM usage_rejects) = 0,
                  (SELECT sum(usd_settled) FROM user_quotas WHERE subject_kind = 'user')
                    = (SELECT sum(cost_usd) FROM ai_usage_metrics),
                  (SELECT sum(usd_held) FROM user_quotas) = 0,
                  (SELECT bool_and(units.used = (SELECT count(*) FROM ai_usage_metrics WHERE NOT unit_returned))
                    FROM (SELECT sum(calls_used) AS used FROM user_quotas GROUP BY subject_kind) AS units)
                """)) {
          sums.next();
          var ledger = ledger(connection);
          for (var column = 1; column <= 7; column++) {
            assertThat(sums.getBoolean(column))
                .as("sums, column %d of%n%s", column, ledger)
                .isTrue();
          }
        }
        return judge(rows);
      }
    }
  }

  /** What the ledger says, for whoever has to find out why a sum is wrong. */
  private static String ledger(Connection connection) throws SQLException {
    try (var statement = connection.createStatement();
        var found =
            statement.executeQuery(
                """
                SELECT jsonb_pretty(jsonb_build_object(
                  'units', (SELECT count(*) FROM ai_usage_metrics WHERE NOT unit_returned),
                  'leases', (SELECT jsonb_agg(jsonb_build_object('lease', l.lease_id, 'by', l.closed_by, 'used', l.calls_granted - l.calls_returned, 'of', l.subject_kind, 'rows', (SELECT count(*) FROM ai_usage_metrics u WHERE l.lease_id IN (u.lease_id, u.key_lease_id, u.team_lease_id) AND NOT u.unit_returned)))
                    FROM leases l WHERE l.calls_granted - l.calls_returned <> (SELECT count(*) FROM ai_usage_metrics u WHERE l.lease_id IN (u.lease_id, u.key_lease_id, u.team_lease_id) AND NOT u.unit_returned)),
                  'nameless', (SELECT count(*) FROM ai_usage_metrics WHERE lease_id IS NULL),
                  'quotas', (SELECT jsonb_agg(to_jsonb(q)) FROM user_quotas q),
                  'held', (SELECT jsonb_agg(to_jsonb(h)) FROM lease_held h),
                  'open', (SELECT jsonb_agg(to_jsonb(l)) FROM leases l WHERE state <> 'closed'),
                  'processes', (SELECT jsonb_agg(to_jsonb(p) ORDER BY started_at) FROM ledger_processes p)))
                """)) {
      found.next();
      return found.getString(1);
    }
  }

  private Outcome judge(List<Row> rows) {
    var byId = new HashMap<UUID, Row>();
    var byCorrelation = new HashMap<String, Row>();
    for (var row : rows) {
      assertThat(byId.put(row.id(), row)).as("two rows of one call").isNull();
      assertThat(byCorrelation.put(row.correlation(), row))
          .as("two rows of what a client sent once")
          .isNull();
      assertThat(sent).as("a row belongs to a call that was sent").containsKey(row.correlation());
    }
    for (var id : answered) {
      assertThat(byId).as("an answered call has a row").containsKey(id);
      assertThat(byId.get(id).status()).isEqualTo("ok");
    }
    var unseen = 0;
    for (var row : rows) {
      if (!answered.contains(row.id()) && row.status().equals("ok")) {
        // Its record was complete and its last byte was not: the kill, or a client that left a
        // stream which was all there already.
        unseen++;
      } else if (!answered.contains(row.id())) {
        assertThat(row.status()).isIn("interrupted", "cancelled", "error");
      }
    }
    return new Outcome(
        sent.size(),
        answered.size(),
        rows.size(),
        rows.stream().collect(Collectors.groupingBy(Row::status, Collectors.counting())),
        unseen);
  }

  /** Sends a signal to the postmaster and its children. */
  private void postgres(String signal) {
    ProcessHandle.allProcesses()
        .filter(p -> p.info().commandLine().orElse("").contains(data.toString()))
        .filter(p -> p.info().command().orElse("").endsWith("postgres"))
        .flatMap(p -> Stream.concat(Stream.of(p), p.descendants()))
        .sorted(Comparator.comparingLong(ProcessHandle::pid))
        .distinct()
        .forEach(p -> kill(signal, p.pid()));
  }

  private static void kill(String signal, long pid) {
    try {
      new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Load goes on meanwhile. */
  private static void rest(long millis) {
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(millis));
  }

  /**
   * Runs the drill from the command line.
   *
   * @param args the number of rounds (50), and a seed
   */
  public static void main(String[] args) throws Exception {
    var rounds = args.length > 0 ? Integer.parseInt(args[0]) : 50;
    var seed = args.length > 1 ? Long.parseLong(args[1]) : System.nanoTime();
    System.out.printf("%d rounds with seed %d%n", rounds, seed);
    var data = Files.createTempDirectory("weir-drill");
    System.out.println(new CrashDrill(data, seed).run(rounds));
  }
}
