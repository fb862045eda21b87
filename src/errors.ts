/**
 * The closed set of failures. An operation returns one as a value where it is an expected outcome; each server maps the
 * code to its own wire in one file. What is broken throws, and is 'internal' on every wire.
 */
export type ErrorCode =
  | 'malformed' // cannot be read as what it should be
  | 'invalid' // can be read, but a field is wrong
  | 'unauthenticated'
  | 'forbidden' // known, but without the scope
  | 'not-found' // also for what belongs to another account
  | 'method-not-allowed'
  | 'conflict'
  | 'gone' // a change state too old to tell changes from, a link past its time
  | 'precondition-failed'
  | 'too-large'
  | 'unsupported-media-type'
  | 'range-not-satisfiable'
  | 'rate-limited'
  | 'over-quota'
  | 'not-configured' // the operator has not set what this needs
  | 'unavailable' // temporary: the same call may succeed later
  | 'internal'

/** An expected failure: what went wrong and, in `detail`, what the caller can change. Never holds secrets or mail. */
export type Failure = {
  failure: ErrorCode
  detail: string
  /** The input's field that it is about, where it is about one. */
  field?: string
  /** Of 'rate-limited': when it may succeed. */
  retryAfterSeconds?: number
}

export function fail(failure: ErrorCode, detail: string, field?: string): Failure {
  return field === undefined ? { failure, detail } : { failure, detail, field }
}

export function isFailure<T>(value: T | Failure): value is Failure {
  return typeof value === 'object' && value !== null && 'failure' in value
}

/** Thrown where a limit or a race ends an attempt that may be repeated: the sender, the client or the queue tries again. */
export class TemporaryError extends Error {
  override name = 'TemporaryError'
}
