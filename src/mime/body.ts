/**
 * The displayed text of a message, read by byte ranges: of a 25 MB message only its text parts are fetched.
 *
 * Delivery and the read API both come through here, delivery with a reader over the bytes in memory, so that what
 * was indexed and what is shown can never differ.
 */
import { decodeBytes } from './charset.ts'
import { type Displayed, displayedParts } from './displayed.ts'
import { unflow } from './flowed.ts'
import { htmlToText } from './html-text.ts'
import type { Defect, Part } from './message.ts'
import { clip, storable } from './storable.ts'
import { decodeTransferBytes } from './transfer.ts'

export { decodeTransfer } from './transfer.ts'

/** Characters kept of the text, and of the HTML. What people write is under 100 KB; the rest is one download away. */
export const DISPLAYED_CHARS_MAX = 1024 * 1024
/** Encoded bytes read of one part: enough for that many characters in any charset but the most wasteful. */
export const PART_BYTES_MAX = 4 * 1024 * 1024
/**
 * Encoded bytes read of all parts together: a text and an HTML of that size. Parts whose bytes decode to nothing would
 * otherwise cost time without ever using up the room for their characters.
 */
export const DISPLAYED_BYTES_MAX = 2 * PART_BYTES_MAX
/** Parts closer than this are fetched in one read: a request costs more than these bytes. */
const GAP_BYTES_MAX = 64 * 1024
/** Characters of decoded text that are cleaned at a time: bounds what a replacement in each of them allocates. */
const SLICE_CHARS = 64 * 1024

export type RangeReader = (start: number, end: number) => Promise<Uint8Array>

export type Body = {
  /** Made from the HTML where there is no text part; null where there is neither. */
  text: string | null
  textIsOriginal: boolean
  html: string | null
  /** Whether something displayed was left out for size. */
  truncated: boolean
  defects: Defect[]
}

export async function readDisplayed(root: Part, read: RangeReader): Promise<Body> {
  const displayed = displayedParts(root)
  const decoded = new Map<Part, PartText>()
  const room = new Room(displayed)
  for (const range of rangesOf(displayed)) {
    if (range.parts.every(({ part }) => room.of(part) === 0)) continue
    const bytes = await read(range.start, range.end)
    for (const { part, end } of range.parts) {
      const charsMax = room.of(part)
      if (charsMax === 0) continue
      const text = readPart(part, bytes.subarray(part.bodyStart - range.start, end - range.start), charsMax)
      room.take(part, text.text.length)
      decoded.set(part, text)
    }
  }
  return assemble(displayed, decoded)
}

/** The characters that the text and the HTML may still take. What has no room left is not decoded, and mostly not fetched. */
class Room {
  private readonly bodies: { parts: Set<Part>; chars: number }[]

  constructor({ text, html }: Displayed) {
    this.bodies = [text, html].map((parts) => ({ parts: new Set(parts), chars: DISPLAYED_CHARS_MAX }))
  }

  of(part: Part): number {
    return Math.max(0, ...this.bodies.filter(({ parts }) => parts.has(part)).map(({ chars }) => chars))
  }

  take(part: Part, chars: number): void {
    for (const body of this.bodies) if (body.parts.has(part)) body.chars = Math.max(0, body.chars - chars)
  }
}

type PartText = { text: string; truncated: boolean; defects: Defect[] }
/** Parts that are read together, each to its `end`. */
type Range = { start: number; end: number; parts: { part: Part; end: number }[] }

function rangesOf(displayed: Displayed): Range[] {
  const parts = [...new Set([...displayed.text, ...displayed.html])].sort((a, b) => a.bodyStart - b.bodyStart)
  const ranges: Range[] = []
  let bytesLeft = DISPLAYED_BYTES_MAX
  for (const part of parts) {
    const size = Math.min(part.bodyEnd - part.bodyStart, PART_BYTES_MAX, bytesLeft)
    if (size === 0) continue
    bytesLeft -= size
    const end = part.bodyStart + size
    const last = ranges.at(-1)
    if (last && part.bodyStart - last.end <= GAP_BYTES_MAX) {
      last.end = end
      last.parts.push({ part, end })
    } else ranges.push({ start: part.bodyStart, end, parts: [{ part, end }] })
  }
  return ranges
}

function readPart(part: Part, encoded: Uint8Array, charsMax: number): PartText {
  const transfer = decodeTransferBytes(part.encoding, encoded)
  const { text: raw, defect } = decodeBytes(transfer.bytes, part.params.charset)
  const defects: Defect[] = defect ? [defect] : []
  if (transfer.malformed) defects.push('encoding-malformed')
  if (part.encoding === '7bit' && hasHighByte(encoded)) defects.push('8bit-in-7bit')
  if (/\r(?!\n)/.test(raw)) defects.push('bare-cr')
  const cut = encoded.length < part.bodyEnd - part.bodyStart
  const whole = cut ? withoutHalfCharacter(raw) : raw
  const lines = cleanLines(clip(whole, charsMax))
  const text = isFlowed(part) ? unflow(lines, part.params.delsp?.toLowerCase() === 'yes') : lines
  return { text, truncated: cut || whole.length > charsMax, defects }
}

/** A cut may go through a character. By search from the end: a pattern would try every run of the text for its end. */
function withoutHalfCharacter(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 0xfffd) end--
  return text.slice(0, end)
}

/** The text storable, every line end a line feed. */
function cleanLines(text: string): string {
  const pieces: string[] = []
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + SLICE_CHARS, text.length)
    // Neither a surrogate pair nor CRLF may be cut in two.
    while (end < text.length && /[\r\ud800-\udbff]/.test(text.charAt(end - 1))) end++
    pieces.push(storable(text.slice(at, end)).replace(/\r\n?/g, '\n'))
    at = end
  }
  return pieces.join('')
}

function isFlowed(part: Part): boolean {
  return part.subtype === 'plain' && part.params.format?.toLowerCase() === 'flowed'
}

function hasHighByte(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if ((bytes[at] as number) > 127) return true
  return false
}

function assemble(displayed: Displayed, decoded: Map<Part, PartText>): Body {
  const htmlParts = displayed.html.some((part) => part.subtype === 'html') ? displayed.html : []
  const html = join(htmlParts, decoded, (part, text) => (part.subtype === 'html' ? text : escaped(text)))
  const own = join(displayed.text, decoded, (part, text) => (part.subtype === 'html' ? htmlToText(text) : text))
  const hasOwn = displayed.text.some((part) => part.subtype === 'plain') && own.text.trim() !== ''
  const text = own.text.trim() === '' && html.text !== '' ? htmlToText(html.text) : own.text
  return {
    text: displayed.text.length + displayed.html.length > 0 ? text : null,
    textIsOriginal: hasOwn,
    html: htmlParts.length > 0 ? html.text : null,
    truncated: own.truncated || html.truncated,
    defects: [...new Set([...decoded.values()].flatMap((part) => part.defects))],
  }
}

type Joined = { text: string; truncated: boolean }

function join(parts: Part[], decoded: Map<Part, PartText>, render: (part: Part, text: string) => string): Joined {
  const whole = parts.map((part) => render(part, decoded.get(part)?.text ?? '')).join('\n')
  const isCut = (part: Part) => decoded.get(part)?.truncated ?? part.bodyEnd > part.bodyStart
  return { text: clip(whole, DISPLAYED_CHARS_MAX), truncated: parts.some(isCut) || whole.length > DISPLAYED_CHARS_MAX }
}

/** A text part between HTML parts. */
function escaped(text: string): string {
  const safe = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  return `<div style="white-space: pre-wrap">${safe}</div>`
}
