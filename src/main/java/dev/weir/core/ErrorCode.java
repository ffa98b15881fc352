package dev.weir.core;

/**
 * The catalogue of errors: everything that can go wrong, each with what it means to the caller, to
 * the retries and to the circuit breaker. Every surface (function envelope, OpenAI, Anthropic,
 * problem details, event bus) is rendered from it, so a code means the same at every door.
 */
public enum ErrorCode {
  /** The call itself is wrong; the message says where. */
  INVALID_REQUEST(400, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The prompt does not fit the model's context window. */
  CONTEXT_LENGTH_EXCEEDED(400, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** A budgeted user asked for a model without a price. */
  MODEL_UNPRICED(400, Retry.NEVER, Advice.FIX_FIRST, Blame.NOBODY),
  /** No key, or one that is unknown, expired or revoked. */
  UNAUTHENTICATED(401, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The key is good but may not do this. */
  FORBIDDEN(403, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** No such endpoint, function, model or record. */
  NOT_FOUND(404, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The path exists, the verb does not. */
  METHOD_NOT_ALLOWED(405, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The caller was too slow in sending its head or body. */
  REQUEST_TIMEOUT(408, Retry.NEVER, Advice.RETRY, Blame.CALLER),
  /** The record changed or exists already. */
  CONFLICT(409, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The body is over the limit. */
  PAYLOAD_TOO_LARGE(413, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The body is not JSON. */
  UNSUPPORTED_MEDIA_TYPE(415, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The provider declined on grounds of content. */
  CONTENT_FILTERED(422, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The same idempotency key came with another body. */
  IDEMPOTENCY_MISMATCH(422, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** The head of the request is over the limit. */
  HEADERS_TOO_LARGE(431, Retry.NEVER, Advice.FIX_FIRST, Blame.CALLER),
  /** A burst or concurrency limit of ours; short-lived. */
  RATE_LIMITED(429, Retry.NEVER, Advice.RETRY, Blame.NOBODY),
  /** The day's or the month's calls are used up. */
  QUOTA_EXCEEDED(429, Retry.NEVER, Advice.GIVE_UP, Blame.NOBODY),
  /** The money is used up. */
  BUDGET_EXCEEDED(429, Retry.NEVER, Advice.GIVE_UP, Blame.NOBODY),
  /** The provider limits us. */
  PROVIDER_RATE_LIMITED(429, Retry.LATER, Advice.RETRY, Blame.PROVIDER),
  /** The caller went away. */
  CANCELLED(499, Retry.NEVER, Advice.GIVE_UP, Blame.NOBODY),
  /** A fault of Weir itself. */
  INTERNAL(500, Retry.NEVER, Advice.RETRY, Blame.NOBODY),
  /** The provider refuses our key; an operator has to act. */
  PROVIDER_AUTH(502, Retry.NEVER, Advice.GIVE_UP, Blame.PROVIDER),
  /** The provider failed or answered something that is no answer. */
  PROVIDER_ERROR(502, Retry.LATER, Advice.RETRY, Blame.PROVIDER),
  /** The provider could not be reached, or the connection broke. */
  PROVIDER_UNREACHABLE(502, Retry.LATER, Advice.RETRY, Blame.PROVIDER),
  /** The model's answer holds no JSON. */
  OUTPUT_UNPARSEABLE(502, Retry.NEVER, Advice.GIVE_UP, Blame.NOBODY),
  /** The model's answer is JSON that breaks the function's schema. */
  OUTPUT_INVALID(502, Retry.NEVER, Advice.GIVE_UP, Blame.NOBODY),
  /** The breaker of this provider and model is open. */
  CIRCUIT_OPEN(503, Retry.ELSEWHERE, Advice.RETRY, Blame.NOBODY),
  /** Weir itself is saturated and sheds load. */
  OVERLOADED(503, Retry.ELSEWHERE, Advice.RETRY, Blame.NOBODY),
  /** This node is shutting down; another will answer. */
  DRAINING(503, Retry.NEVER, Advice.RETRY, Blame.NOBODY),
  /** The database is away and the tier's policy is closed. */
  STORAGE_UNAVAILABLE(503, Retry.NEVER, Advice.RETRY, Blame.NOBODY),
  /** The caller wants a kept answer or none, and none is kept. */
  NOT_CACHED(504, Retry.NEVER, Advice.FIX_FIRST, Blame.NOBODY),
  /** The call's deadline passed. */
  TIMEOUT(504, Retry.NEVER, Advice.RETRY, Blame.PROVIDER);

  /** What the gateway itself does after this error, within the deadline and the retry budget. */
  public enum Retry {
    /** Nothing: the error travels to the caller. */
    NEVER,
    /** Asks the same target again after a backoff, then the fallbacks. */
    LATER,
    /** Goes to the next fallback at once: the same target would refuse again. */
    ELSEWHERE
  }

  /** What the caller is told about trying again (`x-should-retry`, `retryable`). */
  public enum Advice {
    /** The same call may succeed later. */
    RETRY,
    /** The call must be changed first. */
    FIX_FIRST,
    /** Trying again soon costs and does not help. */
    GIVE_UP
  }

  /** Whose failure it is: only a provider's counts against its breaker. */
  public enum Blame {
    /** The caller's: proves that the provider is well enough to judge it, but is never counted. */
    CALLER,
    /** The provider's: counted by its breaker. */
    PROVIDER,
    /** Nobody's, or ours: proves nothing about the provider. */
    NOBODY
  }

  private final int status;
  private final Retry retry;
  private final Advice advice;
  private final Blame blame;

  ErrorCode(int status, Retry retry, Advice advice, Blame blame) {
    this.status = status;
    this.retry = retry;
    this.advice = advice;
    this.blame = blame;
  }

  /** The HTTP status of this code at every HTTP door. */
  public int status() {
    return status;
  }

  /** What the gateway itself does about it. */
  public Retry retry() {
    return retry;
  }

  /** What the caller is advised to do. */
  public Advice advice() {
    return advice;
  }

  /** Whether the caller is told that trying the same call again makes sense. */
  public boolean retryable() {
    return advice == Advice.RETRY;
  }

  /** Whose failure it is. */
  public Blame blame() {
    return blame;
  }

  /** Whether it counts as a failure of the provider in its circuit breaker. */
  public boolean countsAgainstBreaker() {
    return blame == Blame.PROVIDER;
  }
}
