/**
 * Switching a webhook off: its receiver has asked for nothing more, or has taken nothing for five days. Its owner is told, once, by
 * a message in his Inbox, which is stored by the batch that switches it off.
 *
 * The URL is the owner's own word, and the message says nothing else that a stranger has written.
 */

import type { Deps } from '../deps.ts'
import { isFailure } from '../errors.ts'
import { appendBytes } from '../mailbox/append.ts'
import { composeNotice } from '../mime/compose-notice.ts'
import { seconds } from '../seconds.ts'
import { readRoles } from '../store/account-read.ts'
import { isStaleWebhook, type Statement } from '../store/database.ts'
import { pageAddresses } from '../store/directory-read.ts'
import { shardOf } from '../store/ids.ts'
import { tellEvents } from '../store/outbox.ts'
import type { WebhookRow } from '../store/schema.ts'
import { disableWebhook } from '../store/webhook-write.ts'
import type { DisabledReason } from './webhooks.ts'

/** The addresses of an account that are looked through for one to write to. */
const ADDRESSES_MAX = 20
const BOUNDARY_BYTES = 16

const WHY: Record<DisabledReason, string> = {
  failing: 'For five days it has taken nothing that was sent to it.',
  gone: 'It answered 410 Gone, by which a receiver says that it wants nothing more.',
}

/** `also` is committed with it. Where its owner has changed it in this moment, `also` alone is: it is judged anew. */
export async function disable(
  deps: Deps,
  webhook: WebhookRow,
  reason: DisabledReason,
  also: readonly Statement[],
): Promise<void> {
  const now = seconds(deps)
  const statements = [
    ...also,
    ...disableWebhook(webhook, reason, now),
    ...tellEvents(webhook.account_id, [{ type: 'webhook.disabled', webhook: webhook.id }]),
  ]
  try {
    if (!(await tellOwner(deps, webhook, reason, statements)))
      await deps.stores.of(webhook.account_id).batch(statements)
  } catch (error) {
    if (!isStaleWebhook(error)) throw error
    await deps.stores.of(webhook.account_id).batch(also)
  }
  deps.background(deps.queues.events.send({ shard: shardOf(webhook.account_id) }))
}

/** False where there is no Inbox, no address, or no room: it is switched off all the same. */
async function tellOwner(
  deps: Deps,
  webhook: WebhookRow,
  reason: DisabledReason,
  statements: Statement[],
): Promise<boolean> {
  const { account_id: accountId, id, version } = webhook
  const [inbox] = await readRoles(deps.stores.of(accountId), accountId, ['inbox'])
  const addresses = await pageAddresses(deps.stores.directory, accountId, 0, ADDRESSES_MAX)
  const to = addresses.find(({ kind, enabled }) => kind === 'address' && enabled === 1)?.address
  if (!inbox || to === undefined) return false
  const appended = await appendBytes(deps, {
    accountId,
    mailboxId: inbox.id,
    bytes: write(deps, webhook, reason, to),
    receivedAt: null,
    flags: 0,
    keywords: [],
    addressId: null,
    // The same for each attempt to switch off this state of it, so that an attempt whose answer was lost is found.
    name: `webhook-${id}-${version}`,
    also: () => statements,
  })
  return !isFailure(appended)
}

function write(deps: Deps, { id, version, url }: WebhookRow, reason: DisabledReason, to: string): Uint8Array {
  const text = [
    'A webhook of this account was switched off:',
    '',
    url,
    '',
    WHY[reason],
    'What waits for it is kept for 30 days, and is sent when it is switched on again by the API.',
    '',
  ].join('\n')
  return composeNotice({
    ...{ to, subject: 'A webhook was switched off', text, html: null },
    ...{ name: `webhook-${id}-${version}`, nowMs: deps.now(), random: deps.random(BOUNDARY_BYTES) },
  })
}
