package dev.weir.limits;

import dev.weir.core.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** Everybody whose limits are in this process's memory. Thread-safe. */
final class Subjects {
  private final LeaseDesk desk;
  private final Clock clock;
  private final ConcurrentMap<String, Holder> users = new ConcurrentHashMap<>();
  private final ConcurrentMap<UUID, Holder> keys = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Holder> teams = new ConcurrentHashMap<>();

  Subjects(LeaseDesk desk, Clock clock) {
    this.desk = desk;
    this.clock = clock;
  }

  /** Those of a call, made where they are new: its user, its key, its team if it has one. */
  Holder[] holders(Who who) {
    var team = who.team();
    var all = new Holder[team.isPresent() ? 3 : 2];
    all[0] = holder(users, who.user(), Subject.Kind.USER);
    all[1] = holder(keys, who.key(), Subject.Kind.KEY);
    if (team.isPresent()) {
      all[2] = holder(teams, team.get(), Subject.Kind.TEAM);
    }
    return all;
  }

  /** One, made if it is new. */
  Holder holder(Subject subject) {
    return switch (subject.kind()) {
      case USER -> holder(users, subject.id(), subject.kind());
      case KEY -> holder(keys, UUID.fromString(subject.id()), subject.kind());
      case TEAM -> holder(teams, subject.id(), subject.kind());
    };
  }

  private <K> Holder holder(ConcurrentMap<K, Holder> map, K id, Subject.Kind kind) {
    var known = map.get(id);
    return known != null
        ? known
        : map.computeIfAbsent(id, k -> new Holder(new Subject(kind, k.toString()), desk, clock));
  }

  /** One that is in memory, as notifications name it. */
  Optional<Holder> find(String subject) {
    var colon = subject.indexOf(':');
    if (colon < 0) {
      return Optional.empty();
    }
    var id = subject.substring(colon + 1);
    return Optional.ofNullable(
        switch (subject.substring(0, colon)) {
          case "user" -> users.get(id);
          case "key" -> id.length() == 36 ? keys.get(UUID.fromString(id)) : null;
          case "team" -> teams.get(id);
          default -> null;
        });
  }

  /** The limits of a subject, or of everybody of a tier, have changed. */
  void changed(String subject) {
    if (subject.startsWith("tier:")) {
      var tier = subject.substring("tier:".length());
      users.values().stream()
          .filter(h -> h.standing().filter(s -> s.tier().equals(tier)).isPresent())
          .forEach(Holder::changed);
    } else {
      find(subject).ifPresent(Holder::changed);
    }
  }

  Optional<String> tier(String user) {
    return Optional.ofNullable(users.get(user)).flatMap(Holder::standing).map(Standing::tier);
  }

  /** A holder that was retired in the moment between finding it and waiting at it. */
  void replaceRetired(Charge charge, Who who) {
    sweep();
    var fresh = holders(who);
    for (var i = 0; i < fresh.length; i++) {
      if (fresh[i] != charge.holders()[i]) {
        charge.replace(i, fresh[i]);
      }
    }
  }

  /** Forgets those that nobody has used for a while. */
  void sweep() {
    var now = clock.nanoTime();
    for (Map<?, Holder> map : List.of(users, keys, teams)) {
      map.values().removeIf(holder -> holder.retire(now));
    }
  }

  int count() {
    return users.size() + keys.size() + teams.size();
  }
}
