/**
 * The one mapping of failures to HTTP: every error leaves as a problem document (RFC 9457) with a code from the closed set.
 *
 * Invariants:
 *  - What is unknown is 'internal' on the wire; its detail goes to the log and never to the client.
 *  - What may succeed when it is tried again is 503 with Retry-After.
 */
import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { type ErrorCode, type Failure, isFailure, TemporaryError } from '../../errors.ts'
import type { HttpEnv } from './context.ts'

/** One wrong input: `pointer` (RFC 6901) leads to it inside the query, the path, the header or the body. */
export type InputError = { in: 'query' | 'path' | 'header' | 'body'; pointer: string; detail: string }

export type ProblemBody = {
  type: string
  title: string
  status: number
  detail: string
  code: ErrorCode
  errors: InputError[]
  request_id: string
}

export const MAPPING = {
  malformed: [400, 'Malformed request'],
  unauthenticated: [401, 'Authentication required'],
  forbidden: [403, 'Forbidden'],
  'not-found': [404, 'Not found'],
  'method-not-allowed': [405, 'Method not allowed'],
  conflict: [409, 'Conflict'],
  'over-quota': [409, 'Over quota'],
  gone: [410, 'Gone'],
  'precondition-failed': [412, 'Precondition failed'],
  'too-large': [413, 'Too large'],
  'unsupported-media-type': [415, 'Unsupported media type'],
  'range-not-satisfiable': [416, 'Range not satisfiable'],
  invalid: [422, 'Invalid input'],
  'rate-limited': [429, 'Too many requests'],
  internal: [500, 'Internal error'],
  'not-configured': [503, 'Not configured'],
  unavailable: [503, 'Temporarily unavailable'],
} as const satisfies Record<ErrorCode, readonly [number, string]>

export const ERROR_CODES = Object.keys(MAPPING) as [ErrorCode, ...ErrorCode[]]

/** A transient fault of D1 or R2 is over in seconds. */
const RETRY_AFTER_SECONDS = 5
/** What D1 and R2 say of faults that are over at the next call. Anything else is a defect of ours. */
const TRANSIENT =
  /network connection lost|storage caused object to be reset|reset because its code was updated|is overloaded|timed? ?out|please try again/i

/** Thrown by routes to answer with a problem. */
export class Problem extends Error {
  override name = 'Problem'
  readonly code: ErrorCode
  readonly errors: InputError[]
  readonly headers: Record<string, string>

  constructor(code: ErrorCode, detail: string, more: { errors?: InputError[]; headers?: Record<string, string> } = {}) {
    super(detail)
    this.code = code
    this.errors = more.errors ?? []
    this.headers = more.headers ?? {}
  }
}

/** The value of an operation; its failure becomes the answer, with a pointer to the body's field that it is about. */
export function orProblem<T>(value: T | Failure): T {
  if (!isFailure(value)) return value
  throw problemFor(value)
}

/** `isNamed` is false where the failure's field stands nowhere that a pointer could lead to. */
export function problemFor({ failure, detail, field, retryAfterSeconds }: Failure, isNamed = true): Problem {
  return new Problem(failure, detail, {
    ...(field === undefined || !isNamed ? {} : { errors: [{ in: 'body', pointer: `/${field}`, detail }] }),
    ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
  })
}

/** The value, or 404: also for an id that cannot be read, so that it tells nothing apart. */
export function found<T>(value: T | null | undefined | false, what: string): T {
  if (value === null || value === undefined || value === false)
    throw new Problem('not-found', `There is no such ${what}.`)
  return value
}

/** Hono's error handler: whatever was thrown becomes a problem document. */
export function answerError(error: unknown, c: Context<HttpEnv>): Response {
  const problem = problemOf(error)
  if (problem.code === 'internal') {
    const { deps } = c.env
    deps.log({ level: 'error', at: 'http', request_id: c.var.requestId, error: describe(error) })
  }
  return problemResponse(problem, c.var.requestId)
}

export function problemResponse(problem: Problem, requestId: string): Response {
  const [status, title] = MAPPING[problem.code]
  const body: ProblemBody = {
    type: `urn:postern:problem:${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    errors: problem.errors,
    request_id: requestId,
  }
  const retry: Record<string, string> =
    problem.code === 'unavailable' ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/problem+json', ...retry, ...problem.headers },
  })
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException) return problemOfHono(error)
  if (isTransient(error)) return new Problem('unavailable', 'The storage did not answer. Try again shortly.')
  return new Problem('internal', 'Something went wrong here. The request id leads to it in the log.')
}

// What Hono and its validators throw themselves.
function problemOfHono(error: HTTPException): Problem {
  switch (error.status) {
    case 400:
      return new Problem('malformed', 'The body is not valid JSON.')
    case 415:
      return new Problem('unsupported-media-type', 'Send the body as application/json.')
    default:
      return new Problem('internal', 'Something went wrong here. The request id leads to it in the log.')
  }
}

function isTransient(error: unknown): boolean {
  if (error instanceof TemporaryError) return true
  return error instanceof Error && (TRANSIENT.test(error.message) || isTransient(error.cause))
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? String(error)) : String(error)
}
