package dev.weir.experiments;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.weir.core.AIError;
import dev.weir.core.ErrorCode;
import dev.weir.testing.TestDatabase;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** However many experiments and epochs there are, an answer has a page of them. */
@ExtendWith({VertxExtension.class, TestDatabase.Extension.class})
class ExperimentPagesIT {
  private static final int EPOCHS = 130;

  private JudgeWorld world;
  private ExperimentReports reports;

  @BeforeEach
  void begin(Vertx vertx, TestDatabase database) {
    world = new JudgeWorld(vertx, database);
    reports = new ExperimentReports(world.database);
  }

  @Test
  void experimentsAreReadInPagesThatMeet() {
    for (var name : List.of("a", "b", "c", "d", "e")) {
      world.experiment(name, 2, "{\"expected_users\": 1000}");
    }
    // Three of one moment, of which the name decides.
    world.sql.execute(
        "UPDATE experiments SET created_at = '2031-01-01' WHERE experiment_name > 'b'");

    var pages = pages(after -> reports.list(2, after));

    assertThat(pages.stream().map(page -> names(page.path("experiments"), "name")))
        .containsExactly(List.of("c", "d"), List.of("e", "b"), List.of("a"));
  }

  @Test
  void anExperimentShowsItsLastEpochsAndItsFirstProbabilitiesAndAllAreInPages() {
    world.experiment("long", 2, "{\"expected_users\": 1000}");
    for (var epoch = 2; epoch <= EPOCHS; epoch++) {
      world.epoch("long", epoch, "{\"a\": 0.25, \"b\": 0.75}");
    }

    var shown = JudgeWorld.done(reports.show("long"));
    var pages = pages(after -> reports.epochs("long", 50, after));

    assertThat(names(shown.path("epochs"), "epoch")).isEqualTo(numbers(31, EPOCHS));
    assertThat(shown.at("/first_probabilities/a").asDouble()).isEqualTo(0.5);
    assertThat(pages).extracting(page -> page.path("epochs").size()).containsExactly(50, 50, 30);
    var all = new ArrayList<String>();
    pages.forEach(page -> all.addAll(names(page.path("epochs"), "epoch")));
    assertThat(all.reversed()).isEqualTo(numbers(1, EPOCHS));
  }

  @Test
  void whatIsNoNextOfAPageIsRefused() {
    for (var after : List.of("", "a", "1", "x:a", "-1:a")) {
      assertThatThrownBy(() -> reports.list(2, Optional.of(after)))
          .satisfies(e -> assertThat(AIError.from(e).code()).isEqualTo(ErrorCode.INVALID_REQUEST));
    }
    assertThatThrownBy(() -> JudgeWorld.done(reports.epochs("nobody", 2, Optional.empty())))
        .rootCause()
        .satisfies(e -> assertThat(AIError.from(e).code()).isEqualTo(ErrorCode.NOT_FOUND));
  }

  private static List<JsonNode> pages(Function<Optional<String>, Future<JsonNode>> list) {
    var pages = new ArrayList<JsonNode>();
    Optional<String> after = Optional.empty();
    do {
      var page = JudgeWorld.done(list.apply(after));
      pages.add(page);
      after = Optional.ofNullable(page.path("next").textValue());
    } while (after.isPresent());
    return pages;
  }

  private static List<String> numbers(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(String::valueOf).toList();
  }

  private static List<String> names(JsonNode list, String member) {
    var names = new ArrayList<String>();
    list.forEach(one -> names.add(one.path(member).asText()));
    return names;
  }
}
