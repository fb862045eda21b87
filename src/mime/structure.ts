/**
 * The MIME tree with byte offsets: what IMAP BODYSTRUCTURE, range reads and the displayed text stand on.
 *
 * One pass over the bytes, line by line. Each open multipart has its boundary on a stack; a line that matches one
 * closes all that lies deeper. No body is decoded, nothing is copied.
 *
 * Invariants, for every input:
 *  - A child lies within its parent, siblings follow each other, and headerStart <= bodyStart <= bodyEnd.
 *  - A multipart has at least one child. One that would have none (no boundary named, or none found) is text/plain,
 *    so that its reader sees the content (RFC 2045 §5.2 for what cannot be read as labelled).
 *  - message/rfc822 has exactly one child, or none where an encoding hides it (forbidden by RFC 2046 §5.2.1), where it
 *    has no bytes at all, or where the nesting is too deep: then it is opaque.
 *  - Paths are unique. An embedded message that is a multipart has no section number of its own in IMAP
 *    (RFC 9051 §6.4.5.1): its path is that of its container with '.TEXT', which is the same bytes.
 */
import { BoundaryScan } from './boundary-scan.ts'
import { HEADER_BYTES_MAX, parseHeaderBlock } from './headers.ts'
import type { Defect, HeaderField, Part } from './message.ts'
import { openPart } from './part.ts'
import { childPath } from './structure-json.ts'

export { deserializeStructure, STRUCTURE_BYTES_MAX, serializeStructure } from './structure-json.ts'

/** Multiparts and embedded messages inside each other. Honest mail stays under 10; each level costs a comparison a line. */
export const DEPTH_MAX = 30
/** Parts of a message, containers included. A digest of a busy list has some hundred; D1 stores every one. */
export const PARTS_MAX = 500
/** Header bytes that are read of all parts together. Five hundred honest ones have about 200 KB. */
export const ALL_HEADERS_BYTES_MAX = 4 * 1024 * 1024
/** Header bytes that are read of a part even where that is used up: what an honest one has, long file name and all. */
const PART_HEADER_BYTES = 4 * 1024
/** RFC 2046 §5.1.1 allows 70. A longer one than a line may be can match no line. */
export const BOUNDARY_BYTES_MAX = 998

export type Structure = { root: Part; fields: HeaderField[]; defects: Defect[] }

export function parseStructure(bytes: Uint8Array): Structure {
  const defects = new Set<Defect>()
  const scan = new BoundaryScan(bytes)
  const { part, fields } = readEntity(scan, { start: 0, path: '', digest: false, depth: 0 }, defects)
  if (scan.sawBareLineFeed) defects.add('bare-lf')
  if (scan.sawLongLine) defects.add('line-too-long')
  return { root: part, fields, defects: [...defects] }
}

/** The part of a section number. '1' is also the root of a message that is not multipart. */
export function findPart(root: Part, path: string): Part | null {
  if (path === '1' && root.type !== 'multipart') return root
  const open = [root]
  for (let part = open.pop(); part; part = open.pop()) {
    if (part.path === path) return part
    open.push(...part.parts)
  }
  return null
}

type Place = { start: number; path: string; digest: boolean; depth: number }
type Entity = { part: Part; fields: HeaderField[] }

/** Reads the header and the body that begin at `place.start`, up to the boundary of an open multipart or the end. */
function readEntity(scan: BoundaryScan, place: Place, defects: Set<Defect>): Entity {
  if (scan.parts++ >= PARTS_MAX - 1 && place.depth > 0) return { part: readRest(scan, place, defects), fields: [] }
  const headerEnd = scan.readHeader()
  const block = parseHeaderBlock(scan.bytes, place.start, headerEnd, scan.lineEnd, headerBytesMax(scan))
  scan.headerBytes += headerEnd - place.start
  for (const defect of block.defects) if (defect !== 'header-no-end' || place.path === '') defects.add(defect)
  const { part, boundary } = openPart(block.fields, place.path, place.digest, defects)
  part.headerStart = place.start
  // Where a boundary line ends the header, the line end before it is the boundary's, as at the end of a body: otherwise an
  // embedded message would end after the part that holds it.
  part.bodyStart = scan.atStop ? Math.max(place.start, scan.beforeLineEnd(headerEnd)) : headerEnd
  const linesBefore = scan.lineEnds
  if (!scan.atStop) readBody(scan, part, boundary, place.depth, defects)
  else if (part.type === 'multipart') asPlainText(part, 'multipart-empty', defects)
  scan.atStop = false
  closePart(scan, part, linesBefore)
  return { part, fields: block.fields }
}

