package dev.weir.contents;

import io.vertx.sqlclient.Tuple;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One page of a list as SQL. Only the conditions that are asked for stand in it, so that each kind
 * of list has a plan of its own; without words none are read, with them a page ends where it would
 * get too heavy, but never before its first content.
 */
final class ContentQuery {
  /** What a page of words weighs at most, in bytes, unless its first content alone does. */
  static final int HEAVIEST = 4 * 1024 * 1024;

  private static final String FACTS =
      "id, user_id, function_name, function_version, kind, source_id, run_name, run_id, model,"
          + " error_code, cost_usd, latency_ms, created_at, expires_at";

  /** Known without reading what is so long. */
  private static final String WEIGHT =
      ", input, output, expected, octet_length(input) + coalesce(octet_length(output), 0)"
          + " + coalesce(octet_length(expected), 0) AS weight";

  private final StringBuilder conditions = new StringBuilder();
  private final List<Object> parameters = new ArrayList<>();
  private final int most;
  private final boolean words;

  ContentQuery(Contents.Filter filter, int most, boolean words) {
    this.most = most;
    this.words = words;
    parameters.add(most);
    filter.function().ifPresent(function -> and("function_name = %s", function));
    filter.version().ifPresent(version -> and("function_version = %s", version));
    filter.kind().ifPresent(kind -> and("kind = %s", kind.label()));
    filter.run().ifPresent(this::of);
    filter.user().ifPresent(user -> and("user_id = %s", user));
    filter
        .after()
        .ifPresent(
            after ->
                and(
                    "(created_at, id) < (%s, %s)",
                    after.createdAt().atOffset(ZoneOffset.UTC), after.id()));
  }

  private void of(Contents.Run run) {
    and("run_name = %s", run.name());
    and("kind = %s", run.kind().label());
    run.id().ifPresentOrElse(id -> and("run_id = %s", id), () -> and("run_id IS NULL"));
  }

  private void and(String condition, Object... values) {
    var names = new ArrayList<String>();
    for (var value : values) {
      parameters.add(value);
      names.add("$" + parameters.size());
    }
    conditions.append(" AND ").append(condition.formatted(names.toArray()));
  }

  boolean words() {
    return words;
  }

  String sql() {
    return words ? heavy() : light();
  }

  private String light() {
    return "SELECT p.*, count(*) OVER () AS found FROM (%s) AS p".formatted(page(FACTS));
  }

  private String heavy() {
    return """
    SELECT * FROM (
      SELECT p.*, count(*) OVER () AS found, sum(p.weight) OVER newest AS weight_so_far
      FROM (%s) AS p
      WINDOW newest AS (ORDER BY p.created_at DESC, p.id DESC ROWS UNBOUNDED PRECEDING)) AS w
    WHERE weight_so_far <= %d OR weight_so_far = weight
    ORDER BY created_at DESC, id DESC\
    """
        .formatted(page(FACTS + WEIGHT), HEAVIEST);
  }

  /** With one content more, to know whether there is a next page. */
  private String page(String columns) {
    return """
    SELECT %s FROM stored_contents WHERE expires_at > now()%s
    ORDER BY created_at DESC, id DESC LIMIT $1 + 1\
    """
        .formatted(columns, conditions);
  }

  Tuple parameters() {
    return Tuple.wrap(parameters);
  }

  /**
   * What was read as a page.
   *
   * @param found how many there were before the page got too heavy, one more than a page at most
   */
  Contents.Page page(List<ContentRow> rows, long found) {
    var page = rows.size() > most ? rows.subList(0, most) : rows;
    return new Contents.Page(
        page, found > page.size() ? Optional.of(page.getLast().place()) : Optional.empty());
  }
}
