package dev.weir.providers;

import dev.weir.core.Usage;
import dev.weir.gateway.Answer;
import dev.weir.gateway.Answer.Finish;
import dev.weir.gateway.AnswerStream.Part;
import dev.weir.gateway.Ask;
import dev.weir.gateway.Attempt;
import dev.weir.gateway.Source;
import io.vertx.core.buffer.Buffer;
import java.util.List;
import java.util.Optional;

/**
 * Reads chat completions, whole or streamed. A caller's chat keeps the provider's bytes; the usage
 * that we asked for and the caller did not is taken out of its stream. A stream is complete only
 * with a finish reason and {@code [DONE]}. One per attempt.
 */
final class ChatReader implements AnswerReader {
  private static final Buffer NO_WIRE = Buffer.buffer();

  private final Attempt attempt;
  private final Refusals refusals;
  private final boolean keepsWire;
  private final boolean passesUsage;
  private Optional<Finish> finish = Optional.empty();
  private Optional<Usage> usage = Optional.empty();
  private Optional<String> model = Optional.empty();
  private Optional<String> id = Optional.empty();
  private List<Source> sources = List.of();
  private final ChatBeside beside = new ChatBeside();
  private long created;
  private boolean refused;
  private boolean calls;

  ChatReader(Attempt attempt, Refusals refusals, Ask ask) {
    this.attempt = attempt;
    this.refusals = refusals;
    this.keepsWire = ask instanceof Ask.Chat;
    this.passesUsage = ChatRequest.asksForUsage(ask);
  }

  @Override
  public Answer whole(Buffer body) {
    var bytes = body.getBytes();
    var piece = ChatPiece.read(bytes, 0, bytes.length);
    note(piece);
    if (piece.error().isPresent()) {
      throw refusals.within(piece.error().get());
    }
    if (!piece.hasChoices()) {
      throw Failures.senseless();
    }
    return answer(piece.text(), keepsWire ? Optional.of(body) : Optional.empty());
  }

  @Override
  public void event(SseEvent event, LiveStream out) {
    if (event.is("[DONE]")) {
      if (finish.isPresent()) {
        out.end(whole(out.text()));
      } else {
        out.fail(Failures.truncated());
      }
      return;
    }
    var piece = ChatPiece.read(event.bytes(), event.from(), event.length());
    note(piece);
    if (piece.error().isPresent()) {
      out.fail(refusals.within(piece.error().get()));
    } else if (!piece.isUsageOnly() || passesUsage) {
      out.part(new Part(piece.text(), keepsWire ? event.raw() : NO_WIRE));
    }
  }

  /** Its text alone would be less than it said, where it said more: then as one completion. */
  private Answer whole(String text) {
    var plain = answer(text, Optional.empty());
    return keepsWire && !beside.isEmpty()
        ? answer(text, Optional.of(beside.completion(id.orElse(""), created, plain)))
        : plain;
  }

  private void note(ChatPiece piece) {
    piece.usage().ifPresent(attempt::report);
    usage = piece.usage().or(() -> usage);
    finish = piece.finish().or(() -> finish);
    model = piece.model().or(() -> model);
    id = piece.id().or(() -> id);
    created = Math.max(created, piece.created());
    refused |= piece.refused();
    calls |= piece.calls();
    if (keepsWire) {
      piece.beside().forEach(beside::add);
      piece.around().forEach(beside::around);
    }
    sources = piece.sources().isEmpty() ? sources : piece.sources();
  }

  private Answer answer(String text, Optional<Buffer> wire) {
    return new Answer(
        text,
        Optional.empty(),
        why(text),
        model.orElse(attempt.target().model().toString()),
        usage.orElse(Usage.NONE),
        Optional.empty(),
        sources,
        wire);
  }

  /** A refusal, and a call of a tool, are told by what is there: servers call either a stop. */
  private Finish why(String text) {
    var stopped = finish.orElse(Finish.STOP);
    if (refused && text.isEmpty()) {
      return Finish.CONTENT_FILTER;
    }
    return calls && stopped == Finish.STOP ? Finish.TOOL_CALLS : stopped;
  }
}
