package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.ErrorCode;
import dev.weir.gateway.Assignment;
import dev.weir.gateway.AttemptRecord;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a call is to its experiment, rule by rule. */
class TrialTest {
  @Test
  void aCallOutsideOfExperimentsIsNothing() {
    assertThat(Trial.of(UsageRecords.of("ann"))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "hit, HIT",
    "semantic, SEMANTIC",
    "stale, STALE",
    "coalesced, COALESCED",
    "miss, SUCCESS",
    "refresh, SUCCESS",
    "off, SUCCESS"
  })
  void whatCameFromTheCacheIsNoTrial(String cache, Trial expected) {
    assertThat(trial(call().cached(cache))).isEqualTo(expected);
  }

  @Test
  void anAnswerOfAFallbackIsTheArmsFailure() {
    assertThat(trial(call().byFallback())).isEqualTo(Trial.FAILURE);
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "CIRCUIT_OPEN",
        "PROVIDER_ERROR",
        "PROVIDER_UNREACHABLE",
        "PROVIDER_RATE_LIMITED",
        "PROVIDER_AUTH",
        "TIMEOUT",
        "OUTPUT_UNPARSEABLE",
        "OUTPUT_INVALID",
        "CONTEXT_LENGTH_EXCEEDED",
        "CONTENT_FILTERED",
        "INTERNAL"
      })
  void whatTheArmCouldNotDoIsItsFailure(ErrorCode code) {
    assertThat(trial(call().failed(code))).isEqualTo(Trial.FAILURE);
  }

  @ParameterizedTest
  @EnumSource(
      names = {
        "RATE_LIMITED",
        "QUOTA_EXCEEDED",
        "BUDGET_EXCEEDED",
        "MODEL_UNPRICED",
        "OVERLOADED",
        "STORAGE_UNAVAILABLE",
        "NOT_CACHED",
        "DRAINING"
      })
  void aRefusalOfTheGatewayIsNoTrial(ErrorCode code) {
    assertThat(trial(call().failed(code))).isEqualTo(Trial.REFUSED);
    assertThat(trial(call().failed(code).attempted(code))).isEqualTo(Trial.REFUSED);
  }

  @Test
  void aRefusalAfterTheArmsProviderHadFailedIsItsFailure() {
    var call = call().failed(ErrorCode.BUDGET_EXCEEDED).attempted(ErrorCode.PROVIDER_ERROR);

    assertThat(trial(call)).isEqualTo(Trial.FAILURE);
  }

  @Test
  void aCancellationIsItsOwnOutcomeAndAnInterruptionNone() {
    assertThat(trial(call().ended(UsageRecord.Outcome.CANCELLED))).isEqualTo(Trial.CANCELLED);
    assertThat(trial(call().ended(UsageRecord.Outcome.INTERRUPTED))).isEqualTo(Trial.INTERRUPTED);
  }

  @ParameterizedTest
  @CsvSource({"OVERRIDE, OVERRIDE", "SWITCHED_OFF, SWITCHED_OFF"})
  void whatIsNotOfTheArmsUsersDoesNotCount(Assignment.Kind kind, Trial expected) {
    assertThat(trial(call().as(kind))).isEqualTo(expected);
  }

  private static Trial trial(Made call) {
    return Trial.of(call.record()).orElseThrow();
  }

  private static Made call() {
    return new Made(
        Assignment.Kind.ASSIGNED,
        "off",
        false,
        UsageRecord.Outcome.OK,
        Optional.empty(),
        List.of());
  }

  private record Made(
      Assignment.Kind kind,
      String cache,
      boolean fallback,
      UsageRecord.Outcome outcome,
      Optional<ErrorCode> error,
      List<ErrorCode> attempts) {
    Made cached(String status) {
      return new Made(kind, status, fallback, outcome, error, attempts);
    }

    Made byFallback() {
      return new Made(kind, cache, true, outcome, error, attempts);
    }

    Made failed(ErrorCode code) {
      return new Made(
          kind, cache, fallback, UsageRecord.Outcome.ERROR, Optional.of(code), attempts);
    }

    Made attempted(ErrorCode failure) {
      return new Made(kind, cache, fallback, outcome, error, List.of(failure));
    }

    Made ended(UsageRecord.Outcome how) {
      return new Made(kind, cache, fallback, how, error, attempts);
    }

    Made as(Assignment.Kind other) {
      return new Made(other, cache, fallback, outcome, error, attempts);
    }

    UsageRecord record() {
      var full = UsageRecords.full();
      var line = full.attempts().getFirst();
      return UsageRecords.ofExperiment(
          full,
          new Assignment("tone", "b", 1, 0.5, kind),
          cache,
          fallback,
          outcome,
          error,
          attempts.stream()
              .map(
                  failure ->
                      new AttemptRecord(
                          line.id(),
                          line.target(),
                          line.at(),
                          Optional.of(failure),
                          line.took(),
                          line.usage(),
                          line.cost(),
                          line.providerCost()))
              .toList());
    }
  }
}
