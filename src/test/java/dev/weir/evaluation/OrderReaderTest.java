package dev.weir.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.core.Json;
import dev.weir.core.Usd;
import java.math.BigDecimal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OrderReaderTest {
  @Test
  void whatIsLeftOutIsTheUsual() {
    var order = OrderReader.read(Json.parse("{\"function\": \"quiz\"}"));

    assertThat(order.candidate()).isEqualTo("candidate");
    assertThat(order.baseline()).isEmpty();
    assertThat(order.scorers()).containsExactly(new Scorer.Fits());
    assertThat(order.limit()).isEqualTo(200);
    assertThat(order.budget()).isEqualTo(Usd.of(BigDecimal.ONE));
    assertThat(order.cases()).isEmpty();
  }

  @Test
  void whatIsNullInACaseIsAbsentAndNullDeepDownIsNot() {
    var order =
        OrderReader.read(
            Json.parse(
                """
                {"function": "quiz", "cases": [
                  {"input": {}, "output": null, "expected": {"a": null}, "user": null}]}
                """));

    var one = order.cases().orElseThrow().getFirst();
    assertThat(one.line()).isEqualTo(1);
    assertThat(one.output()).isEmpty();
    assertThat(one.user()).isEmpty();
    assertThat(one.expected()).contains(Json.parse("{\"a\": null}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          []                                           | must be a JSON object
          {}                                           | 'function' is missing
          {"function": 5}                              | 'function'
          {"function": "q", "budget_usd": 0}           | 'budget_usd'
          {"function": "q", "budget_usd": 1e300}       | 'budget_usd'
          {"function": "q", "budget_usd": 1e-300}      | 'budget_usd'
          {"function": "q", "budget_usd": "1"}         | 'budget_usd'
          {"function": "q", "limit": 0}                | 'limit'
          {"function": "q", "limit": 1.5}              | 'limit'
          {"function": "q", "limit": 99999999999}      | 'limit'
          {"function": "q", "name": "-x"}              | 'name'
          {"function": "q", "name": "A"}               | 'name'
          {"function": "q", "scorers": []}             | 'scorers'
          {"function": "q", "scorers": [1]}            | 'scorers'
          {"function": "q", "scorers": ["exact","exact"]} | given twice
          {"function": "q", "cases": []}               | 'cases'
          {"function": "q", "cases": [1]}              | Line 1 must be a JSON object
          {"function": "q", "cases": [{"input": {}, "secret": 1}]} | Line 1 has a field
          {"function": "q", "cases": [{"line": 9, "input": {}, "user": "a b"}]} | Line 9: 'user'
          {"function": "q", "cases": [{"input": {}}], "version": "v"} | 'version'
          """)
  void whatIsWrongIsNamed(String body, String what) {
    assertThatThrownBy(() -> OrderReader.read(Json.parse(body)))
        .isInstanceOf(AIError.class)
        .hasMessageContaining(what)
        .hasMessageNotContaining("secret")
        .extracting(e -> ((AIError) e).code())
        .isEqualTo(ErrorCode.INVALID_REQUEST);
  }

  @Test
  void casesAreBounded() {
    var order = Json.object().put("function", "q");
    var cases = order.putArray("cases");
    for (var i = 0; i < 2_001; i++) {
      cases.addObject().putObject("input");
    }

    assertThatThrownBy(() -> OrderReader.read(order)).hasMessageContaining("2001 cases");
  }
}
