/**
 * Who is answered while an account's owner is away, and where the answer goes: pure.
 *
 * An answer goes to whom the envelope names (RFC 3834 §4), and only where he is proven: of mail that nobody vouches for, the
 * sender is most likely somebody whose name was taken, and the answer would be one more message that he did not ask for. So the
 * domain in From must be authentic, and the envelope's must belong to it. Whom a mailing service sends for is not answered.
 *
 * RFC 5230 §4.6 (whom not), RFC 3834 §2 (nor what is automatic).
 */
import { foldAddress, parseAddressList, splitAddress } from '../mime/addresses.ts'
import { fieldValues, firstField } from '../mime/headers.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { isAligned } from '../verify/alignment.ts'
import { isAuthentic } from '../verify/evidence.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { soleFromDomain } from '../verify/verify-sender.ts'

/** Why there is no answer. */
export type Silence =
  | 'null-sender'
  | 'no-one-sender'
  | 'robot'
  | 'list'
  | 'bulk'
  | 'automatic'
  | 'suppressed'
  | 'not-proven'
  | 'other-envelope'

/** `to` is the envelope sender; `sender`, folded, is who counts as answered. `named` are those of To, Cc and the like, folded. */
export type Answerable = { to: string; sender: string; named: string[] }

const ROBOT =
  /^(?:mailer-daemon|postmaster|daemon|root|nobody|listserv|majordomo|mailman|autoreply|auto-reply|bounces?|srs[01]|verp)$|^(?:owner|bounces?|srs[01]|verp|msprvs1|btv1)[-+=]|(?:^|[-_.+])(?:no|not|donot|do-not|never)[-_.]?(?:reply|answer|response)(?:$|[-_.+])|-(?:request|owner|bounces?|relay|confirm|errors)$/
/** Of X-Auto-Response-Suppress: what a vacation answer is called, and everything. */
const SUPPRESSED = /\b(?:all|oof|autoreply)\b/i
const NAMING_FIELDS = ['to', 'cc', 'bcc', 'resent-to', 'resent-cc', 'resent-bcc']
/** Of the addresses that a message names: who writes to more at once does not wait for one answer. */
export const NAMED_MAX = 30

export function answerable(message: ParsedMessage, verdict: SenderVerdict, envelopeFrom: string): Answerable | Silence {
  const { fields, envelope, listId } = message
  if (envelopeFrom === '' || envelopeFrom === '<>') return 'null-sender'
  const to = foldAddress(envelopeFrom)
  const fromDomain = soleFromDomain(message)
  const sender = fromDomain === null ? null : foldAddress(envelope.from[0]?.address ?? '')
  if (to === null || sender === null || fromDomain === null) return 'no-one-sender'
  if (isRobot(to) || isRobot(sender)) return 'robot'
  if (listId !== null || fields.some(({ key }) => key.startsWith('list-'))) return 'list'
  if (/^\s*(?:bulk|list|junk)\b/i.test(firstField(fields, 'precedence') ?? '')) return 'bulk'
  const automatic = fieldValues(fields, 'auto-submitted').some((value) => !/^no\b/i.test(value.trim()))
  if (automatic || fields.some(({ key }) => key === 'x-autoreply' || key === 'x-autorespond')) return 'automatic'
  if (fieldValues(fields, 'x-auto-response-suppress').some((value) => SUPPRESSED.test(value))) return 'suppressed'
  if (!isAuthentic(verdict, fromDomain)) return 'not-proven'
  if (!isAligned(splitAddress(to).domain, fromDomain)) return 'other-envelope'
  return { to: envelopeFrom, sender, named: namedBy(message) }
}

function isRobot(folded: string): boolean {
  return ROBOT.test(splitAddress(folded).local)
}

function namedBy({ fields }: ParsedMessage): string[] {
  const values = NAMING_FIELDS.flatMap((key) => fieldValues(fields, key))
  const named = values.slice(0, NAMED_MAX).flatMap((value) => parseAddressList(value).slice(0, NAMED_MAX + 1))
  const folded = named.flatMap(({ address }) => foldAddress(address) ?? [])
  return [...new Set(folded)].slice(0, NAMED_MAX)
}
