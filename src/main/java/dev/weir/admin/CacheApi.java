package dev.weir.admin;

import dev.weir.cache.CacheAdministration;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;

/**
 * The response cache in the management API. Mounted after {@link AdminApi}, which lets only
 * administrators pass.
 *
 * <pre>
 * GET  /api/cache/stats?hours=24   what was served, saved and spent, and what is kept
 * POST /api/cache/invalidate       {"key": ..} | {"function": .., "version": ..} | {"user": ..} | {"all": true}
 * POST /api/cache/warm             {"function": .., "input": .., "user": .., "max_usd": ..}: fills it with one answer
 * POST /api/cache/compare          {"function": .., "a": .., "b": ..}: how similar two inputs are
 * </pre>
 */
public final class CacheApi {
  private static final int DAY = 24;
  private static final int MOST_HOURS = 24 * 366;

  private final CacheAdministration cache;

  /** An API over this. */
  public CacheApi(CacheAdministration cache) {
    this.cache = cache;
  }

  /** Adds the routes. */
  public void mount(Router router) {
    AdminApi.on(
        router,
        HttpMethod.GET,
        "/api/cache/stats",
        200,
        call -> cache.statistics(AdminApi.number(call, "hours", DAY, MOST_HOURS)));
    AdminApi.on(
        router,
        HttpMethod.POST,
        "/api/cache/invalidate",
        200,
        call -> cache.invalidate(AdminApi.body(call)));
    AdminApi.on(
        router, HttpMethod.POST, "/api/cache/warm", 200, call -> cache.warm(AdminApi.body(call)));
    AdminApi.on(
        router,
        HttpMethod.POST,
        "/api/cache/compare",
        200,
        call -> cache.compare(AdminApi.body(call)));
  }
}