function headerBytesMax(scan: BoundaryScan): number {
  return Math.min(HEADER_BYTES_MAX, Math.max(ALL_HEADERS_BYTES_MAX - scan.headerBytes, PART_HEADER_BYTES))
}

function readBody(scan: BoundaryScan, part: Part, boundary: string, depth: number, defects: Set<Defect>): void {
  if (part.type === 'multipart') readMultipart(scan, part, boundary, depth, defects)
  else if (isEmbedded(part)) readEmbedded(scan, part, depth, defects)
  else scan.readToStop()
}

function readMultipart(scan: BoundaryScan, part: Part, boundary: string, depth: number, defects: Set<Defect>): void {
  if (depth >= DEPTH_MAX) {
    defects.add('too-deep')
    Object.assign(part, { type: 'application', subtype: 'octet-stream' })
    scan.readToStop()
  } else if (boundary === '' || boundary.length > BOUNDARY_BYTES_MAX) {
    asPlainText(part, 'boundary-missing', defects)
    scan.readToStop()
  } else readChildren(scan, part, boundary, depth, defects)
}

function readChildren(scan: BoundaryScan, part: Part, boundary: string, depth: number, defects: Set<Defect>): void {
  const level = scan.openBoundary(boundary)
  scan.readToStop() // the preamble
  while (scan.stop.level === level && !scan.stop.closing) readChild(scan, part, depth, defects)
  scan.closeBoundary(level)
  const isClosed = scan.stop.level === level
  if (isClosed) scan.readToStop() // the epilogue
  if (!isClosed) defects.add('boundary-unclosed')
  if (part.parts.length === 0) asPlainText(part, 'multipart-empty', defects)
}

function asPlainText(part: Part, defect: Defect, defects: Set<Defect>): void {
  defects.add(defect)
  part.type = 'text'
  part.subtype = 'plain'
}

function readChild(scan: BoundaryScan, parent: Part, depth: number, defects: Set<Defect>): void {
  const number = parent.parts.length + 1
  const path = childPath('multipart', parent.path, '', number)
  const digest = parent.subtype === 'digest'
  parent.parts.push(readEntity(scan, { start: scan.at, path, digest, depth: depth + 1 }, defects).part)
}

function isEmbedded(part: Part): boolean {
  return part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global')
}

function readEmbedded(scan: BoundaryScan, part: Part, depth: number, defects: Set<Defect>): void {
  if (depth >= DEPTH_MAX) defects.add('too-deep')
  const hidden = !['7bit', '8bit', 'binary'].includes(part.encoding)
  if (hidden || depth >= DEPTH_MAX || scan.parts >= PARTS_MAX) {
    scan.readToStop()
    return
  }
  const path = childPath(part.type, part.path, 'multipart', 1)
  const place = { start: scan.at, path, digest: false, depth: depth + 1 }
  const embedded = readEntity(scan, place, defects).part
  // Whether it is a multipart is known only after its header, and its number hangs on that.
  if (embedded.type !== 'multipart') renumber(embedded, childPath(part.type, part.path, '', 1))
  part.parts.push(embedded)
}

/** An embedded root that is no multipart is section N.1, and what it may embed in turn follows. */
function renumber(part: Part, path: string): void {
  const from = part.path
  const open = [part]
  for (let next = open.pop(); next; next = open.pop()) {
    next.path = path + next.path.slice(from.length)
    open.push(...next.parts)
  }
}

/** Everything from here to the end as one opaque part: the message has more parts than are read. */
function readRest(scan: BoundaryScan, place: Place, defects: Set<Defect>): Part {
  defects.add('too-many-parts')
  const { part } = openPart([], place.path, false, defects)
  Object.assign(part, {
    type: 'application',
    subtype: 'octet-stream',
    headerStart: place.start,
    bodyStart: place.start,
  })
  const linesBefore = scan.lineEnds
  scan.readToEnd()
  closePart(scan, part, linesBefore)
  return part
}

/** The line end before a boundary line belongs to the boundary (RFC 2046 §5.1.1). */
function closePart(scan: BoundaryScan, part: Part, linesBefore: number): void {
  const { lineStart, lineEnds } = scan.stop
  part.bodyEnd = scan.stop.level < 0 ? lineStart : Math.max(part.bodyStart, scan.beforeLineEnd(lineStart))
  const ended = lineEnds - linesBefore - (part.bodyEnd < lineStart ? 1 : 0)
  const unended = part.bodyEnd > part.bodyStart && scan.bytes[part.bodyEnd - 1] !== scan.lineEnd
  part.lines = Math.max(0, ended) + (unended ? 1 : 0)
}
