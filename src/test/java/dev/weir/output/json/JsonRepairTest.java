package dev.weir.output.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JsonRepairTest {
  @Test
  void returnsValidJsonUnchanged() {
    var repaired = JsonRepair.repair("{\"a\": [1, 2.5, \"x\"], \"b\": null}");

    assertThat(repaired.untouched()).isTrue();
    assertThat(repaired.confidence()).isEqualTo(Confidence.EXACT);
    assertThat(repaired.value().toString()).isEqualTo("{\"a\":[1,2.5,\"x\"],\"b\":null}");
  }

  @Test
  void findsAndRepairsADocumentInProse() {
    var repaired = JsonRepair.repair("Sure! {'name': 'Ada', 'langs': ['en',]");

    assertThat(repaired.value().toString()).isEqualTo("{\"name\":\"Ada\",\"langs\":[\"en\"]}");
    assertThat(repaired.counts().keySet())
        .containsExactlyInAnyOrder(
            Edit.Kind.PROSE, Edit.Kind.QUOTE_STYLE, Edit.Kind.TRAILING_COMMA, Edit.Kind.TRUNCATED);
    assertThat(repaired.confidence()).isEqualTo(Confidence.MEDIUM);
  }

  @Test
  void saysSoWhenThereIsNothing() {
    var repaired = JsonRepair.repair("I cannot help with that.");

    assertThat(repaired.found()).isFalse();
    assertThat(repaired.value().isMissingNode()).isTrue();
  }
}
