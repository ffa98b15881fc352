package dev.weir.http;

import dev.weir.analytics.UsageAnalytics;
import dev.weir.analytics.UsageQuery;
import dev.weir.analytics.UsageQueryReader;
import dev.weir.core.AIError;
import dev.weir.gateway.Principal;
import dev.weir.wire.UsageCsv;
import dev.weir.wire.UsageJson;
import io.vertx.core.buffer.Buffer;
import java.util.HashMap;
import java.util.Map;

/** {@code GET /v1/usage}: the caller's own usage, as JSON or CSV. */
final class UsageEndpoint {
  private static final int LONGEST_EXPORT = 1_000_000;

  private final Reception reception;
  private final UsageAnalytics usage;

  UsageEndpoint(Reception reception, UsageAnalytics usage) {
    this.reception = reception;
    this.usage = usage;
  }

  void show(Visit visit, String none) {
    var parameters = parameters(visit);
    var query = UsageQueryReader.read(parameters, usage.now());
    if (csv(visit, parameters)) {
      visit.with(reception.identify(visit), principal -> export(visit, principal, query));
    } else {
      visit.with(
          reception.identify(visit).compose(who -> usage.ofUser(who.user(), query)),
          report -> visit.reply(200, UsageJson.of(report)));
    }
  }

  private void export(Visit visit, Principal principal, UsageQuery query) {
    visit.beginDownload(UsageCsv.TYPE, "usage.csv");
    usage
        .streamOfUser(
            principal.user(),
            query.first(LONGEST_EXPORT),
            UsageCsv.head(query),
            UsageCsv::line,
            visit.response())
        .onSuccess(_ -> visit.end(Buffer.buffer()))
        .onFailure(e -> visit.breakOff(AIError.from(e)));
  }

  private static boolean csv(Visit visit, Map<String, String> parameters) {
    var accepted = visit.headers().get("accept");
    return switch (parameters.getOrDefault("format", "")) {
      case "csv" -> true;
      case "json" -> false;
      case "" -> accepted != null && accepted.contains("text/csv");
      default -> throw AIError.invalid("format must be json or csv.").with("param", "format");
    };
  }

  private static Map<String, String> parameters(Visit visit) {
    var parameters = new HashMap<String, String>();
    for (var entry : visit.request().params()) {
      if (parameters.put(entry.getKey(), entry.getValue()) != null) {
        throw AIError.invalid(
            "A parameter stands twice; give each once (several groups as group_by=user,model).");
      }
    }
    return parameters;
  }
}
