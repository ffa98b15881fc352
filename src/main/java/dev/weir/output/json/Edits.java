package dev.weir.output.json;

import java.util.ArrayList;
import java.util.List;

/** The edits of one repair so far: a bounded list and a count that goes on. */
final class Edits {
  private final int limit;
  private final List<Edit> list = new ArrayList<>();
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
    var after = Confidence.after(kind);
    if (after.compareTo(worst) > 0) {
      worst = after;
    }
  }

  void addAll(Edits others) {
    others.list.forEach(this::add);
    count += others.count - others.list.size();
    if (others.worst.compareTo(worst) > 0) {
      worst = others.worst;
    }
  }

  int count() {
    return count;
  }

  Confidence confidence() {
    return worst;
  }

  List<Edit> list() {
    return list;
  }
}
