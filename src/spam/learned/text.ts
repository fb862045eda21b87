/**
 * The text that the model of character sequences reads: what a message shows of its origin and of its words, bounded, with
 * nothing in it that gives a verdict away or only tells the day.
 */
import type { HeaderField, ParsedMessage, Part } from '../../mime/message.ts'
import { linkHosts } from './hosts.ts'

/** Characters of the header that are read, and of one field: a recipient list must not be all that is seen. */
const HEADER_CHARS_MAX = 2_200
const FIELD_CHARS_MAX = 160
/** The newest hops; those below were written by anybody. */
const RECEIVED_MAX = 3
const PARTS_MAX = 8
const FILENAMES_MAX = 10
/** Spam says what it wants at once, and what stands behind it was put there for filters. */
export const BODY_CHARS_MAX = 2_500

/**
 * Fields that say nothing about the author: signatures, other filters' verdicts, the keeping of mail programs. A model that
 * learns from them learns who filed the mail.
 */
const NOT_READ =
  /^(?:dkim-|domainkey-|arc-|authentication-results$|received-spf$|x-google-|x-gm-|x-ms-|x-microsoft-|x-forefront|x-spam|x-cf-|x-virus|x-bogosity|x-crm114|x-rspamd|x-amavis|x-barracuda|x-ironport|x-proofpoint|x-mimedefang|x-antiabuse|x-scanned|x-postern-|delivered-to$|x-original-to$|lines$|status$|x-status$|x-uid|x-keywords$|x-mozilla-)/

/** Whether learning reads a field. Takes the name in lower case. */
export function isLearnedField(key: string): boolean {
  return !NOT_READ.test(key)
}

export function learnedText(message: ParsedMessage): string {
  const parts = leadingParts(message.structure)
  return [
    headerText(message.fields),
    parts.map(describePart).join('\n'),
    filenames(message),
    linkHosts(message).join('\n'),
    '',
    collapse(message.text.slice(0, BODY_CHARS_MAX * 2)).slice(0, BODY_CHARS_MAX),
  ].join('\n')
}

function headerText(fields: readonly HeaderField[]): string {
  let text = ''
  let received = 0
  for (const { key, raw } of fields) {
    if (text.length >= HEADER_CHARS_MAX) break
    if (!isLearnedField(key) || (key === 'received' && ++received > RECEIVED_MAX)) continue
    text += `${key}:${fieldText(key, raw)}\n`
  }
  return text.slice(0, HEADER_CHARS_MAX)
}

/** A field's text without what tells only the time: next month's mail has other dates, and is no other mail for it. */
function fieldText(key: string, raw: string): string {
  const start = raw.slice(0, FIELD_CHARS_MAX * 2)
  if (key === 'received') return collapse(start.replace(/;[^;]*$/, '')).slice(0, FIELD_CHARS_MAX)
  if (key === 'date') return collapse(start).replace(/[1-9]/g, '0').slice(0, FIELD_CHARS_MAX)
  return collapse(start).slice(0, FIELD_CHARS_MAX)
}

function describePart({ type, subtype, encoding, params }: Part): string {
  return `${type}/${subtype};${encoding};${params.charset?.slice(0, 20) ?? ''};${params.boundary?.slice(0, 40) ?? ''}`
}

/** The first parts of the tree, the root before what it holds. */
export function leadingParts(root: Part): Part[] {
  const parts = [root]
  for (let at = 0; at < parts.length && parts.length < PARTS_MAX; at++) parts.push(...(parts[at]?.parts ?? []))
  return parts.slice(0, PARTS_MAX)
}

function filenames({ attachments }: ParsedMessage): string {
  const named = attachments.slice(0, FILENAMES_MAX)
  return named.map((one) => `${one.contentType} ${(one.filename ?? '').slice(-60)}`).join('\n')
}

function collapse(text: string): string {
  return text.replace(/\s+/g, ' ')
}
