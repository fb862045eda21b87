/**
 * A message from its bytes: the first step after they are safe (ARCHITECTURE.md, "Inbound").
 *
 *   bytes -> structure (offsets) -> header fields -> displayed text -> ParsedMessage
 *
 * Invariants:
 *  - Nothing throws for content. What cannot be read is empty and named in `defects`; the headers are there anyway.
 *  - Attachments are never decoded here: their place and their size come from the structure.
 *  - Every string is storable: well-formed Unicode without NUL.
 */
import { listAttachments } from './attachments.ts'
import { type Body, readDisplayed } from './body.ts'
import { displayedParts } from './displayed.ts'
import { readHeaders } from './envelope.ts'
import type { ParsedMessage, Part } from './message.ts'
import { parseStructure } from './structure.ts'

export async function parseMessage(bytes: Uint8Array): Promise<ParsedMessage> {
  const { root, fields, defects } = parseStructure(bytes)
  const { defects: headerDefects, ...headers } = readHeaders(fields, charsetOf(root))
  const body = await readBody(root, bytes)
  return {
    fields,
    ...headers,
    structure: root,
    attachments: listAttachments(root, bytes),
    text: body.text ?? '',
    textIsOriginal: body.textIsOriginal,
    html: body.html,
    defects: [...new Set([...defects, ...headerDefects, ...body.defects])],
  }
}

/** The charset that raw 8-bit header bytes most likely have: the text's own. */
function charsetOf(root: Part): string | undefined {
  return displayedParts(root).text[0]?.params.charset
}

/** A runtime's decoder that fails on bytes must not cost the message its headers. */
async function readBody(root: Part, bytes: Uint8Array): Promise<Body> {
  try {
    return await readDisplayed(root, async (start, end) => bytes.subarray(start, end))
  } catch {
    return { text: null, textIsOriginal: false, html: null, truncated: false, defects: ['parse-failed'] }
  }
}
