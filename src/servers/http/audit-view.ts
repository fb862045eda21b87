/** The audit log on the wire, for an account and for the admin: newest first. */
import { z } from '@hono/zod-openapi'
import { type AuditEntry, listAudit } from '../../access/audit.ts'
import type { Deps } from '../../deps.ts'
import { formatId } from './ids.ts'
import { type Page, type PageQuery, readPageBy } from './paging.ts'
import { formatTime, id, listOf, time } from './schemas.ts'

const auditEntry = z
  .object({
    id: id('aud'),
    at: time,
    actor: z.string().openapi({ description: "`admin`, or the id of the account's key.", example: 'key_1' }),
    account_id: id('acc').nullable().openapi({ description: "Whose settings; null for the server's own." }),
    action: z.string().openapi({ description: 'The operationId of what was called.' }),
    target: z.string().nullable().openapi({ description: 'The id in the path, or of what was made.' }),
    detail: z.unknown().openapi({ description: 'The body that was sent; `{"cut": "..."}` where it was long.' }),
    status: z
      .number()
      .int()
      .nullable()
      .openapi({ description: 'Of the answer; null where it is not known whether the change happened.' }),
    request_id: z.string(),
  })
  .openapi('AuditEntry')

export const auditList = listOf(auditEntry, 'AuditEntryList')

/** A page of what was changed of one account, or (null) of the whole server. */
export function pageOfAudit(
  deps: Deps,
  list: string,
  accountId: number | null,
  query: PageQuery,
): Promise<Page<z.infer<typeof auditEntry>>> {
  return readPageBy<AuditEntry, number, z.infer<typeof auditEntry>>(deps, query, {
    binding: [list, accountId],
    start: Number.MAX_SAFE_INTEGER,
    read: (before, limit) => listAudit(deps, accountId, before, limit),
    positionOf: (entry) => entry.id,
    render,
  })
}

function render(one: AuditEntry): z.infer<typeof auditEntry> {
  return {
    id: formatId('aud', one.id),
    at: formatTime(one.at),
    actor: one.actor === 'admin' ? one.actor : formatId('key', Number(one.actor.replace('key:', ''))),
    account_id: one.accountId === null ? null : formatId('acc', one.accountId),
    action: one.action,
    target: one.target,
    detail: one.detail,
    status: one.status,
    request_id: one.requestId,
  }
}
