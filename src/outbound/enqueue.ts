/**
 * What the server sends by itself: a forward, a vacation answer, a bounce. Its bytes are given whole and go as they are; no
 * copy stands in Sent, and no limit of the account counts it.
 *
 * The bytes lie in R2 before anything refers to them. Then the caller commits the statements, alone or with what they belong
 * to: where that batch is committed once, the message is sent once.
 *
 *   const queued = await enqueue(deps, ...)
 *   commit queued.statements, then queued.wake(); where that failed, await queued.abandon()
 */

import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import type { Statement } from '../store/database.ts'
import { shardOf } from '../store/ids.ts'
import { outgoingKey, type ReceiptSource } from '../store/raw.ts'
import { abandonOutgoing, insertSubmission } from '../store/submission-write.ts'
import { routesOf } from './recipient-routes.ts'
import { wakeOutbound } from './wake.ts'

const NAME_BYTES = 16

export type ServerMade = {
  accountId: number
  kind: 'forward' | 'vacation' | 'bounce'
  /** The directory's id of the address in whose name it is sent; null: of none. */
  addressId: number | null
  /** The envelope sender. Null or '' is the null sender, which only a provider with an envelope keeps to. */
  sender: string | null
  /** The domain of this server in whose name it is sent: its providers and its DKIM key. */
  domain: string
  /** Without angle brackets. */
  messageId: string
  /** Those that nobody could be asked for are left out. */
  recipients: readonly string[]
  /** With CRLF. */
  raw: Uint8Array
  /** Which way the bytes came in, where somebody else wrote them. Null: this server did. */
  source?: ReceiptSource | null
  /** Names it, so that it is made once: the unique index of submissions refuses a second, and the batch rolls back. */
  request?: Uint8Array
  /** Looked at inside the batch: where it does not hold, the rest is committed, and nothing is sent. */
  only?: Statement
}

export type Enqueued = {
  rawKey: string
  statements: Statement[]
  /** Deletes the bytes again, unless the statements were committed after all: for a commit that failed, or whose answer was lost. */
  abandon(): Promise<void>
  /** After the commit. A hint: without it the sweep comes by. */
  wake(): void
}

/** Null where no recipient is left that could be written to. Throws where R2 or the directory fails. */
export async function enqueue(deps: Deps, made: ServerMade): Promise<Enqueued | null> {
  const { accountId, raw } = made
  const recipients = await routesOf(deps, made.recipients)
  if (recipients.length === 0) return null
  const rawKey = outgoingKey(accountId, deps.now(), base32(deps.random(NAME_BYTES)))
  await deps.stores.raw.putBytes(rawKey, raw)
  const now = seconds(deps)
  const submission = {
    account_id: accountId,
    address_id: made.addressId,
    message_id: made.messageId,
    kind: made.kind,
    sender: made.sender ?? '',
    domain: made.domain,
    raw_key: rawKey,
    size: raw.length,
    source: made.source ?? null,
    request: made.request ?? null,
    created_at: now,
    send_at: now,
  }
  return {
    rawKey,
    statements: insertSubmission(submission, recipients, null, made.only),
    abandon: async () => {
      await deps.stores.of(accountId).batch([abandonOutgoing(rawKey)])
    },
    wake: () => deps.background(wakeOutbound(deps, shardOf(accountId))),
  }
}
