/** What a schema refused, as a problem that names each wrong input. */
import type { Hook, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { HttpEnv } from './context.ts'
import { type InputError, Problem } from './errors.ts'

/** A body of nothing but unknown fields must not come back as thousands of errors. */
const ERRORS_MAX = 20
const NAME_CHARS_MAX = 100
const PLACES = { query: 'query', param: 'path', json: 'body' } as const

const UNKNOWN_PARAMETER = 'is not a parameter of this route'
/** zod's names of what a value should be, for people. */
const TYPES: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'an integer',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}
/** What is counted of a thing that has a bound. */
const UNITS: Record<string, [one: string, more: string]> = {
  string: ['character', 'characters'],
  array: ['entry', 'entries'],
}
/** zod's names of how a text should be written, for people. */
const FORMATS: Record<string, string> = {
  datetime: 'must be a time with its zone, such as 2026-03-01T12:00:00Z',
}

type Issue = z.core.$ZodIssue

/** Runs after each of Hono's validators. */
export const refuseInvalid: Hook<unknown, HttpEnv, string, undefined> = (result, c) => {
  const place = PLACES[result.target as keyof typeof PLACES] ?? 'body'
  const issues = result.success ? [] : result.error.issues
  const unread = result.target === 'query' ? unreadNames(c.req) : []
  const errors = [
    ...issues.flatMap((issue) => errorsOf(issue, place)),
    ...unread.map((name) => ({ in: place, pointer: pointerOf([name]), detail: UNKNOWN_PARAMETER })),
  ].slice(0, ERRORS_MAX)
  if (errors.length === 0) return
  throw new Problem('invalid', errors.map((error) => `${nameOf(error)} ${error.detail}.`).join(' '), { errors })
}

/** Parameters that Hono's reader drops without a word: one without a name, and __proto__. */
function unreadNames(request: Context<HttpEnv>['req']): string[] {
  const read = request.queries()
  return [...new Set(new URL(request.url).searchParams.keys())].filter((name) => !Object.hasOwn(read, name))
}

function errorsOf(issue: Issue, place: InputError['in']): InputError[] {
  const errorAt = (path: PropertyKey[], detail: string) => ({ in: place, pointer: pointerOf(path), detail })
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) =>
      errorAt([...issue.path, key], place === 'query' ? UNKNOWN_PARAMETER : 'is not a known field'),
    )
  return [errorAt(issue.path, detailOf(issue, place))]
}

function detailOf(issue: Issue, place: InputError['in']): string {
  switch (issue.code) {
    case 'invalid_type':
      if (/received undefined$/.test(issue.message)) return 'is required'
      if (place === 'query') return 'must be given once, as text'
      return `must be ${TYPES[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    case 'too_big':
      return isOwnWording(issue) ? issue.message : bound('at most', Number(issue.maximum), issue.origin)
    case 'too_small':
      return isOwnWording(issue) ? issue.message : bound('at least', Number(issue.minimum), issue.origin)
    case 'invalid_format':
      return isOwnWording(issue) ? issue.message : (FORMATS[issue.format] ?? issue.message)
    default:
      return issue.message
  }
}

/** A schema of ours that words its bound or its form itself, instead of leaving it to zod. */
function isOwnWording(issue: Issue): boolean {
  return !/^(Too (big|small)|Invalid ISO)/.test(issue.message)
}

function bound(which: 'at most' | 'at least', limit: number, origin: string): string {
  const unit = UNITS[origin]
  if (unit === undefined) return `must be ${which} ${limit}`
  return `must have ${which} ${limit} ${limit === 1 ? unit[0] : unit[1]}`
}

function pointerOf(path: PropertyKey[]): string {
  return path
    .map((step) => `/${String(step).slice(0, NAME_CHARS_MAX).replaceAll('~', '~0').replaceAll('/', '~1')}`)
    .join('')
}

function nameOf(error: InputError): string {
  return error.pointer === '' ? `The ${error.in}` : error.pointer.slice(1)
}
