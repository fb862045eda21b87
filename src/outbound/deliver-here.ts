/**
 * Delivering due recipients of one submission that are addresses of this server: by the way that all mail comes in. It may be
 * repeated, since the second copy of one message is dropped (mailbox/deliver.ts).
 */

import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import type { DueRow } from '../store/submission-read.ts'
import { claimRecipients } from '../store/submission-write.ts'
import type { SendOutcome } from './provider.ts'
import { type Settled, settle } from './settle.ts'

/** When a delivery whose worker died is tried again. */
const LEASE_SECONDS = 10 * 60

/** Delivers to each; gives when to look at one again, or null. */
export async function deliverHere(deps: Deps, rows: readonly DueRow[], raw: Uint8Array): Promise<number | null> {
  const [first] = rows
  if (!first) return null
  const now = seconds(deps)
  const won = await deps.stores
    .of(first.account_id)
    .all<{ n: number }>(claimRecipients(first.submission_id, rows, null, null, now + LEASE_SECONDS, now))
  const settled: Settled[] = []
  for (const row of rows) {
    if (!won.some(({ n }) => n === row.n)) continue
    const claimed: DueRow = { ...row, status: 'sending', attempts: row.attempts + 1 }
    settled.push({ row: claimed, outcome: await deliver(deps, row, raw) })
  }
  return await settle(deps, settled)
}

async function deliver(deps: Deps, row: DueRow, raw: Uint8Array): Promise<SendOutcome> {
  try {
    const delivery = await deps.deliverLocal(row.sender, row.address, raw, row.source ?? 'local')
    if (delivery.kind === 'delivered') return { kind: 'delivered', providerId: null }
    return { kind: 'permanent', ...splitReply(delivery.reply) }
  } catch (error) {
    const text = error instanceof Error ? error.message : ''
    // Only what is meant for an SMTP reply is shown; anything else is ours, and stands in the log.
    if (/^4\.\d\.\d /.test(text)) return { kind: 'temporary', ...splitReply(text) }
    deps.log({ level: 'error', at: 'outbound.local', submission: row.submission_id, n: row.n, error: String(error) })
    return { kind: 'temporary', code: '4.3.0', detail: 'The server could not store it for now.' }
  }
}

function splitReply(reply: string): { code: string; detail: string } {
  const space = reply.indexOf(' ')
  return { code: reply.slice(0, space), detail: reply.slice(space + 1) }
}
