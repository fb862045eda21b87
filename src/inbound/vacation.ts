/**
 * The answer that a message gets while the account's owner is away: planned here, and committed with the message.
 *
 *   is there one, and now? -> whom may it go to (vacation-rules.ts) -> is the account named? -> compose -> bytes into R2
 *
 * Once: the batch that stores the message inserts the answer only where this sender has none of late, and notes him. A receipt
 * that is filed again, a duplicate, and a second message at the same moment all find him noted.
 */

import { base32 } from '../access/secrets.ts'
import { ownAddresses } from '../access/senders.ts'
import { hasVacation, type Vacation, vacationOf } from '../access/vacation.ts'
import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { compose } from '../mime/compose.ts'
import { sendableAddress } from '../mime/compose-address.ts'
import { replyFields } from '../mime/compose-reply.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { clip } from '../mime/storable.ts'
import { enqueue } from '../outbound/enqueue.ts'
import { seconds } from '../seconds.ts'
import type { Statement } from '../store/database.ts'
import type { Receipt } from '../store/raw.ts'
import type { AccountRow } from '../store/schema.ts'
import { abandonOutgoing } from '../store/submission-write.ts'
import { readVacationFor } from '../store/vacation-read.ts'
import { notAnswered, noteAnswered } from '../store/vacation-write.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { answerable } from './vacation-rules.ts'

/** Where the owner has written none. */
const TEXT = 'This is an automatic answer. I am away, and shall read your message when I am back.'
const SUBJECT_CHARS_MAX = 998
const MESSAGE_ID_BYTES = 16
const DAY_SECONDS = 86_400

/** What is committed with a message that is delivered, and what follows. */
export type Attached = {
  statements: Statement[]
  /** Where the commit failed, or stored nothing. */
  abandon(): Promise<void>
  /** After the commit. */
  wake(): void
}

export type Arrived = { account: AccountRow; receipt: Receipt; message: ParsedMessage; verdict: SenderVerdict }

/** Null where nothing is answered. Throws where storage fails. */
export async function planAnswer(
  deps: Deps,
  { account, receipt, message, verdict }: Arrived,
): Promise<Attached | null> {
  if (!hasVacation(account) || receipt.source === 'import') return null
  const found = answerable(message, verdict, receipt.from)
  if (typeof found === 'string') return null
  const row = await readVacationFor(deps.stores.of(account.id), account.id, found.sender)
  const now = seconds(deps)
  if (!row || !isOn(vacationOf(row), now)) return null
  const since = now - row.days * DAY_SECONDS
  if (row.answered_at !== null && row.answered_at > since) return null
  if (!(await isMeant(deps, receipt, found.named, [found.sender, found.to]))) return null
  const from = sendableAddress(receipt.to)
  const to = sendableAddress(found.to)
  if (from === null || to === null) return null
  const mail = write(deps, vacationOf(row), message, from, to)
  const made = await enqueue(deps, {
    accountId: account.id,
    kind: 'vacation',
    addressId: receipt.addressId,
    sender: null,
    domain: splitAddress(from).domain,
    messageId: mail.messageId,
    recipients: [to],
    raw: mail.bytes,
    only: notAnswered(account.id, found.sender, since),
  })
  if (!made) return null
  const { statements, rawKey } = made
  const noted = noteAnswered(account.id, found.sender, now, since)
  return { ...made, statements: [...statements, noted, abandonOutgoing(rawKey)] }
}

function isOn({ isEnabled, startsAt, endsAt }: Vacation, now: number): boolean {
  return isEnabled && (startsAt === null || startsAt <= now) && (endsAt === null || now < endsAt)
}

/** Whether the message names the account (RFC 5230 §4.5), and is from somebody else. */
async function isMeant(deps: Deps, receipt: Receipt, named: string[], senders: string[]): Promise<boolean> {
  const asked = [...new Set([...senders.flatMap((one) => foldAddress(one) ?? []), ...named])]
  const own = await ownAddresses(deps, receipt.accountId, asked)
  return !senders.some((one) => own.has(foldAddress(one) ?? '')) && named.some((one) => own.has(one))
}

function write(deps: Deps, vacation: Vacation, { envelope, references }: ParsedMessage, from: string, to: string) {
  const messageId = `${base32(deps.random(MESSAGE_ID_BYTES))}@${splitAddress(from).domain}`
  const { subject, text, html } = vacation
  const bytes = compose(
    {
      from: { name: '', address: from },
      to: [{ name: '', address: to }],
      cc: [],
      bcc: [],
      replyTo: [],
      // RFC 5230 §4.4.
      subject: oneLine(subject ?? `Auto: ${envelope.subject ?? ''}`),
      text: text === null && html === null ? TEXT : text,
      html,
      headers: [
        { name: 'Auto-Submitted', value: 'auto-replied' },
        // Servers of those who answer whatever comes know no other word.
        { name: 'X-Auto-Response-Suppress', value: 'All' },
        ...replyFields(envelope.messageId, references, envelope.inReplyTo),
      ],
      attachments: [],
    },
    { messageId, nowMs: deps.now(), unique: base32(deps.random(MESSAGE_ID_BYTES)) },
  )
  return { bytes, messageId }
}

function oneLine(text: string): string {
  return clip(
    text
      .toWellFormed()
      .replaceAll(/[\p{Cc}\u2028\u2029\ufffd]+/gu, ' ')
      .trim(),
    SUBJECT_CHARS_MAX,
  )
}
