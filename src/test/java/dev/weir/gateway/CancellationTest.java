package dev.weir.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import java.util.ArrayList;
import org.junit.jupiter.api.Test;

class CancellationTest {
  private final Cancellation cancellation = new Cancellation();
  private final ArrayList<ErrorCode> told = new ArrayList<>();

  @Test
  void theFirstReasonCountsAndIsToldOnce() {
    cancellation.onCancel(e -> told.add(e.code()));

    cancellation.cancel(AIError.of(ErrorCode.TIMEOUT, "late"));
    cancellation.cancel(AIError.of(ErrorCode.CANCELLED, "gone"));

    assertThat(told).containsExactly(ErrorCode.TIMEOUT);
  }

  @Test
  void whoComesLateIsToldAtOnce() {
    cancellation.cancel(AIError.of(ErrorCode.CANCELLED, "gone"));

    cancellation.onCancel(e -> told.add(e.code()));

    assertThat(told).containsExactly(ErrorCode.CANCELLED);
  }

  @Test
  void oneThatThrowsKeepsNobodyFromBeingTold() {
    cancellation.onCancel(
        _ -> {
          throw new IllegalStateException("a fault");
        });
    cancellation.onCancel(e -> told.add(e.code()));

    assertThatThrownBy(() -> cancellation.cancel(AIError.of(ErrorCode.CANCELLED, "gone")))
        .isInstanceOf(IllegalStateException.class);

    assertThat(told).containsExactly(ErrorCode.CANCELLED);
  }

  @Test
  void whoHasLeftIsNotTold() {
    cancellation.onCancel(e -> told.add(e.code())).run();

    cancellation.cancel(AIError.of(ErrorCode.CANCELLED, "gone"));

    assertThat(told).isEmpty();
  }
}
