/**
 * The text that the shipped model reads: what a message says and nothing of the way it took, since the server that it was
 * trained at is not this one.
 */
import type { ParsedMessage } from '../../mime/message.ts'
import { linkHosts } from '../learned/hosts.ts'
import { BODY_CHARS_MAX } from '../learned/text.ts'

const ADDRESSES_MAX = 4
const ADDRESS_CHARS_MAX = 120
const SUBJECT_CHARS_MAX = 200
const NAMES_MAX = 10
const HOSTS_MAX = 10

export function contentText(message: ParsedMessage): string {
  const { from, replyTo, subject } = message.envelope
  const addresses = [...from, ...replyTo].slice(0, ADDRESSES_MAX)
  return [
    ...addresses.map(({ name, address }) => `${name} ${address}`.slice(0, ADDRESS_CHARS_MAX)),
    // A list's tag in brackets says whose list it was.
    (subject ?? '').replace(/\[[^\]]{0,40}\]/g, '').slice(0, SUBJECT_CHARS_MAX),
    ...message.attachments.slice(0, NAMES_MAX).map(({ filename }) => (filename ?? '').slice(-60)),
    ...linkHosts(message).slice(0, HOSTS_MAX),
    message.text
      .slice(0, BODY_CHARS_MAX * 2)
      .replace(/\s+/g, ' ')
      .slice(0, BODY_CHARS_MAX),
  ].join('\n')
}
