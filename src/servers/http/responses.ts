/** How routes describe their answers: the one they are for, and the problems that may come instead. */
import type { z } from '@hono/zod-openapi'
import { problem } from './schemas.ts'

const DESCRIPTIONS = {
  400: 'Something in the request cannot be read, such as a cursor of another list.',
  401: 'No key, or one that is not valid.',
  403: 'The key may not do this.',
  404: 'There is no such thing, or it belongs to another account.',
  409: 'Something else stands in the way.',
  410: 'The state is too old: list anew.',
  413: 'The body is larger than 64 KB.',
  415: 'The body is not application/json.',
  416: 'The range lies outside the message.',
  422: 'An input is wrong; `errors` says which.',
  500: 'A defect of the server. The request id leads to it in the log.',
  503: 'Temporarily unavailable, or not configured.',
} as const

type Status = keyof typeof DESCRIPTIONS
type ProblemResponse = { description: string; content: { 'application/problem+json': { schema: typeof problem } } }

/** A JSON answer. */
export function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } }
}

/** A JSON body that must be there. */
export function jsonBody<Schema extends z.ZodType>(schema: Schema) {
  return { body: { required: true, content: { 'application/json': { schema } } } }
}

/** The problems of a route that takes a key, beside those that every such route has. */
export function problems<const Own extends Status>(...own: Own[]) {
  return publicProblems<Own | 401 | 403>(401, 403, ...own)
}

/** The same for a route that takes no key. */
export function publicProblems<const Own extends Status>(...own: Own[]): Record<Own | 500 | 503, ProblemResponse> {
  const statuses = [...own, 500, 503] as const
  const entries = statuses.map((status) => [status, problemResponse(DESCRIPTIONS[status])])
  return Object.fromEntries(entries) as Record<Own | 500 | 503, ProblemResponse>
}

function problemResponse(description: string): ProblemResponse {
  return { description, content: { 'application/problem+json': { schema: problem } } }
}
