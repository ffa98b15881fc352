package dev.weir.limits;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import java.util.List;

/**
 * Standings as {@code GET /v1/limits} and the admin API show them: of each subject its limits, what
 * is debited (used, leased or in doubt), and when it comes back.
 */
public final class StandingJson {
  private StandingJson() {}

  /** All subjects of a caller. */
  public static ObjectNode of(List<Standing> standings) {
    var json = Json.object();
    var subjects = json.putArray("subjects");
    standings.forEach(standing -> subjects.add(of(standing)));
    return json;
  }

  /** One subject. */
  public static ObjectNode of(Standing s) {
    var json = Json.object().put("kind", s.subject().kind().label()).put("id", s.subject().id());
    if (!s.tier().isEmpty()) {
      json.put("tier", s.tier());
    }
    json.put("as_of", s.moment().toString());
    var day = json.putObject("calls_per_day");
    count(day, s.dayLimit(), s.dayUsed());
    day.put("next_comes_back_in_ms", s.dayUsed() == 0 ? 0 : s.dayFrees().toMillis());
    var month = json.putObject("calls_per_month");
    count(month, s.monthLimit(), s.monthUsed());
    month.put("month", s.month().toString()).put("resets_in_ms", s.monthEnds().toMillis());
    var usd = json.putObject("usd_per_month");
    if (s.budgeted()) {
      usd.put("limit", new Usd(s.usdLimit()).dollars()).put("remaining", s.free().dollars());
    } else {
      usd.putNull("limit");
    }
    usd.put("used", new Usd(s.usdSettled()).dollars())
        .put("held", new Usd(s.usdHeld()).dollars())
        .put("resets_in_ms", s.monthEnds().toMillis());
    bound(json, "calls_per_minute", s.bounds().callsPerMinute());
    bound(json, "tokens_per_minute", s.bounds().tokensPerMinute());
    bound(json, "concurrent_calls", s.bounds().concurrent());
    return json;
  }

  private static void count(ObjectNode json, long limit, long used) {
    if (limit == Standing.NO_LIMIT) {
      json.putNull("limit");
    } else {
      json.put("limit", limit).put("remaining", Math.max(0, limit - used));
    }
    json.put("used", used);
  }

  private static void bound(ObjectNode json, String name, long limit) {
    if (limit != Standing.NO_LIMIT) {
      json.put(name, limit);
    }
  }
}
