/**
 * Address lists of header fields (RFC 5322 §3.4 with its obsolete forms): groups, comments, quoted local parts,
 * routes, and what mailers write instead.
 *
 * One pass over the raw value into pieces, then a mailbox at each comma. Encoded words are decoded after that, in
 * names only: an encoded '<victim@example>' stays a name and never becomes an address.
 */
import { decodeAddress, decodeHeader } from './encoded-words.ts'
import { isWhite } from './latin1.ts'
import type { Address } from './message.ts'
import { clip } from './storable.ts'

export { foldAddress, foldDomain, splitAddress } from './fold-address.ts'

/** Addresses that are read of one field. Larger lists are real but rare, and their tail is of use to no reader. */
export const ADDRESSES_MAX = 1_000
/** Characters kept of one name. */
export const NAME_CHARS_MAX = 500
/** Characters kept of one address: RFC 5321 §4.5.3.1 allows 64 + 1 + 255 bytes, and junk is shown cut. */
export const ADDRESS_CHARS_MAX = 500

/** A word, a quoted string, a comment, the inside of angle brackets, or one of , ; : */
type Piece = { kind: 'word' | 'quoted' | 'comment' | 'angle' | 'mark'; text: string; spaced: boolean }

export function parseAddressList(raw: string, charsetHint?: string): Address[] {
  const addresses: Address[] = []
  let pieces: Piece[] = []
  /** The parts of a name with an unquoted comma, 'Doe, John <j@x>', waiting for their address. */
  let nameParts: string[] = []
  const finish = () => {
    const address = readMailbox(pieces, charsetHint)
    pieces = []
    if (!address) return
    if (address.address === '') {
      nameParts.push(address.name)
      return
    }
    const name = [...nameParts, address.name].filter(Boolean).join(', ')
    addresses.push({ name: clip(name, NAME_CHARS_MAX), address: address.address })
    nameParts = []
  }
  for (const piece of readPieces(raw)) {
    if (addresses.length + nameParts.length >= ADDRESSES_MAX) break
    if (piece.kind !== 'mark') pieces.push(piece)
    else if (piece.text === ':')
      pieces = [] // a group's name
    else finish()
  }
  finish()
  if (nameParts.length > 0) addresses.push({ name: clip(nameParts.join(', '), NAME_CHARS_MAX), address: '' })
  return addresses
}

/** One mailbox; null where there is nothing but comments and white space, as in 'undisclosed-recipients:;'. */
function readMailbox(pieces: Piece[], hint: string | undefined): Address | null {
  const words = pieces.filter((piece) => piece.kind === 'word' || piece.kind === 'quoted')
  const angle = pieces.findLast((piece) => piece.kind === 'angle')
  if (angle) return { name: nameOf(words, pieces, hint), address: cleanAddress(angle.text, hint) }
  if (words.length === 0) return null
  const { address, rest } = findAddress(words)
  const name = nameOf(rest, address ? pieces : [], hint)
  return { name, address: cleanAddress(address, hint) }
}

function nameOf(words: Piece[], pieces: Piece[], hint: string | undefined): string {
  const name = decodeHeader(joinPieces(words), hint).trim()
  if (name) return clip(name, NAME_CHARS_MAX)
  const comment = pieces.find((piece) => piece.kind === 'comment')
  return comment ? clip(decodeHeader(comment.text, hint).trim(), NAME_CHARS_MAX) : ''
}

function joinPieces(pieces: Piece[]): string {
  return pieces.map((piece, index) => (piece.spaced && index > 0 ? ' ' : '') + piece.text).join('')
}

/** An address without angle brackets: all the words, '.' and '@' closed up (RFC 5322 §4.4), else the last with an '@'. */
function findAddress(words: Piece[]): { address: string; rest: Piece[] } {
  const whole = words
    .map((word, index) => (word.spaced && index > 0 ? ' ' : '') + sourceOf(word))
    .join('')
    .replace(/ ?([.@]) ?/g, '$1')
  if (isOneAddress(whole)) return { address: whole, rest: [] }
  const at = words.findLastIndex((word) => word.kind === 'word' && /[^@]@[^@]/.test(word.text))
  const found = words[at]
  if (!found) return { address: '', rest: words }
  const glued = !found.spaced && words[at - 1]?.kind === 'quoted'
  return { address: found.text, rest: words.filter((_, index) => index !== at && !(glued && index === at - 1)) }
}

