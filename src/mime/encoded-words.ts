/**
 * RFC 2047: encoded words in header text, and raw bytes beside them (RFC 6532 or plain wrong).
 *
 * Words of one charset that stand side by side are decoded together as bytes, because mailers split them inside a
 * character. Decoding comes after the grammar has been read (addresses, parameters), never before, so an encoded
 * comma or angle bracket cannot make an address.
 */
import { Buffer } from 'node:buffer'
import { decodeBytes, guessText } from './charset.ts'
import { latin1Bytes } from './latin1.ts'
import { storable } from './storable.ts'

// None of the classes holds '?', so each character is looked at a constant number of times.
const WORD = /=\?([^?\s]{1,100})\?([BbQq])\?([^?]*)\?=/g

/** A run of encoded words of one charset. */
type Run = { charset: string; chunks: Uint8Array[] }

export function decodeHeader(raw: string, charsetHint?: string): string {
  if (!raw.includes('=?')) return headerText(rawText(raw, charsetHint))
  const out: string[] = []
  let run: Run | null = null
  let after = 0
  for (const match of raw.matchAll(WORD)) {
    const between = raw.slice(after, match.index)
    after = match.index + match[0].length
    const charset = (match[1] ?? '').split('*')[0] ?? '' // RFC 2231 §5 adds a language after '*'
    const bytes = wordBytes(match[2] ?? '', match[3] ?? '')
    // White space between two encoded words is folding, not content (RFC 2047 §6.2).
    const adjacent = run !== null && isBlank(between)
    if (run && adjacent && run.charset === charset.toLowerCase()) {
      run.chunks.push(bytes)
      continue
    }
    if (run) out.push(runText(run))
    if (!adjacent) out.push(rawText(between, charsetHint))
    run = { charset: charset.toLowerCase(), chunks: [bytes] }
  }
  if (run) out.push(runText(run))
  out.push(rawText(raw.slice(after), charsetHint))
  return headerText(out.join(''))
}

function runText(run: Run): string {
  const joined = decodeBytes(Buffer.concat(run.chunks), run.charset)
  if (joined.defect === null || run.chunks.length === 1) return joined.text
  // Where joining broke something (ISO-2022-JP forbids two escapes in a row), the words are read one by one.
  const apart = run.chunks.map((chunk) => decodeBytes(chunk, run.charset).text).join('')
  return apart.includes('\ufffd') ? joined.text : apart
}

function wordBytes(encoding: string, text: string): Uint8Array {
  // Buffer skips what is not base64 and stops at padding: neither is worth losing the word for.
  if (encoding === 'B' || encoding === 'b') return Buffer.from(text, 'base64')
  const unescaped = text
    .replace(/_/g, ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return latin1Bytes(unescaped)
}

function rawText(raw: string, hint: string | undefined): string {
  return /[\x80-\xff]/.test(raw) ? guessText(latin1Bytes(raw), hint) : raw
}

function isBlank(text: string): boolean {
  return !/[^ \t\r\n]/.test(text)
}

/** A decoded header is one line: an encoded line end must not become a second header in what we write. */
function headerText(text: string): string {
  return storable(/[\r\n]/.test(text) ? text.replace(/[\r\n]+/g, ' ') : text)
}
