package dev.weir.resilience;

import dev.weir.core.AIError;
import dev.weir.gateway.Answer;
import dev.weir.gateway.AnswerStream;
import java.util.ArrayList;
import java.util.List;

/** Receives a stream and writes down what came. */
final class Recorder implements AnswerStream.Sink {
  private final List<String> heard = new ArrayList<>();

  List<String> heard() {
    return List.copyOf(heard);
  }

  @Override
  public void part(AnswerStream.Part part) {
    heard.add("part " + part.text());
  }

  @Override
  public void end(Answer answer) {
    heard.add("end");
  }

  @Override
  public void fail(AIError error) {
    heard.add("fail " + error.code());
  }
}
