package dev.weir.pricing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Reads {@code conf/prices.yaml}: a list {@code prices} of dated entries.
 *
 * <pre>{@code
 * prices:
 *   - model: perplexity/sonar
 *     from: 2026-01-01
 *     input: 0.25        # USD per million tokens
 *     cached: 0.0625     # read from the provider's cache; default: input
 *     cache_write: {5m: 0.3125, 1h: 0.5}    # written to it, by time to live; default: input
 *     output: 2.50
 *     reasoning: 2.50    # default: output
 *     request: 0         # USD per request
 *     search: 0.005      # USD per web search
 *     above:             # other rates for large prompts
 *       - {tokens: 200000, input: 0.50, output: 5.00}
 * }</pre>
 *
 * Blocks on the file; called at start and on a worker.
 */
public final class PriceFile {
  private static final ObjectMapper YAML =
      new ObjectMapper(
              YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build())
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
  private static final Set<String> FIELDS =
      Set.of(
          "model",
          "from",
          "input",
          "cached",
          "cache_write",
          "output",
          "reasoning",
          "request",
          "search",
          "above");
  private static final Set<String> ABOVE_FIELDS =
      Set.of("tokens", "input", "cached", "cache_write", "output", "reasoning");
  private static final Set<String> WRITE_FIELDS = Set.of("5m", "1h");
  private static final BigDecimal MOST = BigDecimal.valueOf(1_000_000);

  private PriceFile() {}

  /** What reading gives. */
  public sealed interface Result {
    /** A table that can be used. */
    record Loaded(PriceTable table) implements Result {}

    /**
     * The file cannot be used.
     *
     * @param faults every fault, each with file and path
     */
    record Refused(List<String> faults) implements Result {}
  }

  /** Reads the file whole; it is used whole or not at all. */
  public static Result read(Path file) {
    JsonNode root;
    try {
      root = YAML.readTree(Files.readString(file));
    } catch (JsonProcessingException e) {
      var at = Optional.ofNullable(e.getLocation()).map(l -> ":" + l.getLineNr()).orElse("");
      return new Result.Refused(List.of(file + at + ": this is not valid YAML"));
    } catch (IOException e) {
      return new Result.Refused(List.of(file + ": the price table cannot be read"));
    }
    var reader = new Reader(file);
    var prices = reader.prices(root);
    return reader.faults.isEmpty()
        ? new Result.Loaded(PriceTable.of(prices))
        : new Result.Refused(reader.faults);
  }

  /** One reading of one file; gathers faults instead of stopping at the first. */
  private static final class Reader {
    private final Path file;
    private final List<String> faults = new ArrayList<>();

    private Reader(Path file) {
      this.file = file;
    }

    private List<Price> prices(JsonNode root) {
      var list = root.path("prices");
      if (!list.isArray()) {
        fault("$.prices", "must be a list of prices");
        return List.of();
      }
      var prices = new ArrayList<Price>();
      var seen = new java.util.HashSet<String>();
      for (var i = 0; i < list.size(); i++) {
        var price = price("$.prices[" + i + "]", list.get(i));
        if (!seen.add(price.model() + "@" + price.from())) {
          fault("$.prices[" + i + "]", "is a second price of this model from this day");
        }
        prices.add(price);
      }
      return prices;
    }

    private Price price(String path, JsonNode node) {
      onlyKnown(path, node, FIELDS);
      var model = node.path("model").asText();
      if (!model.contains("/")) {
        fault(path + ".model", "must name a model as provider/model");
      }
      var rates = new ArrayList<Price.Rates>();
      rates.add(rates(path, node, 0));
      var above = node.path("above");
      for (var i = 0; i < above.size(); i++) {
        var at = path + ".above[" + i + "]";
        onlyKnown(at, above.get(i), ABOVE_FIELDS);
        var tokens = above.get(i).path("tokens");
        if (!tokens.canConvertToLong() || tokens.longValue() <= 0) {
          fault(at + ".tokens", "must be a number of tokens over 0");
        }
        rates.add(rates(at, above.get(i), tokens.asLong()));
      }
      rates.sort(Comparator.comparingLong(Price.Rates::above));
      return new Price(
          model,
          from(path + ".from", node.path("from")),
          rates,
          amount(path + ".request", node.path("request"), Optional.of(BigDecimal.ZERO)),
          amount(path + ".search", node.path("search"), Optional.of(BigDecimal.ZERO)));
    }

    private Price.Rates rates(String path, JsonNode node, long above) {
      var input = amount(path + ".input", node.path("input"), Optional.empty());
      var output = amount(path + ".output", node.path("output"), Optional.empty());
      return new Price.Rates(
          above,
          input,
          amount(path + ".cached", node.path("cached"), Optional.of(input)),
          written(path, node.path("cache_write"), "5m", input),
          written(path, node.path("cache_write"), "1h", input),
          output,
          amount(path + ".reasoning", node.path("reasoning"), Optional.of(output)));
    }

    private BigDecimal written(String path, JsonNode writes, String life, BigDecimal input) {
      var at = path + ".cache_write";
      if (!writes.isMissingNode() && !writes.isObject()) {
        fault(at, "must be the prices by time to live, such as {5m: 3.75, 1h: 6}");
        return input;
      }
      onlyKnown(at, writes, WRITE_FIELDS);
      return amount(at + "." + life, writes.path(life), Optional.of(input));
    }

    private Instant from(String path, JsonNode node) {
      try {
        return LocalDate.parse(node.asText()).atStartOfDay().toInstant(ZoneOffset.UTC);
      } catch (DateTimeException _) {
        fault(path, "must be a day such as 2026-01-31 (it begins at 00:00 UTC)");
        return Instant.EPOCH;
      }
    }

    private BigDecimal amount(String path, JsonNode node, Optional<BigDecimal> fallback) {
      if (node.isMissingNode() && fallback.isPresent()) {
        return fallback.get();
      }
      var value = node.isNumber() ? node.decimalValue() : BigDecimal.ONE.negate();
      if (value.signum() < 0 || value.compareTo(MOST) > 0 || value.scale() > 12) {
        fault(path, "must be an amount in USD from 0 to " + MOST + " with at most 12 decimals");
        return BigDecimal.ZERO;
      }
      return value;
    }

    private void onlyKnown(String path, JsonNode node, Set<String> known) {
      node.fieldNames()
          .forEachRemaining(
              name -> {
                if (!known.contains(name)) {
                  fault(path + "." + name, "is not a field of a price");
                }
              });
    }

    private void fault(String path, String reason) {
      faults.add(file + ": " + path + " " + reason);
    }
  }
}
