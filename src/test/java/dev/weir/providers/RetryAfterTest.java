package dev.weir.providers;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Clock;
import io.vertx.core.MultiMap;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  private final RetryAfter retryAfter =
      new RetryAfter(
          new Clock() {
            @Override
            public Instant now() {
              return NOW;
            }

            @Override
            public long nanoTime() {
              return 0;
            }
          });

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "retry-after | 2 | 2000",
        "retry-after | 0.5 | 500",
        "retry-after | Tue, 24 Nov 2026 12:00:07 GMT | 7000",
        "retry-after | Tue, 24 Nov 2026 11:00:00 GMT | 0",
        "retry-after | 999999 | 3600000",
        "retry-after-ms | 1500 | 1500",
        "x-ratelimit-reset | 1795521610 | 10000",
        "x-ratelimit-reset | 12 | 12000",
        "x-ratelimit-reset-requests | 6m0s | 360000",
        "x-ratelimit-reset-tokens | 1h2m3.5s | 3600000",
        "x-ratelimit-reset-tokens | 20ms | 20",
      })
  void readsWhatProvidersSend(String header, String value, long millis) {
    var headers = MultiMap.caseInsensitiveMultiMap().set(header, value);

    assertThat(retryAfter.in(headers)).contains(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @CsvSource({"-1", "soon", "1e9", "''", "99999999999999999999"})
  void ignoresWhatMakesNoSense(String value) {
    var headers = MultiMap.caseInsensitiveMultiMap().set("retry-after", value);

    assertThat(retryAfter.in(headers)).isEmpty();
  }

  @Test
  void waitsForTheLimitThatIsUsedUp() {
    var headers =
        MultiMap.caseInsensitiveMultiMap()
            .set("x-ratelimit-remaining-requests", "10")
            .set("x-ratelimit-reset-requests", "60s")
            .set("x-ratelimit-remaining-tokens", "0")
            .set("x-ratelimit-reset-tokens", "3s");

    assertThat(retryAfter.in(headers)).contains(Duration.ofSeconds(3));
  }
}
