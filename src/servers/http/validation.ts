/** What a schema refused, as a problem that names each wrong input. */
import type { Hook, z } from '@hono/zod-openapi'
import type { HttpEnv } from './context.ts'
import { type InputError, Problem } from './errors.ts'

/** A body of nothing but unknown fields must not come back as thousands of errors. */
const ERRORS_MAX = 20
const NAME_CHARS_MAX = 100
const PLACES = { query: 'query', param: 'path', json: 'body' } as const

type Issue = z.core.$ZodIssue

/** Runs after each of Hono's validators. */
export const refuseInvalid: Hook<unknown, HttpEnv, string, undefined> = (result) => {
  if (result.success) return
  const place = PLACES[result.target as keyof typeof PLACES] ?? 'body'
  const errors = result.error.issues.flatMap((issue) => errorsOf(issue, place)).slice(0, ERRORS_MAX)
  throw new Problem('invalid', errors.map((error) => `${nameOf(error)} ${error.detail}.`).join(' '), { errors })
}

function errorsOf(issue: Issue, place: InputError['in']): InputError[] {
  const errorAt = (path: PropertyKey[], detail: string) => ({ in: place, pointer: pointerOf(path), detail })
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      errorAt([...issue.path, key], place === 'query' ? 'is not a parameter of this route' : 'is not a known field'),
    )
  return [errorAt(issue.path, detailOf(issue))]
}

function detailOf(issue: Issue): string {
  if (issue.code === 'invalid_type') {
    if (/received undefined$/.test(issue.message)) return 'is required'
    return issue.expected === 'string'
      ? 'must be given once, as text'
      : `must be ${article(issue.expected)} ${issue.expected}`
  }
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.join(', ')}`
  return issue.message
}

function article(word: string): string {
  return /^[aeio]/.test(word) ? 'an' : 'a'
}

function pointerOf(path: PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).slice(0, NAME_CHARS_MAX).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}

function nameOf(error: InputError): string {
  return error.pointer === '' ? `The ${error.in}` : error.pointer.slice(1)
}
