/**
 * The shape of Content-Type and Content-Disposition: a value, then parameters (RFC 2045 §5.1, RFC 2183), with
 * continuations and charsets (RFC 2231) and the encoded words that mailers put there against the rules.
 *
 * One pass over the value. What decides how a body is cut (the boundary) must read the same here as elsewhere:
 * of a parameter that stands twice, the first counts.
 */
import { decodeBytes } from './charset.ts'
import { decodeHeader } from './encoded-words.ts'
import { isWhite, latin1Bytes, trimWhite, unescapeHex } from './latin1.ts'
import { clip, clipFilename, headerLine } from './storable.ts'

/** Parameters that are read of one field: continuations of a long file name need some dozens. */
export const PARAMS_MAX = 256
/** Characters kept of one decoded parameter: longer than any file system's path. */
export const PARAM_CHARS_MAX = 4_096

export type Structured = {
  /** What stands before the first ';', in lower case, without comments. */
  value: string
  /** As written, names in lower case; no RFC 2231 decoding. Boundaries are compared as bytes, so they are read here. */
  rawParams: Map<string, string>
}

export function parseStructured(raw: string): Structured {
  const cursor = { text: raw, at: 0, comments: true }
  const value = readToken(cursor, ';').toLowerCase()
  const rawParams = new Map<string, string>()
  for (let n = 0; cursor.at < raw.length && n < PARAMS_MAX; n++) {
    cursor.at++
    const name = readToken(cursor, ';=').toLowerCase()
    const param = raw[cursor.at] === '=' ? readValue(cursor) : ''
    if (name && !rawParams.has(name)) rawParams.set(name, param)
  }
  return { value, rawParams }
}

type Cursor = { text: string; at: number; comments: boolean }

/** Reads to one of the stop characters, leaving comments out. An unclosed parenthesis is text, not a comment. */
function readToken(cursor: Cursor, stops: string): string {
  let token = ''
  while (cursor.at < cursor.text.length && !stops.includes(cursor.text[cursor.at] ?? '')) {
    if (skipComment(cursor)) continue
    token += cursor.text[cursor.at++]
  }
  return trimWhite(token)
}

function readValue(cursor: Cursor): string {
  cursor.at++
  do skipWhite(cursor)
  while (skipComment(cursor))
  if (cursor.text[cursor.at] !== '"') return readUnquoted(cursor)
  const value = readQuoted(cursor)
  readToken(cursor, ';') // what follows a closed quote is junk
  return value
}

function skipWhite(cursor: Cursor): void {
  while (isWhite(cursor.text.charCodeAt(cursor.at))) cursor.at++
}

/** A bare value keeps parentheses that do not follow white space: they are in file names, Invoice(1).pdf. */
function readUnquoted(cursor: Cursor): string {
  let value = ''
  while (cursor.at < cursor.text.length && cursor.text[cursor.at] !== ';') {
    const afterWhite = isWhite(cursor.text.charCodeAt(cursor.at - 1))
    if (afterWhite && skipComment(cursor)) continue
    value += cursor.text[cursor.at++]
  }
  return trimWhite(value)
}

function readQuoted(cursor: Cursor): string {
  let value = ''
  for (cursor.at++; cursor.at < cursor.text.length; cursor.at++) {
    const char = cursor.text[cursor.at] ?? ''
    if (char === '"') {
      cursor.at++
      break
    }
    // A backslash that quotes nothing special is a Windows path, kept as it is.
    if (char === '\\' && /["\\]/.test(cursor.text[cursor.at + 1] ?? '')) value += cursor.text[++cursor.at]
    else value += char
  }
  return value
}

/**
 * Moves past a comment, nested ones included, where one begins here. One that never closes is text, and from then on
 * so is every parenthesis of the field: looking again at each would make a run of '(' cost its square.
 */
function skipComment(cursor: Cursor): boolean {
  if (cursor.text[cursor.at] !== '(' || !cursor.comments) return false
  let depth = 0
  for (let at = cursor.at; at < cursor.text.length; at++) {
    const char = cursor.text[at]
    if (char === '\\') at++
    else if (char === '(') depth++
    else if (char === ')' && --depth === 0) {
      cursor.at = at + 1
      return true
    }
  }
  cursor.comments = false
  return false
}

type Section = { number: number; encoded: boolean; value: string }

/** The parameters decoded to Unicode, continuations joined. The RFC 2231 form wins over a plain one of the name. */
export function decodeParams(rawParams: Map<string, string>): Record<string, string> {
  const plain = new Map<string, string>()
  const split = new Map<string, Section[]>()
  for (const [name, value] of rawParams) {
    const match = /^([^*]+)\*(?:(\d{1,4})(\*)?)?$/.exec(name)
    if (!match?.[1]) {
      plain.set(name, decodeHeader(value))
      continue
    }
    const sections = split.get(match[1]) ?? []
    sections.push({ number: Number(match[2] ?? 0), encoded: match[2] === undefined || match[3] === '*', value })
    split.set(match[1], sections)
  }
  for (const [name, sections] of split) plain.set(name, joinSections(sections))
  return Object.fromEntries([...plain].map(([name, value]) => [headerLine(clip(name, 64)), tidy(name, value)]))
}

function tidy(name: string, value: string): string {
  return clipParam(name, headerLine(value), PARAM_CHARS_MAX)
}

/** A parameter cut to length; what names a file keeps its extension. */
export function clipParam(name: string, value: string, charsMax: number): string {
  return name === 'filename' || name === 'name' ? clipFilename(value, charsMax) : clip(value, charsMax)
}

/** Joined as bytes before decoding: a character may be cut between two sections. */
function joinSections(sections: Section[]): string {
  sections.sort((a, b) => a.number - b.number)
  let charset: string | null = null
  const chunks: string[] = []
  for (const [index, section] of sections.entries()) {
    let value = section.value
    const prefix = index === 0 && section.encoded ? /^([^']*)'[^']*'/.exec(value) : null
    if (prefix) {
      charset = prefix[1] ?? null
      value = value.slice(prefix[0].length)
    }
    chunks.push(section.encoded ? unescapeHex(value, '%') : value)
  }
  return decodeBytes(latin1Bytes(chunks.join('')), charset).text
}
