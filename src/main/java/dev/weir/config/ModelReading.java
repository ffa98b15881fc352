package dev.weir.config;

import dev.weir.core.Nearest;
import dev.weir.core.Usd;
import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The logical names of models among the settings; each must lead to a provider that exists. */
final class ModelReading {
  private static final BigDecimal LEAST_USD = new BigDecimal("0.000000001");
  private static final BigDecimal MOST_USD = new BigDecimal(10_000);

  private final Reading reading;
  private final Set<String> providers;

  ModelReading(Reading reading, Set<String> providers) {
    this.reading = reading;
    this.providers = providers;
  }

  /** The logical names. */
  Map<String, ModelAlias> models(Set<String> names) {
    var models = new LinkedHashMap<String, ModelAlias>();
    for (var name : names) {
      var key = "models." + name + ".";
      var model = reading.text(key + "model");
      if (model.isEmpty()) {
        reading.fault(key + "model", "is missing: provider/model");
      } else if (model.get().indexOf('/') < 0) {
        reading.fault(key + "model", "must be provider/model, not \"" + model.get() + "\"");
      } else {
        checkReference(key + "model", model.get(), names);
      }
      var fallbacks = reading.list(key + "fallbacks", List.of());
      for (var fallback : fallbacks) {
        checkReference(key + "fallbacks", fallback, names);
      }
      models.put(
          name,
          new ModelAlias(
              name,
              model.orElse(""),
              reading.flag(key + "search", false),
              reading.text(key + "preset"),
              fallbacks,
              maxCost(key + "max_cost_usd")));
    }
    return models;
  }

  private Optional<Usd> maxCost(String key) {
    return reading.text(key).map(_ -> Usd.of(reading.amount(key, MOST_USD, LEAST_USD, MOST_USD)));
  }

  /** The model that replaces those of all shipped functions. */
  Optional<String> defaultModel(Set<String> names) {
    var model = reading.text("default_model");
    model.ifPresent(text -> checkReference("default_model", text, names));
    return model;
  }

  private void checkReference(String key, String model, Set<String> names) {
    var slash = model.indexOf('/');
    if (slash < 0) {
      if (!names.contains(model)) {
        reading.fault(
            key,
            "\""
                + model
                + "\" is neither provider/model nor one of the models here"
                + Nearest.suggestion(model, names));
      }
    } else if (slash == model.length() - 1 || !providers.contains(model.substring(0, slash))) {
      var provider = model.substring(0, slash);
      reading.fault(
          key,
          "\""
              + model
              + "\" names no configured provider ("
              + Reading.names(providers)
              + ")"
              + Nearest.suggestion(provider, providers));
    }
  }
}
