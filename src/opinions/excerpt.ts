/**
 * What a classifier is shown of a message: who it says it is from, what it says, where it links. One JSON object, so that no
 * text of the message can end its own quotation; the quotes and backslashes that would have to be escaped are taken out, so
 * that its length is known.
 */
import type { ParsedMessage } from '../mime/message.ts'
import type { Link } from '../spam/facts.ts'

/** Of the whole excerpt: some thousand tokens. */
export const EXCERPT_CHARS_MAX = 4_000
const FIELD_CHARS_MAX = 200
const HOSTS_MAX = 10
const HOST_CHARS_MAX = 60
const NAMES_MAX = 5
const NAME_CHARS_MAX = 60
/** Read of the text before blanks are taken out of it. */
const TEXT_CHARS_READ_MAX = 20_000

export function excerptOf(message: ParsedMessage, links: readonly Link[]): string {
  const { from, replyTo, subject } = message.envelope
  const excerpt = {
    from: plain(addresses(from), FIELD_CHARS_MAX),
    reply_to: plain(addresses(replyTo), FIELD_CHARS_MAX),
    subject: plain(subject ?? '', FIELD_CHARS_MAX),
    link_hosts: links.slice(0, HOSTS_MAX).map(({ host }) => plain(host, HOST_CHARS_MAX)),
    attachments: message.attachments.slice(0, NAMES_MAX).map(({ filename }) => plain(filename ?? '', NAME_CHARS_MAX)),
    text: '',
  }
  const room = EXCERPT_CHARS_MAX - JSON.stringify(excerpt).length
  return JSON.stringify({ ...excerpt, text: plain(message.text, room) })
}

function addresses(list: readonly { name: string; address: string }[]): string {
  return list
    .slice(0, 2)
    .map(({ name, address }) => `${name.slice(0, FIELD_CHARS_MAX)} <${address.slice(0, FIELD_CHARS_MAX)}>`)
    .join(', ')
}

/** One line of letters that JSON writes as they are. */
function plain(text: string, charsMax: number): string {
  const line = text
    .slice(0, TEXT_CHARS_READ_MAX)
    .replace(/["\\]/g, "'")
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim()
  return line.slice(0, charsMax).toWellFormed()
}
