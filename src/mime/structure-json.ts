/**
 * The tree as compact JSON for the database, at most STRUCTURE_BYTES_MAX whatever the message.
 *
 * Each part is an array, its path left out (it follows from its place). Strings make a tree large, never the number
 * of parts (PARTS_MAX), so a tree over the limit loses strings, in three steps: long ones are clipped; then all but
 * the type, the encoding, the charset and a short file name; then those last two. Offsets, sizes and types always
 * survive, so every byte of the message can still be found.
 */
import type { Part } from './message.ts'
import { clipParam } from './params.ts'
import { clip, clipFilename } from './storable.ts'

/** A row of D1 may have 2 MB, and this column is read with every listing for IMAP. */
export const STRUCTURE_BYTES_MAX = 128 * 1024

type Row = [
  type: string,
  subtype: string,
  encoding: string,
  disposition: string | null,
  params: Record<string, string>,
  dispositionParams: Record<string, string>,
  texts: (string | null)[],
  numbers: number[],
  parts: Row[],
]

const encoder = new TextEncoder()

export function serializeStructure(root: Part): string {
  for (const reduce of [(part: Part) => part, clipped, bareMinimum, nameless]) {
    const text = JSON.stringify(toRow(root, reduce))
    if (text.length <= STRUCTURE_BYTES_MAX && encoder.encode(text).length <= STRUCTURE_BYTES_MAX) return text
  }
  throw new Error('a structure of PARTS_MAX parts without strings is over STRUCTURE_BYTES_MAX')
}

/** Reads what `serializeStructure` wrote. Anything else is a broken row, and throws. */
export function deserializeStructure(text: string): Part {
  return fromRow(JSON.parse(text) as Row, '')
}

function toRow(original: Part, reduce: (part: Part) => Part): Row {
  const part = reduce(original)
  return [
    part.type,
    part.subtype,
    part.encoding,
    part.disposition,
    part.params,
    part.dispositionParams,
    [part.filename, part.contentId, part.description, part.language, part.location],
    [part.headerStart, part.bodyStart, part.bodyEnd, part.lines],
    part.parts.map((child) => toRow(child, reduce)),
  ]
}

function fromRow(row: Row, path: string): Part {
  const [type, subtype, encoding, disposition, params, dispositionParams, texts, numbers, rows] = row
  const [filename = null, contentId = null, description = null, language = null, location = null] = texts
  const [headerStart = 0, bodyStart = 0, bodyEnd = 0, lines = 0] = numbers
  const parts = rows.map((child, index) => fromRow(child, childPath(type, path, child[0], index + 1)))
  return {
    ...{ path, type, subtype, params, disposition, dispositionParams, filename, contentId, description, language },
    ...{ location, encoding, headerStart, bodyStart, bodyEnd, lines, parts },
  }
}

/** The section number of a child, or '<container>.TEXT' for an embedded message that is a multipart (structure.ts). */
export function childPath(type: string, path: string, childType: string, number: number): string {
  if (type !== 'multipart') return `${path || '1'}.${childType === 'multipart' ? 'TEXT' : '1'}`
  const base = path.replace(/(^|\.)TEXT$/, '')
  return base === '' ? `${number}` : `${base}.${number}`
}

function clipped(part: Part): Part {
  return {
    ...part,
    params: clipParams(part.params),
    dispositionParams: clipParams(part.dispositionParams),
    filename: part.filename && clipFilename(part.filename, 128),
    contentId: part.contentId && clip(part.contentId, 128),
    description: null,
    language: part.language && clip(part.language, 32),
    location: null,
  }
}

function clipParams(params: Record<string, string>): Record<string, string> {
  const kept = Object.entries(params).slice(0, 8)
  return Object.fromEntries(kept.map(([name, value]) => [clip(name, 32), clipParam(name, value, 128)]))
}

function bareMinimum(part: Part): Part {
  const filename = part.filename && clipFilename(part.filename, 24)
  const charset = part.params.charset
  return { ...nameless(part), filename, params: charset ? { charset: clip(charset, 24) } : {} }
}

function nameless(part: Part): Part {
  const disposition = part.disposition === null ? null : part.disposition === 'inline' ? 'inline' : 'attachment'
  const encoding = clip(part.encoding, 16)
  const texts = { filename: null, contentId: null, description: null, language: null, location: null }
  return { ...part, ...texts, encoding, disposition, params: {}, dispositionParams: {} }
}
