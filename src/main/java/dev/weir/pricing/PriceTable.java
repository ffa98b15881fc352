package dev.weir.pricing;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The prices of all models, each with its history. Immutable and thread-safe; a reload makes a new
 * one.
 */
public final class PriceTable {
  private final Map<String, List<Price>> byModel;
  private final String digest;

  private PriceTable(Map<String, List<Price>> byModel) {
    this.byModel = byModel;
    this.digest = digest(byModel);
  }

  static PriceTable of(List<Price> prices) {
    var table = new HashMap<String, List<Price>>();
    prices.forEach(p -> table.computeIfAbsent(p.model(), _ -> new ArrayList<>()).add(p));
    table.values().forEach(l -> l.sort(Comparator.comparing(Price::from).reversed()));
    return new PriceTable(table);
  }

  /**
   * What this usage of a model costs.
   *
   * @param model {@code provider/model}
   * @param at the moment of the call: the newest entry that begins no later holds
   * @return the cost, or empty if the model has no price then
   */
  public Optional<Usd> cost(String model, Usage usage, Instant at) {
    return byModel.getOrDefault(model, List.of()).stream()
        .filter(p -> !p.from().isAfter(at))
        .findFirst()
        .map(p -> p.cost(usage));
  }

  /** Whether the model has a price at this moment. */
  public boolean has(String model, Instant at) {
    return byModel.getOrDefault(model, List.of()).stream().anyMatch(p -> !p.from().isAfter(at));
  }

  /**
   * A fingerprint of all entries: two tables that price everything alike have the same, in whatever
   * order their files are written.
   */
  public String digest() {
    return digest;
  }

  /** The models that have prices, as {@code provider/model}. */
  public Set<String> models() {
    return Set.copyOf(byModel.keySet());
  }

  private static String digest(Map<String, List<Price>> byModel) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      for (var prices : new TreeMap<>(byModel).values()) {
        for (var price : prices) {
          sha.update((price + "\n").getBytes(StandardCharsets.UTF_8));
        }
      }
      return HexFormat.of().formatHex(sha.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JVM has it
    }
  }
}
