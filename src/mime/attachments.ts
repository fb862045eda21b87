/** The list of attachments, from the structure alone: nothing is decoded, sizes are worked out. */
import { attachmentParts, displayedParts } from './displayed.ts'
import type { Attachment, Part } from './message.ts'
import { TOKEN } from './part.ts'

export function listAttachments(root: Part, bytes: Uint8Array): Attachment[] {
  return attachmentParts(root, displayedParts(root)).map((part) => ({
    part: part.path || '1',
    filename: part.filename,
    contentType: `${part.type}/${part.subtype}`,
    charset: charsetOf(part),
    disposition: part.disposition,
    contentId: part.contentId,
    encodedSize: part.bodyEnd - part.bodyStart,
    size: decodedSize(part, bytes),
  }))
}

function charsetOf(part: Part): string | null {
  const charset = part.params.charset?.trim().toLowerCase() ?? ''
  return part.type === 'text' && TOKEN.test(charset) ? charset : null
}

/** Exact for base64 as mailers write it (lines of one length, padding at the end); an upper bound otherwise. */
function decodedSize(part: Part, bytes: Uint8Array): number {
  const encoded = part.bodyEnd - part.bodyStart
  if (part.encoding !== 'base64') return encoded
  const firstLineEnd = bytes.indexOf(10, part.bodyStart)
  const lineEndBytes = firstLineEnd > part.bodyStart && bytes[firstLineEnd - 1] === 13 ? 2 : 1
  let end = part.bodyEnd
  while (end > part.bodyStart && isLineEnd(bytes[end - 1])) end--
  const padding = bytes[end - 1] === 0x3d ? (bytes[end - 2] === 0x3d ? 2 : 1) : 0
  const lineEnds = Math.max(0, part.lines - (end === part.bodyEnd ? 1 : 0))
  return Math.max(0, Math.floor(((encoded - lineEnds * lineEndBytes) * 3) / 4) - padding)
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 13 || byte === 10
}
