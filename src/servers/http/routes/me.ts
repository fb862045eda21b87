/** Who the key belongs to: the first thing that a client asks. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { getAccount } from '../../../access/accounts.ts'
import { listAddresses } from '../../../access/addresses.ts'
import { SCOPES } from '../../../access/scopes.ts'
import { currentState } from '../../../mailbox/changes.ts'
import { requires } from '../authorize.ts'
import { formatState } from '../change-state.ts'
import type { HttpEnv } from '../context.ts'
import { found } from '../errors.ts'
import { formatId } from '../ids.ts'
import { json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { bytes, formatTime, id, LIMIT_MAX, time } from '../schemas.ts'

export const me = new OpenAPIHono<HttpEnv>()

const body = z
  .object({
    account: z.object({
      id: id('acc'),
      name: z.string(),
      used_bytes: bytes.nullable().openapi({ description: 'Null for a key of one address.' }),
      quota_bytes: bytes.nullable().openapi({ description: 'Null: no limit, or a key of one address.' }),
      created_at: time,
    }),
    key: z.object({
      id: id('key'),
      address_id: id('adr').nullable(),
      name: z.string(),
      scopes: z.array(z.enum(SCOPES)),
    }),
    addresses: z
      .array(
        z.object({
          address: z.string(),
          kind: z.enum(['address', 'alias', 'catch_all', 'forward']),
          enabled: z.boolean(),
        }),
      )
      .openapi({ description: `The first ${LIMIT_MAX}.` }),
    state: z.string().openapi({ description: 'The change state now: what /v1/changes takes as `since`.' }),
  })
  .openapi('Me')

const route = defineRoute({
  method: 'get',
  path: '/v1/me',
  operationId: 'getMe',
  tags: ['Account'],
  summary: 'The account and the key that asks',
  description:
    'The first thing to ask with a new key: it says what the key may do, and the state to follow changes from.',
  ...requires(),
  responses: { 200: json(body, 'The account.'), ...problems(404) },
})

me.openapi(route, async (c) => {
  const { accountId, addressId, keyId, keyName, scopes } = c.var.account
  const { deps } = c.env
  const [account, state, addresses] = await Promise.all([
    getAccount(deps, accountId),
    currentState(deps, accountId),
    listAddresses(deps, accountId, 0, LIMIT_MAX),
  ])
  const own = found(account, 'account')
  return c.json(
    {
      account: {
        id: formatId('acc', own.id),
        name: own.name,
        // A key of one address would watch the mail of the others come by what the account holds.
        used_bytes: addressId === null ? own.usedBytes : null,
        quota_bytes: addressId === null ? own.quotaBytes : null,
        created_at: formatTime(own.createdAt),
      },
      key: {
        id: formatId('key', keyId),
        address_id: addressId === null ? null : formatId('adr', addressId),
        name: keyName,
        scopes: [...scopes],
      },
      addresses: addresses
        .filter((one) => addressId === null || one.id === addressId)
        .map(({ address, kind, enabled }) => ({ address, kind, enabled })),
      state: await formatState(deps, accountId, found(state, 'account')),
    },
    200,
  )
})
