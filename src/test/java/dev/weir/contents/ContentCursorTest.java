package dev.weir.contents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentCursorTest {
  @Test
  void aPlaceComesBackAsItWas() {
    var place = new ContentCursor(Instant.parse("2026-11-30T06:30:00.123456Z"), UUID.randomUUID());

    assertThat(ContentCursor.of(place.text())).isEqualTo(place);
    assertThat(place.text()).matches("[A-Za-z0-9_-]{32}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "odd%",
        "00000000-0000-7000-8000-00000000ca4e",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "f_______________________________"
      })
  void whatIsNoPlaceIsRefused(String text) {
    assertThatThrownBy(() -> ContentCursor.of(text))
        .isInstanceOf(AIError.class)
        .hasMessageContaining("'next' of the page before");
  }
}
