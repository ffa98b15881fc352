package dev.weir.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.gateway.CallOptions;
import dev.weir.gateway.CallOptions.CacheUse;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How {@code cache-control} is read, whoever wrote it. */
class CacheControlTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          max-age=60                       | USE     | 60      | false
          Max-Age="60"                     | USE     | 60      | false
          max-age = 60                     | USE     | 60      | false
          max-age = "60" , NO-CACHE        | REFRESH | 60      | false
          max-age=60,only-if-cached        | USE     | 60      | true
          , ,Only-If-Cached,,              | USE     |         | true
          no-cache,\tno-store              | OFF     |         | false
          max-age=99999999999999999999     | USE     | 2592000 | false
          max-age=-1                       | USE     |         | false
          max-age                          | USE     |         | false
          max-age="6                       | USE     |         | false
          ext="a, no-store, b", max-age=5  | USE     | 5       | false
          ext="\\", no-store", max-age=5   | USE     | 5       | false
          max-stale=5, no-transform        | USE     |         | false
          ext="a, no-store                 | OFF     |         | false
          ext="a, b="c", no-store          | OFF     |         | false
          ext="a\\", only-if-cached         | USE     |         | true
          """)
  void whatItSays(String header, CacheUse use, Long seconds, boolean onlyKept) {
    var options = CacheControl.apply(CallOptions.DEFAULT, List.of(header), List.of());

    assertThat(options.cache()).isEqualTo(use);
    assertThat(options.maxAge()).isEqualTo(Optional.ofNullable(seconds).map(Duration::ofSeconds));
    assertThat(options.onlyKept()).isEqualTo(onlyKept);
  }

  @Test
  void severalHeadersAreOne() {
    var options =
        CacheControl.apply(
            CallOptions.DEFAULT, List.of("max-age=5", "only-if-cached"), List.of("Use"));

    assertThat(options.maxAge()).contains(Duration.ofSeconds(5));
    assertThat(options.onlyKept()).isTrue();
  }

  @Test
  void ourOwnHeaderIsStrictAndSwitchesTheCacheOnForWhoWantsNothingElse() {
    var silent = new CallOptions(CacheUse.AS_KEY, Optional.empty());

    assertThat(CacheControl.apply(silent, List.of(), List.of("only-if-cached")).cache())
        .isEqualTo(CacheUse.USE);
    assertThat(CacheControl.apply(silent, List.of("only-if-cached"), List.of()).cache())
        .isEqualTo(CacheUse.AS_KEY);
    assertThatThrownBy(() -> CacheControl.apply(silent, List.of(), List.of("max-age=soon")))
        .satisfies(e -> assertThat(AIError.from(e).code()).isEqualTo(ErrorCode.INVALID_REQUEST));
  }
}
