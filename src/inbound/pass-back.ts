/**
 * Passing a bounce back: what comes to an SRS address of ours (outbound/return-path.ts) is for the sender of a message that was
 * passed on, and goes to him by the queue, with the null sender.
 *
 * Such an address opens for three weeks, and to bounces alone: it must not become a way to write to a stranger through us. The null
 * sender makes no bounce, and anybody can have an address made that stands for a stranger: he names him as the sender of mail to a
 * forward that leads to himself. So what comes must be from a mail system, by its name, or be a report by its structure (RFC 3464).
 */
import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { withCrlf, withMarks } from '../mime/forwarded.ts'
import { messageIdentity } from '../mime/identity.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { readReport } from '../mime/report.ts'
import { enqueue } from '../outbound/enqueue.ts'
import { isUniqueViolation } from '../store/database.ts'
import { SERVER_ACCOUNT } from '../store/ids.ts'
import type { ReceiptSource } from '../store/raw.ts'
import { nextMarks } from './loops.ts'

const MESSAGE_ID_BYTES = 16
const MAIL_SYSTEM = /^(?:mailer-daemon|postmaster|microsoftexchange[0-9a-f]{1,40})$/

/** Throws where the bounce must be offered again: once it is queued, a second attempt queues none. */
export async function passBack(
  deps: Deps,
  { sender, folded }: { sender: string; folded: string },
  { from, source }: { from: string; source: ReceiptSource },
  bytes: Uint8Array,
): Promise<{ kind: 'returned' } | { kind: 'refused'; reply: string }> {
  if (from !== '' && from !== '<>') return { kind: 'refused', reply: '5.7.1 This address takes bounces only' }
  const message = await parseMessage(bytes)
  if (!isBounce(bytes, message)) return { kind: 'refused', reply: '5.7.1 This address takes bounces only' }
  const to = foldAddress(sender)
  if (to === null) return { kind: 'returned' }
  const marks = await nextMarks(message.fields, `return ${to}`, folded)
  if (marks === null) return { kind: 'refused', reply: '5.4.6 The message goes in circles' }
  const { domain } = splitAddress(folded)
  const made = await enqueue(deps, {
    accountId: SERVER_ACCOUNT,
    kind: 'bounce',
    addressId: null,
    sender: null,
    domain,
    messageId: `${base32(deps.random(MESSAGE_ID_BYTES))}@${domain}`,
    recipients: [sender],
    raw: withMarks(withCrlf(bytes), marks.own, ''),
    source,
    request: await messageIdentity(bytes, JSON.stringify(['return', folded])),
  })
  if (!made) return { kind: 'returned' }
  try {
    await deps.stores.of(SERVER_ACCOUNT).batch(made.statements)
  } catch (error) {
    await made.abandon().catch(() => undefined)
    if (!isUniqueViolation(error)) throw error
  }
  made.wake()
  return { kind: 'returned' }
}

function isBounce(bytes: Uint8Array, message: ParsedMessage): boolean {
  const { envelope, defects } = message
  if (envelope.from.length > 1 || defects.includes('from-multiple')) return false
  const from = foldAddress(envelope.from[0]?.address ?? '')
  if (from !== null && MAIL_SYSTEM.test(splitAddress(from).local)) return true
  const report = readReport(bytes, message)
  return report?.kind === 'delivery' && report.form === 'status'
}
