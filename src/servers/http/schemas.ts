/**
 * The pieces that every resource's schemas are made of. Each both validates and describes itself in /openapi.json.
 *
 * Query parameters arrive as text and are read strictly: what is not exactly a boolean, an integer or a known name is
 * refused with a pointer to it, never guessed.
 */
import { Buffer } from 'node:buffer'
import { z } from '@hono/zod-openapi'
import { CURSOR_CHARS_MAX } from './cursor.ts'
import { ERROR_CODES } from './errors.ts'
import { type IdPrefix, idPattern, parseId } from './ids.ts'

export const LIMIT_MAX = 200
export const LIMIT_DEFAULT = 50

/** An id in a path or a query: the number, or null where it cannot be read (which routes answer as 404). */
export function idParam(prefix: IdPrefix, description: string) {
  return z
    .string()
    .transform((text) => parseId(prefix, text))
    .openapi({ type: 'string', pattern: idPattern(prefix), description })
}

/** An id in a body: read as the number, refused where it is none. */
export function idField(prefix: IdPrefix, description: string) {
  return z
    .string()
    .transform((text, ctx) => {
      const id = parseId(prefix, text)
      if (id === null) ctx.addIssue({ code: 'custom', message: `must be an id that begins with ${prefix}_` })
      return id ?? z.NEVER
    })
    .openapi({ type: 'string', pattern: idPattern(prefix), description })
}

/** An id in an answer. */
export function id(prefix: IdPrefix) {
  return z.string().openapi({ pattern: idPattern(prefix) })
}

export const time = z.string().openapi({ format: 'date-time', example: '2026-03-01T12:00:00Z' })
export const count = z.number().int().openapi({ minimum: 0 })
export const bytes = z.number().int().openapi({ minimum: 0, description: 'Bytes.' })

export const flag = z
  .enum(['true', 'false'], { error: 'must be true or false' })
  .transform((text) => text === 'true')
  .openapi({ type: 'boolean' })

export function limit(initial = LIMIT_DEFAULT) {
  return z
    .string()
    .regex(/^\d{1,9}$/, 'must be an integer')
    .transform(Number)
    .refine((value) => value >= 1 && value <= LIMIT_MAX, `must be from 1 to ${LIMIT_MAX}`)
    .default(initial)
    .openapi({ type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: initial, description: 'Entries in a page.' })
}

export const cursor = z
  .string()
  .max(CURSOR_CHARS_MAX)
  .optional()
  .openapi({ description: 'next_cursor of the page before, with the same filter.' })

/** What a list that has no filter takes. */
export const pageQuery = z.strictObject({ cursor, limit: limit() })

const NOT_IN_A_LINE = /[\p{Cc}\p{Cs}]/u

/** A line of text that a person names something with: no control characters, no lone surrogates. */
export function line(charsMax: number, description: string) {
  return z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(charsMax, `must have at most ${charsMax} characters`)
    .refine((text) => !NOT_IN_A_LINE.test(text), 'must be one line of text')
    .openapi({ description })
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** Bytes in a body. */
export const base64 = z
  .string()
  .transform((text, ctx): Uint8Array => {
    if (text.length % 4 === 0 && BASE64.test(text)) return new Uint8Array(Buffer.from(text, 'base64'))
    ctx.addIssue({ code: 'custom', message: 'must be base64 with its padding, without blanks or line ends' })
    return z.NEVER
  })
  .openapi({ type: 'string', format: 'byte', description: 'In base64.' })

/** A page of a list. Pages of a filtered list may be short, even empty, while has_more is true. */
export function listOf<Item extends z.ZodType>(item: Item, name: string) {
  return z
    .object({
      data: z.array(item),
      has_more: z.boolean(),
      next_cursor: z.string().nullable().openapi({ description: 'Null after the last page.' }),
    })
    .openapi(name)
}

const inputError = z
  .object({
    in: z.enum(['query', 'path', 'header', 'body']),
    pointer: z
      .string()
      .openapi({ description: 'RFC 6901, inside the query, the path, the header or the body.', example: '/limit' }),
    detail: z.string(),
  })
  .openapi('InputError')

export const problem = z
  .object({
    type: z.string().openapi({ format: 'uri', example: 'urn:postern:problem:not-found' }),
    title: z.string(),
    status: z.number().int(),
    detail: z.string().openapi({ description: 'What can be done about it.' }),
    code: z.enum(ERROR_CODES),
    errors: z.array(inputError).openapi({ description: 'Each wrong input; empty for other problems.' }),
    request_id: z.string(),
  })
  .openapi('Problem')

/** Epoch seconds as RFC 3339. */
export function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

const YEAR_10000_SECONDS = 253_402_300_800

/** The same for a time that a stranger wrote: null where RFC 3339 has no form for it. */
export function formatForeignTime(seconds: number | null): string | null {
  return seconds === null || seconds < 0 || seconds >= YEAR_10000_SECONDS ? null : formatTime(seconds)
}

export function formatOptionalTime(seconds: number | null): string | null {
  return seconds === null ? null : formatTime(seconds)
}
