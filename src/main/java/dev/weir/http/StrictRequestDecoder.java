package dev.weir.http;

import dev.weir.core.AIError;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import java.util.List;

/**
 * Vert.x's request decoder, made stricter where request smuggling begins: Netty joins folded header
 * lines (RFC 9112, section 5.2) and drops a Content-Length that stands beside chunked encoding
 * without a trace, so both have to be refused here, on the bytes.
 *
 * <p>A refused request goes on as an invalid one whose decoder result is an {@link AIError}; what
 * follows it on the connection is discarded. Confined to the connection's event loop.
 */
final class StrictRequestDecoder extends VertxHttpRequestDecoder {
  private boolean inHead = true;
  private boolean dead;
  private boolean begun;
  private boolean lineBegins;
  private boolean folded;
  private int scanned;

  StrictRequestDecoder(HttpServerOptions options) {
    super(options);
  }

  /** A request that stands for whatever could not become one. */
  static HttpRequest invalid(AIError why) {
    var request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/bad-request");
    request.setDecoderResult(DecoderResult.failure(why));
    return request;
  }

  /** Whether a head has begun and is not complete. */
  boolean headUnderWay() {
    return inHead && !dead && internalBuffer().isReadable();
  }

  /** Discards whatever comes from now on. */
  void die() {
    dead = true;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (dead) {
      in.skipBytes(in.readableBytes());
      return;
    }
    if (inHead && folds(in)) {
      die();
      in.skipBytes(in.readableBytes());
      out.add(
          invalid(
              AIError.invalid(
                  "A header line begins with a space or tab (a folded header);"
                      + " send each header on one line.")));
      return;
    }
    var before = in.readerIndex();
    var had = out.size();
    super.decode(ctx, in, out);
    scanned = Math.max(0, scanned - (in.readerIndex() - before));
    for (var i = had; i < out.size(); i++) {
      follow(out.get(i));
    }
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw AIError.invalid(
        "The request has both Content-Length and Transfer-Encoding; send one of them.");
  }

  private void follow(Object decoded) {
    if (decoded instanceof HttpRequest request) {
      inHead = false;
      if (request.decoderResult().isSuccess()
          && !HttpVersion.HTTP_1_1.equals(request.protocolVersion())
          && !HttpVersion.HTTP_1_0.equals(request.protocolVersion())) {
        request.setDecoderResult(
            DecoderResult.failure(
                AIError.invalid("This HTTP version is not spoken here; use HTTP/1.1.")));
      }
    }
    if (decoded instanceof LastHttpContent) {
      inHead = true;
      begun = false;
      lineBegins = false;
      scanned = 0;
    }
  }

  /** Scans what was not scanned yet of the head, up to its blank line. */
  private boolean folds(ByteBuf in) {
    var end =
        in.forEachByte(in.readerIndex() + scanned, in.readableBytes() - scanned, this::goesOn);
    scanned = end < 0 ? in.readableBytes() : end + 1 - in.readerIndex();
    return folded;
  }

  /** One byte of a head: false at its end and at a line that begins with white space. */
  private boolean goesOn(byte b) {
    if (!begun) {
      begun = b > ' ';
      return true;
    }
    folded = lineBegins && (b == ' ' || b == '\t');
    var blank = lineBegins && b == '\n';
    if (b != '\r') {
      lineBegins = b == '\n';
    }
    return !folded && !blank;
  }
}
