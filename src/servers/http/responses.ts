/** How routes describe their answers: the one they are for, the problems that may come instead, and the headers of each. */
import { z } from '@hono/zod-openapi'
import { problem } from './schemas.ts'

const DESCRIPTIONS = {
  400: 'Something in the request cannot be read, such as a cursor of another list.',
  401: 'No key, or one that is not valid.',
  403: 'The key may not do this.',
  404: 'There is no such thing, or it belongs to another account.',
  409: 'Something else stands in the way, such as a first request with the same Idempotency-Key.',
  410: 'The state is too old: list anew.',
  412: 'The state, or the bytes, are not those that If-Match names.',
  413: 'The body, or what it makes, is larger than this route takes.',
  415: 'The body is not application/json in UTF-8.',
  416: 'The range lies outside the bytes.',
  422: 'An input is wrong; `errors` says which.',
  429: 'Too many requests: Retry-After says when the next may come.',
  500: 'A defect of the server. The request id leads to it in the log.',
  503: 'Temporarily unavailable, or not configured.',
} as const

type Status = keyof typeof DESCRIPTIONS
type ProblemResponse = { description: string; content: { 'application/problem+json': { schema: typeof problem } } }

/** Headers of the answers, as components of the description. */
export const HEADERS = {
  'X-Request-Id': {
    description: "The request's id, also in the log: the client's own X-Request-Id where it is short and clean.",
    schema: { type: 'string' },
  },
  'WWW-Authenticate': {
    description: 'RFC 6750: what is wrong with the key, and the scope that it lacks.',
    schema: { type: 'string' },
  },
  'Retry-After': {
    description: 'Seconds to wait, where the same call may succeed later.',
    schema: { type: 'integer' },
  },
  'RateLimit-Policy': {
    description: 'How many requests (`q`) a key may make in how many seconds (`w`).',
    schema: { type: 'string' },
    example: '"default";q=600;w=60',
  },
  RateLimit: {
    description: 'How many requests remain (`r`) for how many seconds (`t`). A hint.',
    schema: { type: 'string' },
    example: '"default";r=599;t=42',
  },
  'Idempotent-Replayed': {
    description: '`true` where this is the answer that the first request with the same Idempotency-Key got.',
    schema: { type: 'string' },
  },
  Location: { description: 'The path of what was made.', schema: { type: 'string', format: 'uri-reference' } },
  ETag: { description: 'Names these bytes, or this state.', schema: { type: 'string' } },
  'Accept-Ranges': { description: '`bytes`, where a range can be asked for.', schema: { type: 'string' } },
  'Content-Range': { description: 'Which bytes these are, of how many.', schema: { type: 'string' } },
  'Content-Disposition': {
    description:
      'A download (RFC 6266) under a safe name; `inline` only in the answers of links to pictures of the HTML.',
    schema: { type: 'string' },
  },
} as const

type HeaderName = keyof typeof HEADERS

/** Headers by their names, as references to the components. */
export function headers(...names: HeaderName[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

/** The headers that every answer of a status carries. */
export function headersOf(status: number): Record<string, { $ref: string }> {
  if (status === 401 || status === 403) return headers('X-Request-Id', 'WWW-Authenticate')
  return status === 503 || status === 429 ? headers('X-Request-Id', 'Retry-After') : headers('X-Request-Id')
}

/** A JSON answer. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A JSON answer that names its state. */
export function taggedJson<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { ...json(schema, description), headers: headers('ETag') }
}

/** The same answer, as text for whom it is asked for. */
export function withText<Answer extends { content: object }>(answer: Answer, description: string) {
  const text = z.string().openapi({ description })
  return { ...answer, content: { ...(answer.content as Answer['content']), 'text/plain': { schema: text } } }
}

export const NOT_MODIFIED = { description: 'The client has this state.', headers: headers('ETag') }

/** A JSON body that must be there. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } }
}

/** A body that may be left out: what it holds has defaults. */
export function optionalJsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: false, content: { 'application/json': { schema } } } }
}

/** The problems of a route that takes a key, beside those that every such route has. */
export function problems<const Own extends Status>(...own: Own[]) {
  return publicProblems<Own | 401 | 403 | 429>(401, 403, 429, ...own)
}

/** The same for a route that takes no key. A parameter that it does not have is refused by every route. */
export function publicProblems<const Own extends Status>(
  ...own: Own[]
): Record<Own | 422 | 500 | 503, ProblemResponse> {
  const statuses = [...own, 422, 500, 503] as const
  const entries = statuses.map((status) => [status, problemResponse(DESCRIPTIONS[status])])
  return Object.fromEntries(entries) as Record<Own | 422 | 500 | 503, ProblemResponse>
}

/** The problem of a status that every route of a kind has. */
export function commonProblem(status: Status): ProblemResponse {
  return problemResponse(DESCRIPTIONS[status])
}

function problemResponse(description: string): ProblemResponse {
  return { description, content: { 'application/problem+json': { schema: problem } } }
}
