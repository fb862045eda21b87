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
/** Parts closer than this are fetched in one read: a request costs more than these bytes. */
const GAP_BYTES_MAX = 64 * 1024
/** Bytes of one such joined read, which are in memory at once. */
const JOINED_BYTES_MAX = 8 * 1024 * 1024

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
  for (const range of rangesOf(displayed)) {
    const bytes = await read(range.start, range.end)
    for (const part of range.parts) decoded.set(part, readPart(part, bytes, range.start))
  }
  return assemble(displayed, decoded)
}

type PartText = { text: string; truncated: boolean; defects: Defect[] }
type Range = { start: number; end: number; parts: Part[] }

function rangesOf(displayed: Displayed): Range[] {
  const parts = [...new Set([...displayed.text, ...displayed.html])].sort((a, b) => a.bodyStart - b.bodyStart)
  const ranges: Range[] = []
  for (const part of parts) {
    const end = Math.min(part.bodyEnd, part.bodyStart + PART_BYTES_MAX)
    if (end === part.bodyStart) continue
    const last = ranges.at(-1)
    if (last && part.bodyStart - last.end <= GAP_BYTES_MAX && end - last.start <= JOINED_BYTES_MAX) {
      last.end = end
      last.parts.push(part)
    } else ranges.push({ start: part.bodyStart, end, parts: [part] })
  }
  return ranges
}

function readPart(part: Part, bytes: Uint8Array, offset: number): PartText {
  const from = part.bodyStart - offset
  const encoded = bytes.subarray(from, Math.min(part.bodyEnd - offset, from + PART_BYTES_MAX))
  const transfer = decodeTransferBytes(part.encoding, encoded)
  const { text: raw, defect } = decodeBytes(transfer.bytes, part.params.charset)
  const defects: Defect[] = defect ? [defect] : []
  if (transfer.malformed) defects.push('encoding-malformed')
  if (part.encoding === '7bit' && hasHighByte(encoded)) defects.push('8bit-in-7bit')
  if (/\r(?!\n)/.test(raw)) defects.push('bare-cr')
  const cut = part.bodyStart + PART_BYTES_MAX < part.bodyEnd
  // A cut may go through a character.
  const lines = storable(cut ? raw.replace(/\ufffd+$/, '') : raw).replace(/\r\n?/g, '\n')
  const text = isFlowed(part) ? unflow(lines, part.params.delsp?.toLowerCase() === 'yes') : lines
  return { text, truncated: cut, defects }
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
  const cut = [...decoded.values()].some((part) => part.truncated)
  return {
    text: displayed.text.length + displayed.html.length > 0 ? text : null,
    textIsOriginal: hasOwn,
    html: htmlParts.length > 0 ? html.text : null,
    truncated: cut || own.truncated || html.truncated,
    defects: [...new Set([...decoded.values()].flatMap((part) => part.defects))],
  }
}

type Joined = { text: string; truncated: boolean }

function join(parts: Part[], decoded: Map<Part, PartText>, render: (part: Part, text: string) => string): Joined {
  const pieces: string[] = []
  let room = DISPLAYED_CHARS_MAX
  for (const part of parts) {
    const text = render(part, clip(decoded.get(part)?.text ?? '', DISPLAYED_CHARS_MAX))
    if (room > 0) pieces.push(text)
    room -= text.length + 1
  }
  const whole = pieces.join('\n')
  const unclipped = parts.every((part) => (decoded.get(part)?.text.length ?? 0) <= DISPLAYED_CHARS_MAX)
  return {
    text: clip(whole, DISPLAYED_CHARS_MAX),
    truncated: !unclipped || whole.length > DISPLAYED_CHARS_MAX || room < 0,
  }
}

/** A text part between HTML parts. */
function escaped(text: string): string {
  const safe = text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  return `<div style="white-space: pre-wrap">${safe}</div>`
}
