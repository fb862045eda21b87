/**
 * RFC 2047: encoded words in header text, and raw bytes beside them (RFC 6532 or plain wrong).
 *
 * Words of one charset that stand side by side are decoded together as bytes, because mailers split them inside a
 * character. Decoding comes after the grammar has been read (addresses, parameters), never before, so an encoded
 * comma or angle bracket cannot make an address.
 *
 * What comes out is for people to read, in lists and in terminals: one line without controls. Whoever needs the field as
 * it came has its raw value, and the stored block (header-text.ts) is exact to the byte.
 */
import { Buffer } from 'node:buffer'
import { decodeBytes, guessText } from './charset.ts'
import { latin1Bytes, unescapeHex } from './latin1.ts'
import { addressLine, headerLine } from './storable.ts'

// None of the classes holds '?', so each character is looked at a constant number of times.
const WORD = /=\?([^?\s]{1,100})\?([BbQq])\?([^?]*)\?=/g

/** A run of encoded words of one charset, each as its bytes in a binary string: a word may cost no buffer of its own. */
type Run = { charset: string; chunks: string[] }

export function decodeHeader(raw: string, charsetHint?: string): string {
  return headerLine(decodeWords(raw, charsetHint))
}

/** The same for an address, whose controls stay visible. */
export function decodeAddress(raw: string, charsetHint?: string): string {
  return addressLine(decodeWords(raw, charsetHint))
}

function decodeWords(raw: string, charsetHint: string | undefined): string {
  if (!raw.includes('=?')) return rawText(raw, charsetHint)
  const out: string[] = []
  let run: Run | null = null
  let after = 0
  for (const match of raw.matchAll(WORD)) {
    const between = raw.slice(after, match.index)
    after = match.index + match[0].length
    const charset = charsetOf(match[1] ?? '')
    const bytes = wordBytes(match[2] ?? '', match[3] ?? '')
    // White space between two encoded words is folding, not content (RFC 2047 §6.2).
    const adjacent = run !== null && isBlank(between)
    if (run && adjacent && run.charset === charset) {
      run.chunks.push(bytes)
      continue
    }
    if (run) out.push(runText(run))
    if (!adjacent) out.push(rawText(between, charsetHint))
    run = { charset, chunks: [bytes] }
  }
  if (run) out.push(runText(run))
  out.push(rawText(raw.slice(after), charsetHint))
  return out.join('')
}

function charsetOf(label: string): string {
  const language = label.indexOf('*') // RFC 2231 §5 adds one
  return (language < 0 ? label : label.slice(0, language)).toLowerCase()
}

function runText(run: Run): string {
  const joined = decodeBytes(latin1Bytes(run.chunks.join('')), run.charset)
  if (joined.defect === null || run.chunks.length === 1) return joined.text
  // Where joining broke something (ISO-2022-JP forbids two escapes in a row), the words are read one by one.
  const apart = run.chunks.map((chunk) => decodeBytes(latin1Bytes(chunk), run.charset).text).join('')
  return apart.includes('\ufffd') ? joined.text : apart
}

function wordBytes(encoding: string, text: string): string {
  // Buffer skips what is not base64 and stops at padding: neither is worth losing the word for.
  if (encoding === 'B' || encoding === 'b') return Buffer.from(text, 'base64').toString('latin1')
  const spaced = text.includes('_') ? text.replaceAll('_', ' ') : text
  return unescapeHex(spaced, '=')
}

function rawText(raw: string, hint: string | undefined): string {
  return /[\x80-\xff]/.test(raw) ? guessText(latin1Bytes(raw), hint) : raw
}

function isBlank(text: string): boolean {
  return !/[^ \t\r\n]/.test(text)
}
