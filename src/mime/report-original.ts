/** The message that a report is about: from what was returned of it, else from what the report refers to. */
import { parseAddressList } from './addresses.ts'
import { fieldValues, parseHeaderBlock } from './headers.ts'
import type { HeaderField, ParsedMessage, Part } from './message.ts'
import { readMessageIds, readOwnId } from './message-ids.ts'
import type { Original } from './report.ts'

/** What is returned is mostly the header alone. */
const HEADER_BYTES_MAX = 64 * 1024
/** Ids that are looked up, for one report. */
export const MESSAGE_IDS_MAX = 5
const RECIPIENTS_MAX = 200
/** Fields of a delivery status in which some servers name the message, which they do not return. */
const NAMED = /^(?:x-)?original-message-id$/

export function originalOf(parts: Part[], read: (part: Part) => Uint8Array, message: ParsedMessage): Original {
  const returned = parts.find(isReturned)
  const status = parts.filter(({ type, subtype }) => type === 'message' && /status$|report$/.test(subtype))
  const fields = returned ? fieldsOf(read(returned)) : []
  const named = status.flatMap((part) => fieldsOf(read(part)).filter(({ key }) => NAMED.test(key)))
  return originalFrom([...fields, ...named], message)
}

/** The same where the fields stand in the text, below the report's own words. */
export function originalFrom(fields: readonly HeaderField[], message: ParsedMessage): Original {
  const own = fields.filter(({ key }) => key === 'message-id' || NAMED.test(key)).map(({ raw }) => readOwnId(raw).id)
  const ids = [...own, ...message.inReplyTo.slice(0, 2), ...message.references.slice(-2).reverse()]
  const to = ['to', 'cc', 'x-original-to'].flatMap((key) => fieldValues([...fields], key))
  return {
    messageIds: [...new Set(ids)].filter((id) => id !== null).slice(0, MESSAGE_IDS_MAX),
    to: to.flatMap((raw) => parseAddressList(raw).map(({ address }) => address)).slice(0, RECIPIENTS_MAX),
  }
}

/** Of text, the Message-ID lines too: some forms quote a few fields in the midst of their words. */
export function idsInText(text: string): string[] {
  const lines = [...text.matchAll(/^[> \t]{0,8}message-id:[ \t]*(<[^<>\r\n]{1,998}>)/gim)].slice(0, MESSAGE_IDS_MAX)
  return lines.flatMap(([, id = '']) => readMessageIds(id))
}

function fieldsOf(bytes: Uint8Array): HeaderField[] {
  // Some begin with empty lines.
  let start = 0
  while (bytes[start] === 10 || bytes[start] === 13) start++
  return parseHeaderBlock(bytes.subarray(start, start + HEADER_BYTES_MAX)).fields
}

function isReturned({ type, subtype }: Part): boolean {
  if (type === 'text') return subtype === 'rfc822-headers'
  return type === 'message' && ['rfc822', 'global', 'global-headers', 'rfc822-headers', 'partial'].includes(subtype)
}
