package dev.weir.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that writes exactly the bytes it is told to. Reads give up after ten seconds. */
final class RawClient implements AutoCloseable {
  private final Socket socket;

  RawClient(int port) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setSoTimeout(10_000);
    socket.setTcpNoDelay(true);
  }

  RawClient send(String text) throws IOException {
    return send(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  RawClient send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    socket.getOutputStream().flush();
    return this;
  }

  /** A POST to the echo function with the good key. */
  RawClient post(String body) throws IOException {
    return send(head("content-length: " + body.length()) + body);
  }

  static String head(String... headers) {
    return "POST /v1/functions/echo HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer good\r\n"
        + "content-type: application/json\r\n"
        + String.join("\r\n", headers)
        + "\r\n\r\n";
  }

  /** Everything up to the server's end of the connection. */
  String readAll() throws IOException {
    return new String(in().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** One reply with a Content-Length: its head and its body. */
  String readReply() throws IOException {
    var head = readUntil("\r\n\r\n");
    var at = head.toLowerCase(java.util.Locale.ROOT).indexOf("content-length: ");
    if (at < 0) {
      return head;
    }
    var length = Integer.parseInt(head.substring(at + 16, head.indexOf("\r\n", at)).strip());
    return head + new String(in().readNBytes(length), StandardCharsets.UTF_8);
  }

  /** Everything up to and with these characters. */
  String readUntil(String end) throws IOException {
    var text = new StringBuilder();
    while (text.indexOf(end) < 0) {
      var b = in().read();
      if (b < 0) {
        throw new IOException("ended early: " + text);
      }
      text.append((char) b);
    }
    return text.toString();
  }

  private InputStream in() throws IOException {
    return socket.getInputStream();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
