package dev.weir.repricing;

import dev.weir.core.Usd;
import dev.weir.pricing.PriceTable;
import dev.weir.repricing.Repricing.Sums;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Some rows, looked at.
 *
 * @param read how many
 * @param last whether there are no more behind them
 * @param lastId the last of them
 * @param lastStartedAt and when it came in
 * @param kept those that are left alone
 * @param models what was found, by model
 * @param changes the bills that are to change, with what they change to
 */
record Batch(
    int read,
    boolean last,
    Optional<UUID> lastId,
    Instant lastStartedAt,
    long kept,
    Map<String, Sums> models,
    List<Change> changes) {

  /** A bill, and what it becomes. */
  record Change(Bill bill, Bill.Look.Priced to) {}

  /** Callers may name models at will; so many have sums of their own. */
  private static final int MOST_MODELS = 200;

  private static final String OTHER = "other";

  /** Looks at a page of which {@code most} rows were asked for. */
  static Batch of(List<Bill> page, int most, Repricing so, PriceTable prices) {
    var order = so.order();
    var models = new LinkedHashMap<String, Sums>();
    var changes = new ArrayList<Change>();
    var kept = 0L;
    for (var bill : page) {
      var inSpan =
          !bill.startedAt().isBefore(order.from()) && bill.startedAt().isBefore(order.to());
      if (!inSpan || order.model().filter(model -> !bill.concerns(model)).isPresent()) {
        continue;
      }
      switch (bill.look(prices)) {
        case Bill.Look.Unclear _ -> kept++;
        case Bill.Look.Priced now -> {
          var change = !bill.says(now);
          if (change) {
            changes.add(new Change(bill, now));
          }
          models.merge(label(bill.model(), models, so), sums(bill, now, change), Sums::plus);
        }
      }
    }
    return new Batch(
        page.size(),
        page.size() < most,
        page.isEmpty() ? Optional.empty() : Optional.of(page.getLast().id()),
        page.isEmpty() ? order.to() : page.getLast().startedAt(),
        kept,
        models,
        changes);
  }

  /** All models together. */
  Sums sums() {
    return models.values().stream().reduce(Sums.NONE, Sums::plus);
  }

  private static Sums sums(Bill bill, Bill.Look.Priced now, boolean change) {
    return new Sums(
        1,
        change ? 1 : 0,
        now.cost().isEmpty() ? 1 : 0,
        bill.cost().orElse(Usd.ZERO),
        now.cost().orElse(Usd.ZERO));
  }

  private static String label(String model, Map<String, Sums> here, Repricing so) {
    var known = here.containsKey(model) || so.models().containsKey(model);
    return known || here.size() + so.models().size() < MOST_MODELS ? model : OTHER;
  }
}
