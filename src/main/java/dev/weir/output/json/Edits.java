package dev.weir.output.json;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The edits of one repair so far: a bounded list, and counts by kind that go on. */
final class Edits {
  private final int limit;
  private final List<Edit> list = new ArrayList<>();
  private final Map<Edit.Kind, Integer> counts = new EnumMap<>(Edit.Kind.class);
  private int count;
  private Confidence worst = Confidence.EXACT;

  Edits(int limit) {
    this.limit = limit;
  }

  void add(int position, Edit.Kind kind, String description) {
    note(kind);
    if (list.size() < limit) {
      list.add(Edit.at(position, kind, description));
    }
  }

  void add(Edit edit) {
    note(edit.kind());
    if (list.size() < limit) {
      list.add(edit);
    }
  }

  private void note(Edit.Kind kind) {
    count++;
    counts.merge(kind, 1, Integer::sum);
    var after = Confidence.after(kind);
    if (after.compareTo(worst) > 0) {
      worst = after;
    }
  }

  void addAll(Edits others) {
    for (var edit : others.list) {
      if (list.size() < limit) {
        list.add(edit);
      }
    }
    count += others.count;
    others.counts.forEach((kind, times) -> counts.merge(kind, times, Integer::sum));
    if (others.worst.compareTo(worst) > 0) {
      worst = others.worst;
    }
  }

  int count() {
    return count;
  }

  Map<Edit.Kind, Integer> counts() {
    return counts;
  }

  Confidence confidence() {
    return worst;
  }

  List<Edit> list() {
    return list;
  }
}
