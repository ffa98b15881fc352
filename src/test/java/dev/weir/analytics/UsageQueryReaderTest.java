package dev.weir.analytics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageQueryReaderTest {
  private static final Instant NOW = Instant.parse("2026-11-24T23:12:00Z");

  @Test
  void withoutParametersItIsTheLastThirtyDays() {
    var query = read(Map.of());

    assertThat(query.from()).isEqualTo("2026-10-26T00:00:00Z");
    assertThat(query.to()).isEqualTo("2026-11-25T00:00:00Z");
    assertThat(query.groupBy()).isEmpty();
    assertThat(query.interval()).isEqualTo(Interval.NONE);
  }

  @Test
  void everyPartOfAQuestionIsRead() {
    var query =
        read(
            Map.of(
                "from", "2026-11-01",
                "to", "2026-11-02T12:00:00+02:00",
                "group_by", "function, tag:team",
                "interval", "hour",
                "order", "calls",
                "limit", "7",
                "cursor", "14",
                "model", "perplexity/sonar"));

    assertThat(query.to()).isEqualTo("2026-11-02T10:00:00Z");
    assertThat(query.groupBy()).extracting(Dimension::name).containsExactly("function", "tag:team");
    assertThat(query.filters()).containsValue("perplexity/sonar");
    assertThat(query.limit()).isEqualTo(7);
    assertThat(query.offset()).isEqualTo(14);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "group_by | usr           | there are user, team, key, function",
        "group_by | user,user     | each once",
        "group_by | tag:Team      | tag:KEY",
        "grup_by  | user          | Did you mean 'group_by'?",
        "from     | yesterday     | 2026-11-01",
        "from     | 2027-01-01    | before to",
        "from     | 1999-01-01    | ten years",
        "interval | week          | none, hour, day, month",
        "order    | name          | cost, calls, tokens, errors",
        "limit    | 0             | from 1 to 1000",
        "limit    | 1001          | from 1 to 1000",
        "cursor   | -1            | from 0",
        "percentiles | maybe      | true or false"
      })
  void whatIsWrongIsToldWithWhatIsAllowed(String name, String value, String message) {
    assertThatThrownBy(() -> read(Map.of(name, value)))
        .isInstanceOfSatisfying(
            AIError.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.INVALID_REQUEST))
        .hasMessageContaining(name)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "2026-10-01 | 2026-11-01           | -                | none  | MONTHS",
        "2026-11-01 | 2026-11-25           | function,model   | none  | MONTHS",
        "2026-11-01 | 2026-11-20           | function         | none  | DAYS",
        "2026-10-26 | 2026-11-25           | variant          | day   | DAYS",
        "2026-10-26 | 2026-11-25           | cache            | hour  | HOURS",
        "2026-11-01 | 2026-11-20T08:00:00Z | version          | none  | HOURS",
        "2026-11-01 | 2026-11-20           | user,function    | day   | USERS",
        "2026-11-01 | 2026-11-20           | tag:team,model   | month | TAGS",
        "2026-11-01 | 2026-11-20           | user,variant     | none  | CALLS",
        "2026-11-01 | 2026-11-20           | tag:team,tag:app | none  | CALLS",
        "2026-11-20T08:30:00Z | 2026-11-20T08:31:00Z | function | none | CALLS"
      })
  void theCoarsestTableThatHoldsTheAnswerIsAsked(
      String from, String to, String groups, String interval, String source) {
    var query =
        read(
            Map.of(
                "from", from,
                "to", to,
                "group_by", groups == null ? "" : groups,
                "interval", interval));

    assertThat(SourceChoice.of(query, false, NOW)).isEqualTo(Source.valueOf(source));
  }

  @Test
  void aUserIsAnsweredFromWhatRowLevelSecurityCanCut() {
    assertThat(SourceChoice.of(read(Map.of("group_by", "function")), true, NOW))
        .isEqualTo(Source.USERS);
    assertThat(SourceChoice.of(read(Map.of("group_by", "tag:team")), true, NOW))
        .isEqualTo(Source.CALLS);
  }

  @Test
  void aLongSpanOfSingleCallsIsRefusedWithAWayOut() {
    var query = read(Map.of("from", "2026-01-01", "group_by", "user,variant"));

    assertThatThrownBy(() -> SourceChoice.of(query, false, NOW))
        .hasMessageContaining("at most 31 days");
  }

  private static UsageQuery read(Map<String, String> parameters) {
    return UsageQueryReader.read(parameters, NOW);
  }
}
