package dev.weir.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad input gets the right code, a message that helps and an id, and the service stays up. */
class BadInputIT {
  private static Door door;

  @BeforeAll
  static void open() {
    door = Door.open();
  }

  @AfterAll
  static void close() {
    door.close();
  }

  @AfterEach
  void theServiceStaysUp() throws Exception {
    assertThat(door.post("/v1/functions/echo", "{\"input\": {\"text\": \"hi\"}}").statusCode())
        .isEqualTo(200);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ''                                                             | empty
          {                                                              | not valid JSON
          []                                                             | $ must be an object
          {"input": {"text": "a"}, "input": {}}                          | twice
          {"input": {"text": "a"}} {}                                    | follows
          {"input": {"text": 1e999999999}}                               | number
          {"input": {"text": "\\u0000"}}                                 | NUL
          {"input": {"text": "\\ud800"}}                                 | surrogate
          {}                                                             | $.input is missing
          {"input": {"other": 1}}                                        | $.text
          {"input": {"text": "a"}, "steam": true}                        | Did you mean 'stream'
          {"input": {"text": "a"}, "stream": "yes"}                      | $.stream must be true or false
          {"input": {"text": "a"}, "options": []}                        | $.options must be an object
          {"input": {"text": "a"}, "options": {"timeout": 5}}            | timeout_ms
          {"input": {"text": "a"}, "options": {"timeout_ms": -1}}        | $.options.timeout_ms
          {"input": {"text": "a"}, "options": {"timeout_ms": 0}}         | at least 1
          {"input": {"text": "a"}, "options": {"timeout_ms": "60"}}      | $.options.timeout_ms
          {"input": {"text": "a"}, "options": {"timeout_ms": 9223372036854775808}} | $.options.timeout_ms
          {"input": {"text": "a"}, "options": {"cache": "maybe"}}        | use, refresh, off
          """)
  void aWrongBodyIsAnInvalidRequestThatSaysWhere(String body, String hint) throws Exception {
    var reply = door.post("/v1/functions/echo", body);

    assertThat(reply.statusCode()).isEqualTo(400);
    assertThat(reply.body()).contains("INVALID_REQUEST").contains(hint);
  }

  @Test
  void twoHundredLevelsOfJsonAreTooMany() throws Exception {
    var deep = "{\"input\": {\"text\": " + "[".repeat(200) + "]".repeat(200) + "}}";

    var reply = door.post("/v1/functions/echo", deep);

    assertThat(reply.statusCode()).isEqualTo(400);
    assertThat(reply.body()).contains("64 levels");
  }

  @Test
  void invalidUtf8IsRefused() throws Exception {
    var body = "{\"input\": {\"text\": \"\u00ff\"}}".getBytes(StandardCharsets.ISO_8859_1);

    var reply =
        door.send(
            door.request("/v1/functions/echo").POST(HttpRequest.BodyPublishers.ofByteArray(body)));

    assertThat(reply.statusCode()).isEqualTo(400);
    assertThat(reply.body()).contains("UTF-8");
  }

  @Test
  void tenMegabytesAreTooLargeAndTheCallerReadsSo() throws Exception {
    var reply = door.post("/v1/functions/echo", "x".repeat(10 << 20));

    assertThat(reply.statusCode()).isEqualTo(413);
    assertThat(reply.body()).contains("PAYLOAD_TOO_LARGE", "8388608");
  }

  @Test
  void tenMegabytesInChunksAreTooLargeToo() throws Exception {
    try (var raw = door.raw()) {
      raw.send(RawClient.head("transfer-encoding: chunked"));
      var chunk = "100000\r\n" + "x".repeat(1 << 20) + "\r\n";
      for (var i = 0; i < 10; i++) {
        raw.send(chunk);
      }
      raw.send("0\r\n\r\n");

      assertThat(raw.readReply()).contains("413 ", "PAYLOAD_TOO_LARGE");
      assertThat(raw.post("{\"input\": {\"text\": \"hi\"}}").readReply())
          .as("the connection is still good")
          .contains("200 OK");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1"
      })
  void whatIsNotJsonIsAnUnsupportedMediaType(String type) throws Exception {
    var reply =
        door.send(
            door.request("/v1/functions/echo")
                .setHeader("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofString("{}")));

    assertThat(reply.statusCode()).isEqualTo(415);
    assertThat(reply.headers().firstValue("x-request-id")).isPresent();
  }

  @Test
  void anUnknownPathFunctionAndVerbAreToldApart() throws Exception {
    var path = door.get("/v2/nothing");
    var function = door.post("/v1/functions/ecko", "{\"input\": {}}");
    var verb = door.send(door.request("/v1/functions/echo").DELETE());

    assertThat(path.statusCode()).isEqualTo(404);
    assertThat(path.headers().firstValue("x-request-id")).isPresent();
    assertThat(function.statusCode()).isEqualTo(404);
    assertThat(function.body()).contains("Did you mean echo");
    assertThat(verb.statusCode()).isEqualTo(405);
    assertThat(verb.headers().firstValue("allow")).contains("GET, HEAD, OPTIONS, POST");
  }

  @Test
  void aHeaderFloodIsRefusedWithItsOwnCode() throws Exception {
    try (var raw = door.raw()) {
      raw.send("GET /v1/models HTTP/1.1\r\nhost: localhost\r\n");
      raw.send(("x-flood: " + "y".repeat(1000) + "\r\n").repeat(20) + "\r\n");

      assertThat(raw.readAll()).contains("431 ", "HEADERS_TOO_LARGE", "x-request-id: ");
    }
  }

  @Test
  void anEndlessFirstLineIsRefused() throws Exception {
    try (var raw = door.raw()) {
      raw.send("GET /" + "a".repeat(9000) + " HTTP/1.1\r\nhost: localhost\r\n\r\n");

      assertThat(raw.readAll()).contains("431 ", "HEADERS_TOO_LARGE");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/models HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\n\r\n",
        "GET http://other/v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET v1/models HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-a: 1\r\n folded\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-a: 1\r\n\tfolded\r\n\r\n",
        "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx a: 1\r\n\r\n",
        "POST /v1/models HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        "POST /v1/models HTTP/1.1\r\n"
            + "host: localhost\r\n"
            + "content-length: 1\r\n"
            + "content-length: 2\r\n\r\n",
        "POST /v1/models HTTP/1.1\r\n"
            + "host: localhost\r\n"
            + "content-length: 5\r\n"
            + "transfer-encoding: chunked\r\n\r\n"
            + "0\r\n\r\n",
        "POST /v1/models HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /v1/models HTTP/3.1\r\nhost: localhost\r\n\r\n",
        "rubbish\r\n\r\n",
      })
  void whatIsNotCleanHttpIsRefusedFirstThing(String head) throws Exception {
    try (var raw = door.raw()) {
      raw.send(head);

      assertThat(raw.readReply()).contains("400 ", "INVALID_REQUEST", "x-request-id: ");
    }
  }

  @Test
  void aFoldedHeaderIsFoundWhereverTheBytesAreCut() throws Exception {
    var head = "GET /v1/models HTTP/1.1\r\nhost: localhost\r\nx-a: 1\r\n folded\r\n\r\n";
    for (var cut = 1; cut < head.length() - 3; cut += 3) {
      try (var raw = door.raw()) {
        raw.send(head.substring(0, cut));
        Thread.onSpinWait();
        raw.send(head.substring(cut));

        assertThat(raw.readReply()).contains("folded header");
      }
    }
  }

  @Test
  void bodiesMayHoldLinesThatLookFoldedAndRequestsMayBePipelined() throws Exception {
    var body = "{\"input\":\r\n {\"text\": \"hi\"}}";
    var chunked =
        RawClient.head("transfer-encoding: chunked")
            + Integer.toHexString(body.length())
            + "\r\n"
            + body
            + "\r\n0\r\n\r\n";
    var sized = RawClient.head("content-length: " + body.length()) + body;
    var get =
        "\r\nGET /v1/functions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer good\r\n\r\n";
    var folded = "GET /v1/functions HTTP/1.1\r\nhost: localhost\r\n folded: x\r\n\r\n";
    try (var raw = door.raw()) {
      raw.send(chunked + sized + get + chunked + get + sized + folded);

      for (var i = 0; i < 6; i++) {
        assertThat(raw.readReply()).contains("200 OK");
      }
      assertThat(raw.readReply()).contains("400 ", "folded header");
    }
  }

  @Test
  void brokenChunkingIsA400WithAnIdAndThenTheEnd() throws Exception {
    try (var raw = door.raw()) {
      raw.send(RawClient.head("transfer-encoding: chunked") + "zz\r\nnonsense\r\n");

      assertThat(raw.readAll())
          .contains("400 ", "INVALID_REQUEST", "chunked", "x-request-id: ", "connection: close");
    }
  }

  @Test
  void aCallerWhoBreaksOffInItsBodyHurtsNobody() throws Exception {
    try (var raw = door.raw()) {
      raw.send(RawClient.head("content-length: 1000") + "{");
    }
  }

  @Test
  void anUpgradeToHttp2IsIgnoredCleanly() throws Exception {
    try (var raw = door.raw()) {
      raw.send(
          "GET /v1/functions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer good\r\n"
              + "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n"
              + "http2-settings: AAMAAABkAAQAAP__\r\n\r\n");

      assertThat(raw.readReply()).contains("HTTP/1.1 200 OK", "\"echo\"");
    }
  }

  @Test
  void expectContinueIsAnsweredBeforeTheBodyAndOnlyIfItWillBeRead() throws Exception {
    var body = "{\"input\": {\"text\": \"hi\"}}";
    try (var raw = door.raw()) {
      raw.send(RawClient.head("content-length: " + body.length(), "expect: 100-continue"));
      assertThat(raw.readUntil("\r\n\r\n")).contains("100 Continue");
      assertThat(raw.send(body).readReply()).contains("200 OK");
    }
    try (var raw = door.raw()) {
      raw.send(RawClient.head("content-length: 10000000", "expect: 100-continue"));
      assertThat(raw.readReply()).contains("413 ");
    }
  }

  @Test
  void aHeadThatDripsInIsCutOffAtItsDeadlineWithAReply() throws Exception {
    var settings =
        Door.impatient(Duration.ofMillis(300), Duration.ofSeconds(30), Duration.ofSeconds(60));
    try (var slow = Door.open((_, _) -> null, settings);
        var raw = new RawClient(slow.port())) {
      var began = System.nanoTime();
      raw.send("GET /v1/models HTTP/1.1\r\nhost: local");

      assertThat(raw.readAll()).contains("408 ", "REQUEST_TIMEOUT", "x-request-id: ");
      assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(5));
    }
  }

  @Test
  void aBodyThatNeverEndsIsCutOffAtItsDeadlineWithAReply() throws Exception {
    var settings =
        Door.impatient(Duration.ofSeconds(10), Duration.ofMillis(300), Duration.ofSeconds(60));
    try (var slow = Door.open((_, _) -> null, settings);
        var raw = new RawClient(slow.port())) {
      raw.send(RawClient.head("content-length: 1000") + "{");

      assertThat(raw.readAll()).contains("408 ", "REQUEST_TIMEOUT", "connection: close");
    }
  }

  @Test
  void aSilentConnectionIsClosed() throws Exception {
    var settings =
        Door.impatient(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofMillis(300));
    try (var slow = Door.open((_, _) -> null, settings);
        var raw = new RawClient(slow.port())) {
      assertThat(raw.readAll()).isEmpty();
    }
  }

  @Test
  void oneConnectionTooManyIsTurnedAway() throws Exception {
    var settings =
        new dev.weir.config.HttpSettings(
            "127.0.0.1",
            0,
            1 << 20,
            16 << 10,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofSeconds(60),
            1);
    try (var small = Door.open((_, _) -> null, settings);
        var first = new RawClient(small.port())) {
      first.send("GET /docs HTTP/1.1\r\nhost: localhost\r\n\r\n");
      assertThat(first.readReply()).contains("200 OK");

      try (var second = new RawClient(small.port())) {
        assertThat(second.readAll()).contains("503 ", "OVERLOADED");
      }
    }
  }
}
