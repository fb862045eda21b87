/**
 * Telling senders of what did not arrive, by a bounce message (mime/compose-bounce.ts): into the Inbox of the account; of a
 * forward to the one who wrote the message, where he is known by its envelope sender and a provider keeps the null sender.
 *
 * Invariants:
 *  - Once: the batch that stores or queues the message takes the mark away that asks for it (recipients.dsn), and rolls
 *    back where it is gone.
 *  - Of a bounce or an automatic answer nobody is told (record.ts, isTellable); bounces have the null sender, so that none
 *    answers another (RFC 5321 §6.1).
 */
import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { isFailure } from '../errors.ts'
import { append } from '../mailbox/append.ts'
import { composeBounce } from '../mime/compose-bounce.ts'
import { parseMessage } from '../mime/parse.ts'
import { readRoles } from '../store/account-read.ts'
import { ACCOUNTS_PER_SHARD } from '../store/ids.ts'
import { readMessageRow } from '../store/message-read.ts'
import { queueRawDelete } from '../store/outbox.ts'
import { appendedKey } from '../store/raw.ts'
import { isStaleRecipient, releaseBytes, takeUntold } from '../store/recipient-write.ts'
import { type DueRow, readUntold } from '../store/submission-read.ts'
import { enqueue } from './enqueue.ts'
import { providersOf } from './provider-order.ts'
import { isTellable } from './record.ts'

/** Recipients told of in one round: each message takes some 15 queries. */
const ROUND = 100
const MESSAGES_MAX = 10
const NAME_BYTES = 16
/** What is read of a message for its header. */
const HEADER_BYTES_MAX = 32_768

/**
 * Writes what is still to be told in a shard. One that fails does not stop the others; it is met again. Gives whether more is left
 * that a next round could tell: where nothing was told, more haste would not help.
 */
export async function writeBounceMessages(deps: Deps, shard: number): Promise<boolean> {
  const rows = await readUntold(deps.stores.of(shard * ACCOUNTS_PER_SHARD), ROUND)
  const groups = [...Map.groupBy(rows, (row) => row.submission_id).values()]
  let told = 0
  for (const group of groups.slice(0, MESSAGES_MAX)) {
    try {
      await tell(deps, group)
      told++
    } catch (error) {
      if (isStaleRecipient(error)) continue
      deps.log({ level: 'error', at: 'outbound.bounce', submission: group[0]?.submission_id, error: String(error) })
    }
  }
  return told > 0 && (groups.length > MESSAGES_MAX || rows.length === ROUND)
}

async function tell(deps: Deps, rows: DueRow[]): Promise<void> {
  const [first] = rows as [DueRow]
  const who = first.gone === 1 || !isTellable(first.kind) ? null : await whoIsTold(deps, first)
  if (who === null) return await takeMark(deps, rows)
  const bytes = await write(deps, rows, who.address)
  if (who.isAccount) await intoInbox(deps, rows, bytes.raw)
  else await onItsWay(deps, rows, bytes, who.address)
}

type Told = { address: string; isAccount: boolean }

async function whoIsTold(deps: Deps, { kind, sender, domain }: DueRow): Promise<Told | null> {
  if (kind === 'mail') return { address: sender, isAccount: true }
  if (sender === '') return null
  // Only where the null sender can be kept: a bounce that could be bounced would go in circles.
  const isKept = deps.returnDomain !== null && deps.secrets.root !== null
  if (isKept && (await providersOf(deps, domain)).some(({ hasEnvelope }) => hasEnvelope))
    return { address: sender, isAccount: false }
  // An address that only forwards has no Inbox; nobody is told then.
  return { address: '', isAccount: true }
}

type Written = { raw: Uint8Array; messageId: string }

async function write(deps: Deps, rows: DueRow[], to: string): Promise<Written> {
  const [first] = rows as [DueRow]
  const original = await originalOf(deps, first)
  const subject = original && (await parseMessage(original)).envelope.subject
  const messageId = `${base32(deps.random(NAME_BYTES))}@${first.domain}`
  const raw = composeBounce(
    {
      ...{ to, domain: first.domain, about: first.message_id, original, subject: subject || null },
      arrivedAt: first.created_at,
      recipients: rows.map(({ address, smtp, code, detail, updated_at }) => ({
        address,
        smtp,
        code,
        detail,
        at: updated_at,
      })),
    },
    { messageId, nowMs: deps.now(), unique: base32(deps.random(NAME_BYTES)) },
  )
  return { raw, messageId }
}

/** The beginning of what was sent: of the bytes that waited, or of the copy in Sent; null where both are gone. */
async function originalOf(deps: Deps, { account_id, raw_key, message }: DueRow): Promise<Uint8Array | null> {
  const { raw } = deps.stores
  const waiting = await raw.range(raw_key, 0, HEADER_BYTES_MAX)
  if (waiting || message === null) return waiting
  const copy = await readMessageRow(deps.stores.of(account_id), account_id, message)
  return copy && (await raw.range(copy.raw_key, 0, HEADER_BYTES_MAX))
}

async function intoInbox(deps: Deps, rows: DueRow[], bytes: Uint8Array): Promise<void> {
  const [first] = rows as [DueRow]
  const { account_id: accountId } = first
  const db = deps.stores.of(accountId)
  const [inbox] = await readRoles(db, accountId, ['inbox'])
  if (!inbox) return await takeMark(deps, rows)
  const rawKey = appendedKey(accountId, deps.now(), base32(deps.random(NAME_BYTES)))
  await deps.stores.raw.putBytes(rawKey, bytes)
  try {
    const appended = await append(deps, {
      ...{ accountId, mailboxId: inbox.id, rawKey, bytes, message: await parseMessage(bytes) },
      ...{ receivedAt: null, flags: 0, keywords: [], addressId: first.address_id },
      also: () => mark(rows),
    })
    if (!isFailure(appended)) return
    // No room for it: what became of each recipient is shown with the submission.
    deps.log({ level: 'info', at: 'outbound.bounce', submission: first.submission_id, failure: appended.failure })
    await takeMark(deps, rows)
  } catch (error) {
    await db.batch([queueRawDelete(rawKey)])
    throw error
  }
  await db.batch([queueRawDelete(rawKey)])
}

async function onItsWay(deps: Deps, rows: DueRow[], { raw, messageId }: Written, to: string): Promise<void> {
  const [first] = rows as [DueRow]
  const queued = await enqueue(deps, {
    ...{ accountId: first.account_id, kind: 'bounce', addressId: first.address_id, sender: '', domain: first.domain },
    ...{ messageId, recipients: [to], raw },
  })
  if (!queued) return await takeMark(deps, rows)
  try {
    await deps.stores.of(first.account_id).batch([...mark(rows), ...queued.statements])
  } catch (error) {
    await queued.abandon()
    throw error
  }
  queued.wake()
}

async function takeMark(deps: Deps, rows: DueRow[]): Promise<void> {
  await deps.stores.of((rows[0] as DueRow).account_id).batch(mark(rows))
}

function mark(rows: DueRow[]) {
  const [first] = rows as [DueRow]
  return [
    takeUntold(
      first.submission_id,
      rows.map(({ n }) => n),
    ),
    releaseBytes(first.submission_id),
  ]
}
