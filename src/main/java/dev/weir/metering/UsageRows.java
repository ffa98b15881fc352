package dev.weir.metering;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Assignment;
import dev.weir.gateway.AttemptRecord;
import io.vertx.sqlclient.Tuple;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.IntFunction;

/** Records as the arrays of a statement's parameters, one array a column. */
final class UsageRows {
  private static final String NONE = "{}";

  private UsageRows() {}

  /** All of the records, in the order of {@link UsageTable}'s columns. */
  static Tuple of(List<UsageRecord> records) {
    var rows = keys(records);
    add(rows, records, String[]::new, r -> r.user());
    add(rows, records, UUID[]::new, r -> r.key());
    addOptional(rows, records, String[]::new, r -> r.team());
    add(rows, records, String[]::new, r -> r.function());
    add(rows, records, String[]::new, r -> r.version().orElse(""));
    addOptional(rows, records, String[]::new, r -> r.assignment().map(Assignment::variant));
    add(rows, records, String[]::new, r -> r.target().servedBy());
    add(rows, records, String[]::new, r -> r.target().model().toString());
    add(rows, records, String[]::new, r -> r.outcome().label());
    addOptional(rows, records, String[]::new, r -> r.error().map(ErrorCode::name));
    add(rows, records, Long[]::new, r -> r.took().toMillis());
    addOptional(rows, records, Long[]::new, r -> r.firstByte().map(Duration::toMillis));
    add(rows, records, Integer[]::new, r -> r.retries());
    add(rows, records, Long[]::new, r -> r.usage().inputTokens());
    add(rows, records, Long[]::new, r -> r.usage().outputTokens());
    add(rows, records, Long[]::new, r -> r.usage().cachedTokens());
    add(rows, records, Long[]::new, r -> r.usage().reasoningTokens());
    add(rows, records, Long[]::new, r -> r.usage().searches());
    add(rows, records, Boolean[]::new, r -> r.usage().estimated());
    addOptional(rows, records, String[]::new, r -> r.cost().map(Usd::toString));
    addOptional(rows, records, String[]::new, r -> r.providerCost().map(Usd::toString));
    add(rows, records, String[]::new, r -> r.cache());
    add(rows, records, Integer[]::new, r -> r.repairs());
    addOptional(rows, records, String[]::new, r -> r.correlation());
    add(rows, records, Boolean[]::new, r -> r.streamed());
    add(rows, records, Boolean[]::new, r -> r.target().simulated());
    add(rows, records, String[]::new, r -> r.door());
    add(rows, records, String[]::new, r -> tags(r));
    add(rows, records, String[]::new, r -> lines(r.attempts()));
    add(rows, records, Long[]::new, r -> r.usage().writtenTokens());
    addOptional(rows, records, UUID[]::new, r -> r.debit().user());
    add(rows, records, Boolean[]::new, r -> r.unitReturned());
    addOptional(rows, records, String[]::new, r -> r.assignment().map(Assignment::experiment));
    addOptional(rows, records, Integer[]::new, r -> r.assignment().map(Assignment::epoch));
    addOptional(rows, records, String[]::new, r -> Trial.of(r).map(Trial::label));
    addOptional(rows, records, LocalDate[]::new, r -> r.debit().month());
    addOptional(rows, records, UUID[]::new, r -> r.debit().key());
    addOptional(rows, records, UUID[]::new, r -> r.debit().team());
    add(rows, records, Boolean[]::new, r -> r.fallback());
    return rows;
  }

  /** What finds their rows: id and time. */
  static Tuple keys(List<UsageRecord> records) {
    var keys = Tuple.tuple();
    add(keys, records, UUID[]::new, r -> r.id());
    add(keys, records, OffsetDateTime[]::new, r -> r.startedAt().atOffset(ZoneOffset.UTC));
    return keys;
  }

  private static <T> void add(
      Tuple rows,
      List<UsageRecord> records,
      IntFunction<T[]> array,
      Function<UsageRecord, T> column) {
    var values = array.apply(records.size());
    for (var i = 0; i < values.length; i++) {
      values[i] = column.apply(records.get(i));
    }
    rows.addValue(values);
  }

  /** As {@code add}, with SQL's null where there is nothing. */
  private static <T> void addOptional(
      Tuple rows,
      List<UsageRecord> records,
      IntFunction<T[]> array,
      Function<UsageRecord, Optional<T>> column) {
    var values = array.apply(records.size());
    for (var i = 0; i < values.length; i++) {
      var value = column.apply(records.get(i));
      if (value.isPresent()) {
        values[i] = value.get();
      }
    }
    rows.addValue(values);
  }

  private static String tags(UsageRecord record) {
    if (record.tags().isEmpty()) {
      return NONE;
    }
    var all = Json.object();
    record.tags().forEach(all::put);
    return all.toString();
  }

  /**
   * The bill, line by line, with all that is needed to price it again. Counts of nothing are left
   * out, but for the searches, by which a reader knows that a line holds every count.
   */
  private static String lines(List<AttemptRecord> attempts) {
    var text = new StringWriter(256 * attempts.size() + 2);
    try (var json = Json.mapper().createGenerator(text)) {
      json.writeStartArray();
      for (var attempt : attempts) {
        line(json, attempt);
      }
      json.writeEndArray();
    } catch (IOException e) {
      throw new UncheckedIOException("a string takes everything", e);
    }
    return text.toString();
  }

  private static void line(JsonGenerator json, AttemptRecord attempt) throws IOException {
    json.writeStartObject();
    json.writeStringField("id", attempt.id().toString());
    json.writeStringField("at", attempt.at().toString());
    json.writeStringField("provider", attempt.target().servedBy());
    json.writeStringField("model", attempt.target().model().toString());
    json.writeBooleanField("simulated", attempt.target().simulated());
    json.writeNumberField("ms", attempt.took().toMillis());
    counts(json, attempt.usage());
    if (attempt.failure().isPresent()) {
      json.writeStringField("error_code", attempt.failure().get().name());
    }
    if (attempt.cost().isPresent()) {
      json.writeNumberField("cost_usd", attempt.cost().get().dollars());
    }
    if (attempt.providerCost().isPresent()) {
      json.writeNumberField("provider_cost_usd", attempt.providerCost().get().dollars());
    }
    json.writeEndObject();
  }

  private static void counts(JsonGenerator json, Usage usage) throws IOException {
    json.writeNumberField("prompt_tokens", usage.inputTokens());
    json.writeNumberField("completion_tokens", usage.outputTokens());
    json.writeNumberField("searches", usage.searches());
    some(json, "prompt_tokens_cached", usage.cachedTokens());
    some(json, "prompt_tokens_written_5m", usage.written5m());
    some(json, "prompt_tokens_written_1h", usage.written1h());
    some(json, "reasoning_tokens", usage.reasoningTokens());
    if (usage.estimated()) {
      json.writeBooleanField("estimated", true);
    }
  }

  private static void some(JsonGenerator json, String name, long count) throws IOException {
    if (count != 0) {
      json.writeNumberField(name, count);
    }
  }
}
