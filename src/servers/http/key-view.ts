/** API keys on the wire, for their account and for the admin. */
import { z } from '@hono/zod-openapi'
import type { ApiKey } from '../../access/keys.ts'
import { SCOPES } from '../../access/scopes.ts'
import { formatId } from './ids.ts'
import { formatOptionalTime, formatTime, id, idField, line, listOf, time } from './schemas.ts'

/** Names of keys, passwords and accounts. */
export const NAME_CHARS_MAX = 200

export const apiKey = z
  .object({
    id: id('key'),
    account_id: id('acc'),
    address_id: id('adr')
      .nullable()
      .openapi({ description: 'The one address whose mail it sees; null: all of the account.' }),
    name: z.string(),
    hint: z.string().openapi({ description: 'How the key begins.' }),
    scopes: z.array(z.enum(SCOPES)),
    created_at: time,
    last_used_at: time.nullable().openapi({ description: 'Exact to the hour.' }),
  })
  .openapi('ApiKey')

export const createdApiKey = apiKey
  .extend({
    key: z.string().nullable().openapi({
      description:
        'The key itself. It cannot be shown again: null where the answer is replayed for its Idempotency-Key.',
    }),
  })
  .openapi('CreatedApiKey')

export const apiKeyList = listOf(apiKey, 'ApiKeyList')

export const newKeyFields = {
  name: line(NAME_CHARS_MAX, 'What the key is for.'),
  address_id: idField('adr', 'Only the mail of this address of the account. Not with the scope settings.').optional(),
  scopes: z.array(z.enum(SCOPES)).min(1, 'must name at least one scope').max(SCOPES.length),
}

export function renderApiKey(key: ApiKey): z.infer<typeof apiKey> {
  return {
    id: formatId('key', key.id),
    account_id: formatId('acc', key.accountId),
    address_id: key.addressId === null ? null : formatId('adr', key.addressId),
    name: key.name,
    hint: key.hint,
    scopes: key.scopes,
    created_at: formatTime(key.createdAt),
    last_used_at: formatOptionalTime(key.lastUsedAt),
  }
}
