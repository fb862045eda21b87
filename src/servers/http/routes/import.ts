/** Import: a raw message of another server into a mailbox, with its date and flags. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { base32, hashToken } from '../../../access/secrets.ts'
import type { Deps } from '../../../deps.ts'
import { ANSWERED, DRAFT, FLAGGED, SEEN } from '../../../mailbox/flags.ts'
import { importMessage } from '../../../mailbox/import.ts'
import { readMessage } from '../../../mailbox/read.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { found, orProblem } from '../errors.ts'
import { keywordList } from '../message-change.ts'
import { secondParam } from '../message-filter.ts'
import { messageState, renderState } from '../message-view.ts'
import { rawMessageBody, readRawMessage } from '../raw-body.ts'
import { headers, json, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { flag, idParam } from '../schemas.ts'

export const imports = new OpenAPIHono<HttpEnv>()

/** What Email Routing takes, and so the largest message that this server can have. */
export const IMPORT_BYTES_MAX = 25 * 1024 * 1024
const OBJECT_NAME_BYTES = 16

const route = defineRoute({
  method: 'post',
  path: '/v1/messages/import',
  operationId: 'importMessage',
  tags: ['Messages'],
  summary: 'Put a raw message into a mailbox',
  description:
    'The body is the message as it is, byte for byte. Nothing judges it, and it is always a new message: what is imported twice stands there twice, unless the calls carry the same Idempotency-Key.',
  ...requires('mail:write'),
  request: {
    query: z.strictObject({
      mailbox: idParam('mbx', 'Where it goes; the Inbox, where none is named.').optional(),
      date: secondParam('When it was received; the time of its Date field, where this is left out.'),
      unread: flag.optional().openapi({ description: 'True, where it is left out.' }),
      flagged: flag.optional(),
      answered: flag.optional(),
      draft: flag.optional(),
      keywords: keywordList.optional(),
    }),
    body: rawMessageBody,
  },
  responses: {
    201: { ...json(messageState, 'The message.'), headers: headers('Location') },
    ...problems(400, 404, 409, 413, 415),
  },
})

imports.openapi(route, async (c) => {
  const { deps } = c.env
  const reader = c.var.account
  const given = c.req.valid('query')
  const mailboxId = given.mailbox === undefined ? null : found(given.mailbox, 'mailbox')
  const bytes = await readRawMessage(c.req)
  const imported = orProblem(
    await importMessage(deps, reader, {
      bytes,
      mailboxId,
      receivedAt: given.date ?? null,
      flags: flagsOf(given),
      keywords: given.keywords ?? [],
      name: await nameOf(deps, bytes, [reader.addressId, given, c.req.header('idempotency-key')]),
    }),
  )
  const state = renderState(found(await readMessage(deps, reader, imported.id), 'message'))
  return c.json(state, 201, { location: `/v1/messages/${state.id}` })
})

type Flags = { [Name in 'unread' | 'flagged' | 'answered' | 'draft']?: boolean | undefined }

function flagsOf({ unread = true, flagged = false, answered = false, draft = false }: Flags): number {
  return (unread ? 0 : SEEN) | (flagged ? FLAGGED : 0) | (answered ? ANSWERED : 0) | (draft ? DRAFT : 0)
}

// With an Idempotency-Key the object's name follows from it, from all that is asked and from the bytes, so that a call
// repeated on the same day after a lost answer finds its message even where the record of the first answer is lost too; and
// other bytes never take its object.
async function nameOf(
  deps: Deps,
  bytes: Uint8Array<ArrayBuffer>,
  [addressId, given, key]: [number | null, object, string | undefined],
): Promise<string> {
  if (key === undefined) return base32(deps.random(OBJECT_NAME_BYTES))
  const digest = base32(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  const asked = JSON.stringify(['import', addressId, given, digest, key])
  return base32((await hashToken(asked)).subarray(0, OBJECT_NAME_BYTES))
}
