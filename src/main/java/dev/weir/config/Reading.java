package dev.weir.config;

import dev.weir.core.Nearest;
import dev.weir.core.Secret;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads typed values: from the environment where it says something, else from the file, else the
 * standard value. A value that is wrong becomes a fault and is read as the standard one, so that
 * all faults are found in one go.
 */
final class Reading {
  private static final int MAX_SECRET_BYTES = 64 << 10;

  private final Map<String, Given> environment;
  private final YamlSettings file;
  private final List<ConfigFault> faults;
  private final Set<String> wrong = new HashSet<>();

  /**
   * A reading of two layers.
   *
   * @param environment what the environment says, by key; it wins
   * @param file what the file says
   * @param faults where faults go
   */
  Reading(Map<String, Given> environment, YamlSettings file, List<ConfigFault> faults) {
    this.environment = environment;
    this.file = file;
    this.faults = faults;
  }

  /** What is written for a key, if anything. */
  Optional<Given> given(String key) {
    return Optional.ofNullable(environment.getOrDefault(key, file.values().get(key)));
  }

  /** A fault in what is written for a key, or of its absence. */
  void fault(String key, String reason) {
    wrong.add(key);
    faults.add(
        given(key)
            .or(() -> given(key + "_file"))
            .map(given -> given.fault(reason))
            .orElseGet(() -> file.absent(key, reason)));
  }

  /** Whether a fault was found for this key, so that nothing more is concluded from it. */
  boolean isWrong(String key) {
    return wrong.contains(key);
  }

  Optional<String> text(String key) {
    return given(key).map(Given::text).filter(text -> !text.isBlank());
  }

  String text(String key, String standard) {
    return text(key).orElse(standard);
  }

  boolean flag(String key, boolean standard) {
    var text = text(key);
    if (text.isEmpty()) {
      return standard;
    }
    return switch (text.get().toLowerCase(Locale.ROOT)) {
      case "true" -> true;
      case "false" -> false;
      default -> {
        fault(key, "must be true or false, not \"" + text.get() + "\"");
        yield standard;
      }
    };
  }

  int count(String key, int standard, int least, int most) {
    var text = text(key);
    if (text.isEmpty()) {
      return standard;
    }
    var number = text.get().matches("[0-9]{1,9}") ? Integer.parseInt(text.get()) : -1;
    if (number < least || number > most) {
      fault(
          key,
          "must be a whole number from " + least + " to " + most + ", not \"" + text.get() + "\"");
      return standard;
    }
    return number;
  }

  /** An amount in plain decimals. */
  BigDecimal amount(String key, BigDecimal standard, BigDecimal least, BigDecimal most) {
    var text = text(key);
    if (text.isEmpty()) {
      return standard;
    }
    if (text.get().matches("[0-9]{1,9}(\\.[0-9]{1,9})?")) {
      var amount = new BigDecimal(text.get());
      if (amount.compareTo(least) >= 0 && amount.compareTo(most) <= 0) {
        return amount;
      }
    }
    fault(
        key,
        "must be an amount from "
            + least.toPlainString()
            + " to "
            + most.toPlainString()
            + ", not \""
            + text.get()
            + "\"");
    return standard;
  }

  Duration duration(String key, Duration standard, Duration least, Duration most) {
    var text = text(key);
    if (text.isEmpty()) {
      return standard;
    }
    var duration = Quantities.duration(text.get());
    if (duration.isEmpty()) {
      fault(
          key,
          "must be a duration such as 250ms, 60s, 5m, 2h or a number of milliseconds, not \""
              + text.get()
              + "\"");
    } else if (duration.get().compareTo(least) < 0 || duration.get().compareTo(most) > 0) {
      fault(
          key,
          "must be from "
              + Quantities.text(least)
              + " to "
              + Quantities.text(most)
              + ", not "
              + text.get());
    } else {
      return duration.get();
    }
    return standard;
  }

  int size(String key, int standard, long least, long most) {
    var text = text(key);
    if (text.isEmpty()) {
      return standard;
    }
    var size = Quantities.size(text.get());
    if (size.isEmpty()) {
      fault(
          key,
          "must be a size such as 16KiB, 8MiB or a number of bytes, not \"" + text.get() + "\"");
    } else if (size.get() < least || size.get() > most) {
      fault(
          key,
          "must be from "
              + Quantities.text(least)
              + " to "
              + Quantities.text(most)
              + ", not "
              + text.get());
    } else {
      return Math.toIntExact(size.get());
    }
    return standard;
  }

  /** One of an enum's names in small letters (capitals are accepted). */
  <E extends Enum<E>> E choice(String key, Class<E> type, E standard) {
    var text = text(key);
    if (text.isEmpty()) {
      return standard;
    }
    var constants = List.of(type.getEnumConstants());
    var found = constants.stream().filter(c -> c.name().equalsIgnoreCase(text.get())).findFirst();
    if (found.isEmpty()) {
      var names = constants.stream().map(c -> c.name().toLowerCase(Locale.ROOT)).toList();
      fault(
          key,
          "must be one of "
              + String.join(", ", names)
              + ", not \""
              + text.get()
              + "\""
              + Nearest.suggestion(text.get().toLowerCase(Locale.ROOT), names));
    }
    return found.orElse(standard);
  }

  List<String> list(String key, List<String> standard) {
    var given = given(key);
    if (given.isEmpty()) {
      return standard;
    }
    var values = given.get().values();
    return values.size() == 1
        ? Arrays.stream(values.getFirst().split(","))
            .map(String::strip)
            .filter(item -> !item.isEmpty())
            .toList()
        : values;
  }

  /** A secret as it stands, or from the file that is named for it. */
  Optional<Secret> secret(String key) {
    for (var layer : List.of(environment, file.values())) {
      var direct = Optional.ofNullable(layer.get(key));
      var mounted = Optional.ofNullable(layer.get(key + "_file"));
      if (direct.isPresent() && mounted.isPresent()) {
        faults.add(
            mounted.get().fault("stands beside " + direct.get().path() + "; set one of the two"));
      } else if (direct.isPresent()) {
        return direct.map(Given::text).filter(text -> !text.isBlank()).map(Secret::new);
      } else if (mounted.isPresent()) {
        var secret = mounted(mounted.get());
        if (secret.isEmpty()) {
          wrong.add(key);
        }
        return secret;
      }
    }
    return Optional.empty();
  }

  private Optional<Secret> mounted(Given given) {
    var path = Path.of(given.text());
    try {
      if (Files.size(path) > MAX_SECRET_BYTES) {
        faults.add(given.fault("names a file of more than 64KiB, which cannot be a secret"));
        return Optional.empty();
      }
      var text = Files.readString(path).strip();
      if (!text.isEmpty()) {
        return Optional.of(new Secret(text));
      }
      faults.add(given.fault("names an empty file"));
    } catch (IOException _) {
      faults.add(
          given.fault(
              Files.exists(path)
                  ? "names a file that cannot be read as text by this user: " + path
                  : "names a file that does not exist: " + path));
    }
    return Optional.empty();
  }

  /** The names in a sentence, sorted. */
  static String names(Collection<String> names) {
    return names.stream().sorted().collect(Collectors.joining(", "));
  }
}
