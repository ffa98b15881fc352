/**
 * The HTTP door: the public API on its port.
 *
 * <p>Decodes a call, hands it to the gateway and encodes the reply; no policy lives here. Promises
 * that every reply carries the request's id, CORS and security headers, that a caller who goes away
 * cancels its call at once, that nothing flows faster than the caller reads, and that no slow,
 * oversized or malformed request can hold the service. Entry: {@link dev.weir.http.PublicApi}, one
 * per verticle. May use {@code wire}, {@code gateway}, {@code prompts}, {@code config} and {@code
 * core}; used by {@code app} alone. It keeps no state beyond its connections.
 *
 * <p>The story of a request: {@code StrictRequestDecoder} and {@code ConnectionGuard} refuse what
 * is not clean HTTP or not in time, {@code Routes} finds the endpoint, {@code Visit} is the request
 * with its id and its one reply, {@code BodyReader} reads within bounds, an {@code Endpoint}
 * answers, {@code EventStream} where it streams.
 */
@NullMarked
package dev.weir.http;

import org.jspecify.annotations.NullMarked;
