/** What an account holds, on the wire, for the account and for the admin. */
import { z } from '@hono/zod-openapi'
import type { Usage } from '../../access/usage.ts'
import { formatId } from './ids.ts'
import { bytes, count, formatOptionalTime, id, listOf, time } from './schemas.ts'
import { sendingUsage } from './sending-limits-view.ts'

export const usage = z
  .object({
    account_id: id('acc'),
    mailboxes: count,
    messages: count.openapi({
      description: 'As the mailboxes count: a message that stands in two is counted in both.',
    }),
    unread: count,
    used_bytes: bytes.openapi({ description: 'Bytes of raw mail, each message once.' }),
    quota_bytes: bytes.nullable().openapi({ description: 'Null: no limit.' }),
    last_received_at: time
      .nullable()
      .openapi({ description: 'When mail last came, to some seconds in a burst. Null: none ever did.' }),
  })
  .openapi('Usage')

/** With what it may send, and has sent. */
export const wholeUsage = usage.extend({ sending: sendingUsage }).openapi('WholeUsage')

export const usageList = listOf(usage, 'UsageList')

export function renderUsage(one: Usage): z.infer<typeof usage> {
  return {
    account_id: formatId('acc', one.id),
    mailboxes: one.mailboxes,
    messages: one.messages,
    unread: one.unread,
    used_bytes: one.usedBytes,
    quota_bytes: one.quotaBytes,
    last_received_at: formatOptionalTime(one.lastReceivedAt),
  }
}