function isOneAddress(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1 || at === text.length - 1 || /[\s"]/.test(text.slice(at))) return false
  const local = text.slice(0, at)
  return local.startsWith('"') ? local.endsWith('"') : !/[\s"@]/.test(local)
}

/** A piece as it stood in the field: a quoted local part keeps its quotes. */
function sourceOf(piece: Piece): string {
  return piece.kind === 'quoted' ? `"${piece.text.replace(/["\\]/g, '\\$&')}"` : piece.text
}

/** The inside of angle brackets: without a source route (RFC 5322 §4.4) or 'mailto:', '.' and '@' closed up. */
function cleanAddress(text: string, hint: string | undefined): string {
  const inner = text.slice(text.lastIndexOf('<') + 1).trim()
  const routed = inner.startsWith('@') ? inner.slice(inner.indexOf(':') + 1).trim() : inner
  const direct = withoutApostrophes(routed.replace(/^mailto:/i, ''))
  const closed = direct.startsWith('"') ? direct : direct.replace(/[ \t]+/g, ' ').replace(/ ?([.@]) ?/g, '$1')
  return clip(decodeAddress(closed, hint).trim(), ADDRESS_CHARS_MAX)
}

/** Some mailers write <'ann@example.org'>. By search, not by a pattern, which a megabyte of '@' would cost its square. */
function withoutApostrophes(text: string): string {
  const inner = text.slice(1, -1)
  const isWrapped = text.startsWith("'") && text.endsWith("'") && inner.includes('@') && !inner.includes("'")
  return isWrapped ? inner : text
}

function* readPieces(raw: string): Generator<Piece> {
  let comments = true
  for (let at = 0; at < raw.length; ) {
    const before = at
    while (isWhite(raw.charCodeAt(at))) at++
    const spaced = at > before
    const char = raw[at]
    if (char === undefined) return
    const comment: Read | null = char === '(' && comments ? readComment(raw, at) : null
    // One comment that never closes makes every later '(' plain text: a run of them must not be read again and again.
    if (char === '(' && !comment) comments = false
    const [kind, read]: [Piece['kind'], Read] = comment ? ['comment', comment] : readPiece(raw, at, char)
    yield { kind, text: read.text, spaced }
    at = read.end
  }
}

type Read = { text: string; end: number }

function readPiece(raw: string, at: number, char: string): [Piece['kind'], Read] {
  if (char === '"') return ['quoted', readQuoted(raw, at)]
  if (char === '<') return ['angle', readAngle(raw, at)]
  if (',;:'.includes(char)) return ['mark', { text: char, end: at + 1 }]
  return ['word', readWord(raw, at)]
}

function readWord(raw: string, start: number): Read {
  let at = start + 1
  while (at < raw.length && !' \t"<,;:('.includes(raw[at] ?? '')) at++
  return { text: raw.slice(start, at), end: at }
}

function readQuoted(raw: string, start: number): Read {
  let text = ''
  for (let at = start + 1; at < raw.length; at++) {
    if (raw[at] === '"') return { text, end: at + 1 }
    if (raw[at] === '\\' && at + 1 < raw.length) at++
    text += raw[at]
  }
  return { text, end: raw.length }
}

/** Up to '>'. One that never closes ends at the comma, so that it does not swallow the addresses after it. */
function readAngle(raw: string, start: number): Read {
  let quoted = false
  for (let at = start + 1; at < raw.length; at++) {
    const char = raw[at]
    if (quoted && char === '\\') at++
    else if (char === '"') quoted = !quoted
    else if (!quoted && (char === '>' || (char === ',' && !raw.slice(start + 1, start + 2).includes('@')))) {
      return { text: raw.slice(start + 1, at), end: char === '>' ? at + 1 : at }
    }
  }
  return { text: raw.slice(start + 1), end: raw.length }
}

function readComment(raw: string, start: number): Read | null {
  let depth = 0
  for (let at = start; at < raw.length; at++) {
    const char = raw[at]
    if (char === '\\') at++
    else if (char === '(') depth++
    else if (char === ')' && --depth === 0) return { text: raw.slice(start + 1, at), end: at + 1 }
  }
  return null
}
