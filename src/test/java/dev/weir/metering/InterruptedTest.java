package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.core.Usage;
import dev.weir.core.Usd;
import dev.weir.gateway.Debit;
import dev.weir.gateway.Exchanges;
import dev.weir.gateway.Target;
import dev.weir.pricing.PriceFile;
import dev.weir.pricing.PriceTable;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class InterruptedTest {
  private static final PriceTable PRICES =
      ((PriceFile.Result.Loaded) PriceFile.read(Path.of("conf/prices.yaml"))).table();

  private static final Debit DEBIT =
      new Debit(
          Optional.of(LocalDate.of(2026, 12, 1)),
          Optional.of(UUID.randomUUID()),
          Optional.of(UUID.randomUUID()),
          Optional.empty());

  private final UsageRecord admitted = UsageRecords.unpriced("ann");

  @Test
  void aCallOfWhichNothingWasSentCostsNothing() {
    var record = Interrupted.record(admitted, List.of(), PRICES);

    assertThat(record.usage()).isEqualTo(Usage.NONE);
    assertThat(record.cost()).contains(Usd.ZERO);
    assertThat(record.attempts()).isEmpty();
    assertThat(record.unitReturned()).isTrue();
  }

  @Test
  void anAttemptUnderWayCostsItsPromptItsSearchAndWhatHadCome() {
    var target = priced();
    var sent = sent(target, 4_001, 1, new Mark.Progress(100));

    var record = Interrupted.record(admitted, List.of(sent), PRICES);

    assertThat(record.usage()).isEqualTo(new Usage(1_001, 25, 0, 0, 1, true));
    assertThat(record.cost())
        .isEqualTo(PRICES.cost(target.model().toString(), record.usage(), admitted.startedAt()))
        .isPresent();
    assertThat(record.target()).isEqualTo(target);
    assertThat(record.unitReturned()).isFalse();
    assertThat(record.attempts())
        .singleElement()
        .satisfies(a -> assertThat(a.id()).isEqualTo(sent.attempt()));
  }

  @Test
  void anAttemptThatWasSettledCostsWhatItCost() {
    var refused = sent(priced(), 4_000, 1, Mark.Progress.settled(Optional.of(Usd.ZERO)));
    var paid = sent(priced(), 4_000, 1, Mark.Progress.settled(Optional.of(new Usd(123))));

    var record = Interrupted.record(admitted, List.of(refused, paid), PRICES);

    assertThat(record.cost()).contains(new Usd(123));
    assertThat(record.retries()).isEqualTo(1);
  }

  @Test
  void aCallStandsOnTheLeasesOfItsLastAttempt() {
    var sent = sent(priced(), 4_000, 0, Mark.Progress.NONE);

    assertThat(Interrupted.record(admitted, List.of(sent), PRICES).debit()).isEqualTo(DEBIT);
    assertThat(Interrupted.record(admitted, List.of(), PRICES).debit()).isEqualTo(admitted.debit());
  }

  @Test
  void anAttemptWithoutAPriceLeavesTheCostOpen() {
    var unknown = sent(Exchanges.target("nobody/knows"), 400, 0, new Mark.Progress(4));

    assertThat(Interrupted.record(admitted, List.of(unknown), PRICES).cost()).isEmpty();
  }

  private static Target priced() {
    return Exchanges.target("perplexity/sonar");
  }

  private Mark.Sent sent(Target target, long prompt, int searches, Mark.Progress progress) {
    return new Mark.Sent(
        admitted.id(), UUID.randomUUID(), Instant.now(), target, prompt, searches, DEBIT, progress);
  }
}
