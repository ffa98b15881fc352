package dev.weir.cache;

import java.util.Locale;

/** Why an answer that is worth asking for again was not. */
enum PassedOver {
  /** It belongs to an experiment's arm. */
  EXPERIMENT,
  /** Its worst price does not fit into what is left of the day. */
  BUDGET,
  /** Nothing bounds what it would cost. */
  UNPRICED,
  /** Asked again now it would be another question, or none. */
  CHANGED,
  /** Nobody answers now, or not for its worst price; it cost nothing. */
  UNANSWERED,
  /** It was paid for, and no answer came of it that could be kept. */
  IN_VAIN;

  /** Its name in the meter. */
  String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
