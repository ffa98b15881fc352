package dev.weir.metering;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.core.ErrorCode;
import dev.weir.core.Usd;
import dev.weir.gateway.Exchanges;
import dev.weir.journal.ChainReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collections;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class MarkCodecTest {
  private final Packer packer = new Packer();
  private final MarkCodec codec = new MarkCodec(packer);

  @Test
  void everyPartOfARecordComesBack() {
    var record = UsageRecords.full();

    codec.finished(record, Integer.MAX_VALUE);

    assertThat(read(0)).isEqualTo(new Mark.Finished(record));
  }

  @Test
  void anAdmissionComesBack() {
    var record = UsageRecords.unpriced("ann");

    codec.admitted(record);

    assertThat(read(0)).isEqualTo(new Mark.Admitted(record));
    assertThat(MarkCodec.kind(body())).isEqualTo(MarkCodec.ADMITTED);
    assertThat(MarkCodec.call(body())).isEqualTo(record.id());
  }

  @Test
  void anAttemptComesBackWithWhatItsCellHolds() {
    var sent =
        new Mark.Sent(
            UUID.randomUUID(),
            UUID.randomUUID(),
            Instant.parse("2026-11-24T10:00:00.123456Z"),
            Exchanges.target("a/b"),
            12_345,
            1,
            UsageRecords.full().debit(),
            new Mark.Progress(99));

    codec.sent(sent);

    assertThat(read(99)).isEqualTo(sent);
  }

  @Test
  void progressIsCharactersUntilItIsACost() {
    assertThat(new Mark.Progress(5).settled()).isFalse();
    assertThat(new Mark.Progress(5).characters()).isEqualTo(5);
    for (var cost : new long[] {0, 1, 999_999_999_999L}) {
      var settled = Mark.Progress.settled(Optional.of(new Usd(cost)));
      assertThat(settled.settled()).isTrue();
      assertThat(settled.cost()).contains(new Usd(cost));
      assertThat(settled.characters()).isZero();
    }
    assertThat(Mark.Progress.settled(Optional.empty()).cost()).isEmpty();
    assertThat(Mark.Progress.settled(Optional.empty()).settled()).isTrue();
  }

  @Test
  void aBillThatIsTooLongForTheRoomLosesLinesAndNoSum() {
    var full = UsageRecords.full();
    var line = full.attempts().getFirst();
    var long_ =
        full.billed(
            full.debit(),
            full.target(),
            999,
            full.usage(),
            full.cost(),
            Collections.nCopies(1_000, line));

    codec.finished(long_, 2_000);

    assertThat(packer.length()).isLessThanOrEqualTo(2_000);
    var read = ((Mark.Finished) read(0)).record();
    assertThat(read.attempts()).isNotEmpty().hasSizeLessThan(1_000);
    assertThat(read.usage()).isEqualTo(full.usage());
    assertThat(read.cost()).isEqualTo(full.cost());
    assertThat(read.error()).contains(ErrorCode.PROVIDER_ERROR);
  }

  @Test
  void aTextThatIsTooLongIsCutBetweenCharacters() {
    packer.text("é".repeat(200));

    var read = new Unpacker(body()).text();

    assertThat(read).isEqualTo("é".repeat(128));
  }

  @Test
  void aRecordOfALaterVersionIsRefused() {
    codec.admitted(UsageRecords.of("ann"));
    packer.octetAt(1, 99);

    assertThatThrownBy(() -> read(0)).hasMessageContaining("version 99");
  }

  @Test
  void aRecordOfTheFirstVersionIsReadAsOneOfNoExperiment() {
    var record = UsageRecords.of("ann");
    codec.finished(record, Integer.MAX_VALUE);
    // Version 1 had no fallback flag between the target and the outcome, and behind the team it had
    // the user's lease alone.
    var bytes = without(without(packed(), indexOf("OK") - 2, 1), indexOf("ann") + 4, 3);
    bytes[1] = 1;

    var read = MarkCodec.read(new ChainReader.Entry(ByteBuffer.wrap(bytes), 0, 0));

    assertThat(read).isEqualTo(new Mark.Finished(record));
  }

  @Test
  void aRecordOfTheSecondVersionIsReadAsOneOfNoKeysAndTeamsLease() {
    var record = UsageRecords.of("ann");
    codec.finished(record, Integer.MAX_VALUE);
    var bytes = without(packed(), indexOf("ann") + 4, 3);
    bytes[1] = 2;

    var read = MarkCodec.read(new ChainReader.Entry(ByteBuffer.wrap(bytes), 0, 0));

    assertThat(read).isEqualTo(new Mark.Finished(record));
  }

  private byte[] packed() {
    return Arrays.copyOf(packer.bytes(), packer.length());
  }

  private static byte[] without(byte[] all, int at, int count) {
    var rest = new byte[all.length - count];
    System.arraycopy(all, 0, rest, 0, at);
    System.arraycopy(all, at + count, rest, at, rest.length - at);
    return rest;
  }

  private int indexOf(String text) {
    var all = new String(packer.bytes(), 0, packer.length(), StandardCharsets.ISO_8859_1);
    return all.indexOf((char) text.length() + text) + 1;
  }

  @Test
  void halfARecordIsRefused() {
    codec.finished(UsageRecords.full(), Integer.MAX_VALUE);
    for (var length = 18; length < packer.length(); length += 7) {
      var half = body().limit(length);
      assertThatThrownBy(() -> MarkCodec.read(new ChainReader.Entry(half, 0, 0)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  private Mark read(long cell) {
    return MarkCodec.read(new ChainReader.Entry(body(), cell, 0));
  }

  private ByteBuffer body() {
    return ByteBuffer.wrap(packer.bytes(), 0, packer.length());
  }
}
