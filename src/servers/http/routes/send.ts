/** Sending a message: one that is described, or one that is whole already. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { isFailure } from '../../../errors.ts'
import { readMailbox } from '../../../mime/compose-address.ts'
import { RECIPIENTS_MAX } from '../../../mime/compose-check.ts'
import { readRawMail } from '../../../mime/compose-raw.ts'
import { sendMessage } from '../../../outbound/send-message.ts'
import { SENT_BYTES_MAX, submit } from '../../../outbound/submit.ts'
import { UNDO_SECONDS_MAX } from '../../../outbound/timing.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { orProblem, problemFor } from '../errors.ts'
import { rawMessageBody, readRawMessage } from '../raw-body.ts'
import { jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { accepted, newMailOf, requestOf, sendableFields, sentAnswer } from '../sending.ts'
import { readTiming, timingFields } from '../sending-time.ts'

export const sends = new OpenAPIHono<HttpEnv>()

const RECIPIENTS_CHARS_MAX = 16_000

const send = defineRoute({
  method: 'post',
  path: '/v1/messages/send',
  operationId: 'sendMessage',
  tags: ['Sending'],
  summary: 'Send a message',
  description: `To at most ${RECIPIENTS_MAX} recipients, and of at most ${SENT_BYTES_MAX} bytes. What is accepted is stored: \`/v1/submissions/{id}\` says what became of each recipient. With an Idempotency-Key it is sent once, however often the call is repeated.`,
  ...requires('mail:send'),
  request: jsonBody(
    z
      .strictObject({ ...sendableFields, ...timingFields })
      .openapi('NewMessage', { example: { to: ['Ann <ann@example.org>'], subject: 'Hello', text: 'Hello, Ann.' } }),
  ),
  responses: { ...accepted, ...problems(400, 409, 413, 415) },
})

sends.openapi(send, async (c) => {
  const { account } = c.var
  const request = await requestOf(account, 'send', c.req.header('idempotency-key'))
  const given = c.req.valid('json')
  const wanted = { ...newMailOf(account, given), ...readTiming(given) }
  return c.json(...sentAnswer(orProblem(await sendMessage(c.env.deps, account, wanted, request))))
})

const sendRaw = defineRoute({
  method: 'post',
  path: '/v1/messages/send-raw',
  operationId: 'sendRawMessage',
  tags: ['Sending'],
  summary: 'Send a message as it is, header and all',
  description:
    'From is one address of the account. Bcc, trace fields, Sender and signatures are taken out; Date and Message-ID are added where they are missing. What could be read in two ways is refused.',
  ...requires('mail:send'),
  request: {
    query: z.strictObject({
      recipients: z.string().max(RECIPIENTS_CHARS_MAX).optional().openapi({
        description:
          'Addresses with commas between them: who it goes to. Whom To, Cc and Bcc name, where this is left out.',
        example: 'ann@example.org,bob@example.org',
      }),
      send_at: timingFields.send_at,
      undo_seconds: z.coerce.number().int().min(0).max(UNDO_SECONDS_MAX).optional().openapi({
        description: 'It waits so long at the least, and may be cancelled meanwhile.',
      }),
    }),
    body: rawMessageBody,
  },
  responses: { ...accepted, ...problems(400, 409, 413, 415) },
})

sends.openapi(sendRaw, async (c) => {
  const { account } = c.var
  const query = c.req.valid('query')
  const recipients = recipientsOf(query.recipients)
  const mail = readRawMail(await readRawMessage(c.req), { recipients })
  // The fields of the message itself stand nowhere that a pointer could lead to.
  if (isFailure(mail)) throw problemFor(mail, false)
  const request = await requestOf(account, 'send-raw', c.req.header('idempotency-key'))
  const sent = await submit(c.env.deps, account, { ...mail, ...readTiming(query) }, request)
  if (isFailure(sent)) throw problemFor(sent, false)
  return c.json(...sentAnswer(sent))
})

function recipientsOf(given: string | undefined) {
  if (given === undefined) return null
  return given.split(',').map((one) => readMailbox(one) ?? { name: '', address: '' })
}
