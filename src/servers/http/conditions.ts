/**
 * Entity tags and the conditions on them (RFC 9110 §8.8.3, §13), where two writers can meet: a client says with If-Match
 * which state it means to change, and is refused where another has changed it meanwhile.
 *
 * A tag may have two parts, "<what a change decides>.<what is shown besides>": If-None-Match compares all of it, If-Match
 * the first alone. So the count of a mailbox makes no rename fail, and no client keeps an old count either.
 */
import type { HonoRequest } from 'hono'
import { base32, hashToken } from '../../access/secrets.ts'
import { Problem } from './errors.ts'

const ENTITY_TAG = /(W\/)?("[\x21\x23-\x7e]*")/g
/** 80 bits of the digest: tags are compared with those of the same resource only. */
const TAG_BYTES = 10

/** The strong tag of a JSON representation: of what a change decides, and of what is shown besides. */
export async function entityTag(decided: unknown, shown?: unknown): Promise<string> {
  const parts = await Promise.all((shown === undefined ? [decided] : [decided, shown]).map(digestOf))
  return `"${parts.join('.')}"`
}

async function digestOf(value: unknown): Promise<string> {
  return base32((await hashToken(JSON.stringify(value))).subarray(0, TAG_BYTES))
}

/** Whether a list of entity tags names this one (RFC 9110 §8.8.3.2). */
export function names(list: string, etag: string, comparison: 'strong' | 'weak'): boolean {
  if (list.trim() === '*') return true
  return [...list.matchAll(ENTITY_TAG)].some(
    ([, weak, tag]) => tag === etag && (comparison === 'weak' || weak === undefined),
  )
}

/** Throws 412 where If-Match names another state than this. */
export function refuseStale(request: HonoRequest, etag: string): void {
  const wanted = request.header('if-match')
  if (wanted === undefined || names(decidedOf(wanted), decidedOf(etag), 'strong')) return
  throw new Problem('precondition-failed', 'It has changed since the state that If-Match names: read it again.', {
    headers: { etag },
  })
}

// Every tag of the list without its second part.
function decidedOf(list: string): string {
  return list.replaceAll(/\.[0-9a-z]*"/g, '"')
}

/** True where the client has this state already: the answer is then `notModified`. */
export function isKnown(request: HonoRequest, etag: string): boolean {
  const known = request.header('if-none-match')
  return known !== undefined && names(known, etag, 'weak')
}

export function notModified(etag: string): Response {
  return new Response(null, { status: 304, headers: { etag } })
}

function parameter(name: string, description: string) {
  return {
    in: 'header' as const,
    name,
    description,
    required: false,
    schema: { type: 'string' as const },
    example: '"3fz8q0d2k7m1n5w9"',
  }
}

/** For the description of what changes one thing. */
export const ifMatch = [parameter('If-Match', '412 where none of these entity tags is that of its state now.')]
/** For the description of what reads one thing. */
export const ifNoneMatch = [
  ...ifMatch,
  parameter('If-None-Match', '304 where one of these entity tags is that of its state now.'),
]
