/**
 * Bounces that say it in words: qmail's, Exim's, old sendmail's, Exchange's, and those of many providers. They have no common
 * form, but a common shape: some words, the addresses (each at the head of a line, or in the midst of one), the remote
 * server's reply near its address, a line, and the message or its header.
 *
 *   is it one at all? -> cut off what was returned -> whose addresses -> the words near each -> codes, and for how long
 */
import { parseHeaderBlock } from './headers.ts'
import type { ParsedMessage } from './message.ts'
import type { Original, ReportedAction, ReportedRecipient } from './report.ts'
import { codesOf, isForGood, type speaksOfAddress } from './report-codes.ts'
import { idsInText, originalFrom } from './report-original.ts'
import { REPORT_TEXT_CHARS_MAX, REPORTED_MAX, readStatus } from './report-status.ts'
import { clip, headerLine } from './storable.ts'

/** A bounce's own words stand at its beginning. */
const TEXT_CHARS_MAX = 128 * 1024
const LINES_MAX = 2_000
const LINE_CHARS_MAX = 1_000

const ADDRESS = /[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,8}/gi
/** Before an address at the head of a line: quotes, bullets, and what some forms call it. */
const LEAD =
  /^[\s>*<"'(\-\u2022]*(?:(?:<?(?:smtp|rfc822|mailto)[:;])|(?:final-|original |failed )?recipient(?: address)?\s*:|user(?:id)?\s*:|to\s*:|rcpt to\s*:|e-?mail(?: address)?\s*:)?[\s<"'(]*$/i
/** An address after this is the sender's, or somebody's to be asked. */
const NOT_A_RECIPIENT =
  /(?:mail from|envelope-from|\bfrom\b|sender|return-path|reply|contact|e-?mail us|abuse at|please|questions|message-id|in-reply-to|references|\bby\b)[\s:=<"]*[^@]{0,30}$/i
const ROLE = /^(?:mailer-daemon|postmaster|post_master|abuse|noc|hostmaster|support|helpdesk)@/i

const AUTOMATIC =
  /^(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?delivery|mail\.delivery\.system|bounces?|noreply-mdn|administrator|mdaemon|mailadmin|root)$/i
const AUTOMATIC_NAME =
  /mail ?delivery|mailer-?daemon|postmaster|system administrator|mail administrator|delivery subsystem/i
const SUBJECT =
  /undeliver|deliver(?:y|ed)?[: ]+(?:status|failure|failed|notification|has|error|problem|report)|fail(?:ure|ed)[^a-z]{1,3}(?:notice|delivery|mail)|returned mail|mail (?:delivery|failure|system error|delivery failed)|non-? ?deliver|not (?:be )?deliver|could not (?:be )?(?:deliver|send)|error sending|delivery delay|warning[^a-z]{1,4}(?:could|message)|^failure|bounce|mail system error/i
const WORDS =
  /(?:could|can)(?:no|n')t be delivered|could not (?:be )?(?:deliver|sent)|not (?:able to deliver|be delivered|reach the following)|undeliverable|un(?:able to|successfully) deliver|(?:permanent|fatal|delivery) (?:error|failure)|delivery (?:has failed|failed|error|of|to the following)|deliver(?:y|ing) (?:of )?your m|(?:mail|message) (?:was )?(?:returned|rejected|not delivered)|unknown (?:user|recipient)|user unknown|returned (?:mail|message)|original message|invalid (?:user|final)|error message|trouble delivering|failure reasons|account is disabled/i

/** The line below which the message stands that was returned. */
const RETURNED =
  /^[\s>*=_.-]*(?:(?:below this line is|this is|here is|included is|what follows is) (?:a|the) (?:copy|text)|(?:start of |text of |header of )?(?:the )?(?:original|returned|unsent|rejected|undelivered) (?:e-?mail |mail )?(?:message|mail|headers?)|message headers? follow|(?:the )?headers? of (?:the )?(?:original|your) message|message (?:header|text|contents) follow|your (?:original )?message (?:follows|reads|begins)|message details|unsent message|copy of (?:the|your) message|forwarded message)\b/i
const RETURNED_FIELD =
  /^(?:return-path|received|delivered-to|x-received|x-google-smtp-source|dkim-signature|arc-seal|mime-version): ?/i

const FOR_NOW =
  /\b(?:has been delayed|is delayed|delivery delay|will be retried|will (?:keep|continue|be) try|still trying|warning message only|not yet been delivered|will be (?:re)?tried|do not need to resend|could not send mail for past|this is a warning)/i
const GIVEN_UP =
  /\b(?:given up|giving up|failed permanently|permanent(?:ly)? (?:error|fail|fatal)|could not be delivered|fatal error|returned to sender|will not be (?:re)?tried|aborted)/i

/** Null where it is no bounce. `isReport`: its structure says already that it is one. */
export function readText(
  message: ParsedMessage,
  original: Original,
  isReport: boolean,
): (Original & { recipients: ReportedRecipient[] }) | null {
  const failedField = message.fields.find(({ key }) => key === 'x-failed-recipients')?.raw
  const text = message.text.slice(0, TEXT_CHARS_MAX)
  if (!isReport && failedField === undefined && !isBounce(message, text)) return null
  const { head, returned } = divide(text)
  const full = returned.length === 0 ? original : merged(original, fromReturned(returned, message))
  const about = { ...full, messageIds: [...new Set([...full.messageIds, ...idsInText(text)])] }
  const inText = fieldsInText(head)
  if (inText.length > 0) return { ...about, recipients: inText }
  const addresses = recipientsIn(head, failedField, about, message)
  const subject = message.envelope.subject ?? ''
  return { ...about, recipients: addresses.map((address) => describe(address, addresses, head, subject)) }
}

function isBounce(message: ParsedMessage, text: string): boolean {
  const auto = message.fields.find(({ key }) => key === 'auto-submitted')?.raw ?? ''
  // RFC 3834 §5: an answer of somebody's who is away is none.
  if (/^\s*auto-replied/i.test(auto) && !SUBJECT.test(message.envelope.subject ?? '')) return false
  const [from] = message.envelope.from
  const local = from?.address.split('@')[0] ?? ''
  const isAutomatic = !from || local === '' || AUTOMATIC.test(local) || AUTOMATIC_NAME.test(from.name)
  const returnPath = message.fields.find(({ key }) => key === 'return-path')?.raw.trim()
  const isFromNobody = returnPath === '<>'
  if (!isAutomatic && !isFromNobody) return false
  const subject = SUBJECT.test(message.envelope.subject ?? '')
  const codes = codesOf(text.slice(0, LINES_MAX * 10))
  return (
    (subject && (WORDS.test(text) || codes.smtp !== null || codes.code !== null)) ||
    (WORDS.test(text) && codes.smtp !== null)
  )
}

function divide(text: string): { head: string[]; returned: string[] } {
  const lines = text.split(/\r\n|\r|\n/, LINES_MAX).map((line) => headerLine(line.slice(0, LINE_CHARS_MAX)))
  for (const [i, line] of lines.entries()) {
    if (RETURNED_FIELD.test(line)) return { head: lines.slice(0, i), returned: lines.slice(i) }
    if (i > 0 && RETURNED.test(line) && lines.slice(i + 1, i + 8).some((next) => /^[a-z][\w-]{1,40}: ?/i.test(next)))
      return { head: lines.slice(0, i), returned: afterBlank(lines.slice(i + 1)) }
  }
  return { head: lines, returned: [] }
}

function afterBlank(lines: string[]): string[] {
  const first = lines.findIndex((line) => /^[a-z][\w-]{1,40}:/i.test(line))
  return first < 0 ? [] : lines.slice(first)
}

function fromReturned(lines: string[], message: ParsedMessage): Original {
  return originalFrom(parseHeaderBlock(new TextEncoder().encode(lines.join('\n'))).fields, message)
}

function merged(a: Original, b: Original): Original {
  return { messageIds: [...new Set([...b.messageIds, ...a.messageIds])], to: a.to.length > 0 ? a.to : b.to }
}

// Some write the fields of a delivery status as text.
function fieldsInText(head: string[]): ReportedRecipient[] {
  const first = head.findIndex((line) => /^\s*(?:final-recipient|original-recipient|reporting-mta)\s*:/i.test(line))
  if (first < 0 || !head.some((line) => /^\s*final-recipient\s*:/i.test(line))) return []
  const from = Math.max(0, first - 3)
  const lines = head.slice(from).map((line) => line.replace(/^ {1,4}(?=[a-z-]{4,30}:)/i, ''))
  return readStatus(new TextEncoder().encode(lines.join('\n')))
}

/** Whose addresses a bounce is about, by the surest sign that it gives. */
function recipientsIn(head: string[], failed: string | undefined, { to }: Original, message: ParsedMessage): string[] {
  const named = failed?.match(ADDRESS) ?? []
  if (named.length > 0) return unique(named)
  const own = message.envelope.to.map(({ address }) => address.toLowerCase())
  const returned = new Set(to.map((address) => address.toLowerCase()))
  const isOther = (address: string) =>
    !ROLE.test(address) && (!own.includes(address.toLowerCase()) || returned.has(address.toLowerCase()))
  const leading = head.flatMap((line) => leadingAddress(line) ?? []).filter(isOther)
  if (leading.length > 0) return unique(leading)
  const within = head.flatMap(addressesWithin).filter(isOther)
  const known = within.filter((address) => returned.has(address.toLowerCase()))
  if (known.length > 0) return unique(known)
  if (within.length > 0) return unique(within)
  return unique(to.length === 1 ? to : [])
}

function leadingAddress(line: string): string | null {
  for (const match of line.matchAll(ADDRESS)) return LEAD.test(line.slice(0, match.index)) ? tidy(match[0]) : null
  return null
}

function addressesWithin(line: string): string[] {
  const found: string[] = []
  for (const match of line.matchAll(ADDRESS))
    if (!NOT_A_RECIPIENT.test(line.slice(Math.max(0, match.index - 80), match.index))) found.push(tidy(match[0]))
  return found
}

function tidy(address: string): string {
  return address.replace(/^['`]+|[.'`-]+$/g, '')
}

function unique(addresses: readonly string[]): string[] {
  const seen = new Map(addresses.map((address) => [address.toLowerCase(), address]))
  return [...seen.values()].slice(0, REPORTED_MAX)
}

function describe(address: string, all: string[], head: string[], subject: string): ReportedRecipient {
  const near = linesNear(address, all, head)
  const own = codesOf(near)
  const whole = head.join('\n')
  const codes = own.smtp === null && own.code === null && all.length === 1 ? codesOf(whole) : own
  const said = clip((near === '' ? whole : near).replace(/\s+/g, ' ').trim(), REPORT_TEXT_CHARS_MAX) || null
  const failed = { ...codes, text: said }
  return { address, originalAddress: null, action: actionOf(failed, `${subject}\n${whole}`), ...failed }
}

// A server's reply stands below its address, or in the line that names it: up to where another is named.
function linesNear(address: string, all: string[], head: string[]): string {
  const wanted = address.toLowerCase()
  const others = all.map((one) => one.toLowerCase()).filter((one) => one !== wanted)
  const kept: string[] = []
  let isNear = false
  for (const line of head) {
    const lower = line.toLowerCase()
    if (lower.includes(wanted)) isNear = true
    else if (others.some((other) => lower.includes(other))) isNear = false
    if (isNear) kept.push(line)
  }
  return kept.join('\n')
}

function actionOf(failed: Parameters<typeof speaksOfAddress>[0], whole: string): ReportedAction {
  if (FOR_NOW.test(whole) && !GIVEN_UP.test(whole)) return 'delayed'
  return isForGood(failed) === false && !GIVEN_UP.test(whole) && FOR_NOW.test(whole) ? 'delayed' : 'failed'
}
