package dev.weir.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import org.junit.jupiter.api.Test;

class IdsTest {
  @Test
  void areVersion7OfTheIetfVariantAndCarryTheMoment() {
    var at = Instant.ofEpochMilli(1_795_000_000_123L);

    var id = Ids.next(new FixedClock(at));

    assertThat(id.version()).isEqualTo(7);
    assertThat(id.variant()).isEqualTo(2);
    assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(at.toEpochMilli());
  }

  private record FixedClock(Instant now) implements Clock {
    @Override
    public long nanoTime() {
      return 0;
    }
  }
}
