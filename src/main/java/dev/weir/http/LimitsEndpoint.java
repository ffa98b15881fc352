package dev.weir.http;

import dev.weir.limits.Limits;
import dev.weir.limits.StandingJson;
import dev.weir.limits.Who;

/** {@code GET /v1/limits}: the caller's own standing, straight from the ledger. */
final class LimitsEndpoint {
  private final Reception reception;
  private final Limits limits;

  LimitsEndpoint(Reception reception, Limits limits) {
    this.reception = reception;
    this.limits = limits;
  }

  void show(Visit visit, String none) {
    visit.with(
        reception.identify(visit).compose(who -> limits.check(Who.of(who))),
        standings -> visit.reply(200, StandingJson.of(standings)));
  }
}
