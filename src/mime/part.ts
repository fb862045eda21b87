/** One part of the MIME tree from its header fields: what it is, what it is called, how it is encoded. */
import { decodeHeader } from './encoded-words.ts'
import { trimWhite } from './latin1.ts'
import type { Defect, HeaderField, Part } from './message.ts'
import { decodeParams, PARAM_CHARS_MAX, parseStructured } from './params.ts'
import { clip, clipFilename } from './storable.ts'

/** Characters of a type, a subtype, an encoding: RFC 6838 §4.2 allows 127 and asks for 64, and D1 stores them all. */
export const TOKEN_CHARS_MAX = 64

/** Characters of a file name: what file systems take. */
export const FILENAME_CHARS_MAX = 255

/** A token of RFC 2045 §5.1 in lower case, as long as is kept of one. */
export const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/
const TYPE = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64} ?\/ ?[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/
const TYPE_AND_JUNK = /^([!#$%&'*+.^_`|~0-9a-z-]{1,64}) ?\/ ?([!#$%&'*+.^_`|~0-9a-z-]{1,64})(?![^ \t,"])/
const ENCODINGS = new Set(['7bit', '8bit', 'binary', 'base64', 'quoted-printable', 'x-uuencode', 'uuencode', 'x-uue'])

export type Opened = {
  part: Part
  /** The boundary as bytes of the message, a binary string; '' where there is none. */
  boundary: string
}

/** The part that `fields` describe, with its place still to be filled in. */
export function openPart(fields: HeaderField[], path: string, digest: boolean, defects: Set<Defect>): Opened {
  const own = contentFields(fields)
  const content = parseStructured(own.get('content-type') ?? '')
  const disposition = parseStructured(own.get('content-disposition') ?? '')
  const params = decodeParams(content.rawParams)
  const dispositionParams = decodeParams(disposition.rawParams)
  const named = dispositionParams.filename?.trim() || params.name?.trim() || ''
  const filename = clipFilename(named, FILENAME_CHARS_MAX) || null
  const type = readType(content.value)
  if (own.has('content-type') && !TYPE.test(content.value)) defects.add('content-type-malformed')
  const part: Part = {
    path,
    ...(type ?? fallbackType(own, filename, digest)),
    params,
    disposition: /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}/.exec(disposition.value)?.[0] ?? null,
    dispositionParams,
    filename,
    contentId: bare(own.get('content-id')),
    description: text(own.get('content-description')),
    language: text(own.get('content-language')),
    location: text(own.get('content-location')),
    encoding: readEncoding(own.get('content-transfer-encoding'), defects),
    headerStart: 0,
    bodyStart: 0,
    bodyEnd: 0,
    lines: 0,
    parts: [],
  }
  return { part, boundary: trimWhite(content.rawParams.get('boundary') ?? params.boundary ?? '') }
}

/** The first field of each Content- name: every reader takes the first, so that all see one message. */
function contentFields(fields: HeaderField[]): Map<string, string> {
  const own = new Map<string, string>()
  for (const field of fields) {
    if (field.key.startsWith('content-') && !own.has(field.key)) own.set(field.key, field.raw)
  }
  return own
}

type MediaType = { type: string; subtype: string }

/** Null where no type can be read. Junk after the type (a missing ';', mostly) does not cost the type. */
function readType(value: string): MediaType | null {
  const match = TYPE_AND_JUNK.exec(value)
  return match?.[1] && match[2] ? { type: match[1], subtype: match[2] } : null
}

/**
 * RFC 2045 §5.2: without a readable type a part is text/plain, in a digest message/rfc822 (RFC 2046 §5.1.5). But what
 * names a file, or a type that we cannot read and base64, is no text that anyone wants to see.
 */
function fallbackType(own: Map<string, string>, filename: string | null, digest: boolean): MediaType {
  const named = own.has('content-type')
  const isBase64 = /base64/i.test(own.get('content-transfer-encoding') ?? '')
  if (named && (filename !== null || isBase64)) return { type: 'application', subtype: 'octet-stream' }
  return digest && !named ? { type: 'message', subtype: 'rfc822' } : { type: 'text', subtype: 'plain' }
}

function readEncoding(raw: string | undefined, defects: Set<Defect>): string {
  const value = parseStructured(raw ?? '').value.replaceAll('"', '')
  if (value === '') return '7bit'
  if (!ENCODINGS.has(value)) defects.add('encoding-unknown')
  return TOKEN.test(value) ? value : '7bit'
}

function bare(raw: string | undefined): string | null {
  return text(raw)?.replace(/^<|>$/g, '') || null
}

function text(raw: string | undefined): string | null {
  return (raw && clip(decodeHeader(raw).trim(), PARAM_CHARS_MAX)) || null
}
