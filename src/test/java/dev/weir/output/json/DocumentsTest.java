package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DocumentsTest {
  private static final String SEVERAL =
      "First:\n"
          + "```json\n"
          + "{\"a\": 1}\n"
          + "```\n"
          + "then\n"
          + "```json\n"
          + "{\"b\": [1, 2, 3]}\n"
          + "```\n"
          + "last\n"
          + "```json\n"
          + "[4]\n"
          + "```";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "FIRST|{\"a\":1}",
        "LAST|[4]",
        "LARGEST|{\"b\":[1,2,3]}",
        "ALL|[{\"a\":1},{\"b\":[1,2,3]},[4]]",
        "AUTO|[{\"a\":1},{\"b\":[1,2,3]},[4]]"
      })
  void choosesAmongSeveral(Options.Documents choice, String expected) {
    var repaired = JsonRepair.repair(SEVERAL, Options.DEFAULTS.withDocuments(choice));

    assertThat(repaired.value().toString()).isEqualTo(expected);
    assertThat(repaired.counts()).containsKey(Edit.Kind.DOCUMENTS);
  }

  @Test
  void unwrapsAStringOnRequestOnly() {
    var text = "\"{\\\"a\\\": 1,}\"";

    assertThat(JsonRepair.repair(text).untouched()).isTrue();
    assertThat(JsonRepair.repair(text, Options.DEFAULTS.withUnwrapStrings(true)).value().toString())
        .isEqualTo("{\"a\":1}");
  }

  @Test
  void readsBytes() {
    var bytes = "\uFEFF{\"größe\": 'é'}".getBytes(StandardCharsets.UTF_8);

    var repaired = JsonRepair.repair(bytes, Options.DEFAULTS);

    assertThat(repaired.value().toString()).isEqualTo("{\"größe\":\"é\"}");
    assertThat(repaired.counts()).containsKey(Edit.Kind.BYTE_ORDER_MARK);
  }

  @Test
  void saysWhereAnEditIs() {
    var repaired = JsonRepair.repair("{\"a\": [1, 2,]}");

    assertThat(repaired.edits())
        .singleElement()
        .satisfies(
            edit -> {
              assertThat(edit.kind()).isEqualTo(Edit.Kind.TRAILING_COMMA);
              assertThat(edit.position()).isEqualTo(11);
            });
  }
}
