package dev.weir.evaluation;

import dev.weir.gateway.Principal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The order in which items are asked: users by a digest of their names, all items of a user
 * together. It knows nothing of scores, so that an evaluation may stop anywhere and what it has
 * seen by then is a fair draw of users.
 */
final class ItemOrder {
  private ItemOrder() {}

  /** A stored content, and whose it is. */
  record Source(UUID id, String user, boolean expected) {}

  /** Items made of stored contents. */
  static List<Item> ofStored(String evaluation, List<Source> sources) {
    var units = new TreeMap<String, List<Draft>>();
    for (var source : sources) {
      add(
          units,
          evaluation,
          "u" + source.user(),
          new Draft(source.user(), Optional.of(source.id()), Optional.empty()));
    }
    return placed(units);
  }

  /** Items made of cases; each without a user stands for itself. */
  static List<Item> ofCases(String evaluation, Principal account, List<Case> cases) {
    var units = new TreeMap<String, List<Draft>>();
    for (var i = 0; i < cases.size(); i++) {
      var one = cases.get(i);
      var alone = "c" + i;
      add(
          units,
          evaluation,
          one.user().map(user -> "u" + user).orElse(alone),
          new Draft(one.user().orElse(account.user()), Optional.empty(), Optional.of(one)));
    }
    return placed(units);
  }

  private record Draft(String user, Optional<UUID> source, Optional<Case> given) {}

  private static void add(
      SortedMap<String, List<Draft>> units, String evaluation, String unit, Draft draft) {
    units.computeIfAbsent(digest(evaluation, unit), _ -> new ArrayList<>()).add(draft);
  }

  private static List<Item> placed(SortedMap<String, List<Draft>> units) {
    var items = new ArrayList<Item>();
    var unit = 0;
    for (var drafts : units.values()) {
      for (var draft : drafts) {
        items.add(
            new Item(
                items.size(), unit, drafts.size(), draft.user(), draft.source(), draft.given()));
      }
      unit++;
    }
    return items;
  }

  private static String digest(String evaluation, String unit) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      sha.update(evaluation.getBytes(StandardCharsets.UTF_8));
      sha.update((byte) 0);
      return HexFormat.of().formatHex(sha.digest(unit.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
