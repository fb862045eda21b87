/** A parsed message, short enough to be read and judged in a fixture's sidecar. */
import type { Address, ParsedMessage, Part } from '../../src/mime/message.ts'
import { previewOf } from '../../src/mime/preview.ts'

export function condense(message: ParsedMessage): unknown {
  const { envelope } = message
  return {
    subject: envelope.subject,
    from: envelope.from.map(written),
    to: envelope.to.map(written),
    cc: envelope.cc.map(written),
    date: message.dateMs === null ? null : new Date(message.dateMs).toISOString(),
    messageId: envelope.messageId,
    inReplyTo: message.inReplyTo,
    references: message.references,
    listId: message.listId,
    preview: previewOf(message.text),
    text: message.text.slice(0, 300),
    textIsOriginal: message.textIsOriginal,
    html: message.html?.slice(0, 200) ?? null,
    structure: allParts(message.structure).map(partLine),
    attachments: message.attachments.map(
      (a) => `${a.part} ${a.contentType} ${a.filename} ${a.disposition} ${a.encodedSize} ${a.size}`,
    ),
    defects: [...message.defects].sort(),
  }
}

/** The tree in the order of the bytes. */
export function allParts(root: Part): Part[] {
  return [root, ...root.parts.flatMap(allParts)]
}

function written(address: Address): string {
  return address.name ? `${address.name} <${address.address}>` : address.address
}

function partLine(part: Part): string {
  const place = `${part.headerStart}-${part.bodyStart}-${part.bodyEnd}`
  return `${part.path || '(root)'} ${part.type}/${part.subtype} ${part.encoding} ${place} ${part.lines} lines`
}
