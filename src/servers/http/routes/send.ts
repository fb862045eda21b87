/** Sending a message: one that is described, or one that is whole already. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { isFailure } from '../../../errors.ts'
import { readMailbox } from '../../../mime/compose-address.ts'
import { RECIPIENTS_MAX } from '../../../mime/compose-check.ts'
import { readRawMail } from '../../../mime/compose-raw.ts'
import { BATCH_MAX, sendBatch } from '../../../outbound/send-batch.ts'
import { sendMessage } from '../../../outbound/send-message.ts'
import { SENT_BYTES_MAX, submit } from '../../../outbound/submit.ts'
import { requires } from '../authorize.ts'
import type { HttpEnv } from '../context.ts'
import { ERROR_CODES, orProblem, problemFor } from '../errors.ts'
import { rawMessageBody, readRawMessage } from '../raw-body.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { accepted, newMailOf, requestOf, sendableFields, sentAnswer } from '../sending.ts'
import { readTiming, timingFields, timingQuery } from '../sending-time.ts'
import { renderSent, sent } from '../submission-view.ts'

export const sends = new OpenAPIHono<HttpEnv>()

const RECIPIENTS_CHARS_MAX = 16_000

const send = defineRoute({
  method: 'post',
  path: '/v1/messages/send',
  operationId: 'sendMessage',
  tags: ['Sending'],
  summary: 'Send a message',
  description: `To at most ${RECIPIENTS_MAX} recipients, and of at most ${SENT_BYTES_MAX / (1024 * 1024)} MiB. What is accepted is stored: \`/v1/submissions/{id}\` says what became of each recipient. With an Idempotency-Key it is sent once, however often the call is repeated.`,
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
      ...timingQuery,
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
  const submission = await submit(c.env.deps, account, { ...mail, ...readTiming(query) }, request)
  if (isFailure(submission)) throw problemFor(submission, false)
  return c.json(...sentAnswer(submission))
})

function recipientsOf(given: string | undefined) {
  if (given === undefined) return null
  return given.split(',').map((one) => readMailbox(one) ?? { name: '', address: '' })
}

const itemProblem = z.object({
  code: z.enum(ERROR_CODES),
  detail: z.string(),
  pointer: z.string().nullable().openapi({ description: 'RFC 6901, inside the message.' }),
})

const BATCH_RESULTS = {
  results: [
    {
      submission: {
        ...{ id: 'sub_4x7', message: 'msg_4x7', message_id: 'k3jw8c5hs2@example.com', send_at: '2026-03-01T12:00:00Z' },
        recipients: [{ address: 'ann@example.org', status: 'queued' as const }],
      },
      problem: null,
    },
    {
      submission: null,
      problem: { code: 'invalid' as const, detail: 'Name a recipient in to, cc or bcc.', pointer: '/to' },
    },
  ],
}

const sendMany = defineRoute({
  method: 'post',
  path: '/v1/messages/send-batch',
  operationId: 'sendBatch',
  tags: ['Sending'],
  summary: 'Send up to a hundred messages',
  description:
    'Each by itself: results stand in the order of the messages, and one that is refused stops no other. A body that cannot be read as messages sends none. With an Idempotency-Key each is sent once, however often the call is repeated; what was `unavailable` is sent again in a call of its own.',
  ...requires('mail:send'),
  request: jsonBody(
    z
      .strictObject({
        messages: z
          .array(z.strictObject({ ...sendableFields, ...timingFields }).openapi('BatchMessage'))
          .min(1)
          .max(BATCH_MAX),
      })
      .openapi('NewBatch', {
        example: { messages: [{ to: ['ann@example.org'], subject: 'Hello', text: 'Hello, Ann.' }] },
      }),
  ),
  responses: {
    200: json(
      z
        .object({
          results: z.array(
            z.object({ submission: z.union([sent, z.null()]), problem: itemProblem.nullable() }).openapi('BatchResult'),
          ),
        })
        .openapi('BatchResults', { example: BATCH_RESULTS }),
      'What became of each: a submission, or a problem.',
    ),
    ...problems(400, 409, 413, 415),
  },
})

sends.openapi(sendMany, async (c) => {
  const { account } = c.var
  const { messages } = c.req.valid('json')
  const key = c.req.header('idempotency-key')
  const items = await Promise.all(
    messages.map(async (given, n) => ({
      mail: { ...newMailOf(account, given), ...readTiming(given) },
      request: await requestOf(account, `batch ${n}`, key),
    })),
  )
  const results = await sendBatch(c.env.deps, account, items)
  const shown = results.map((one) => {
    if (!isFailure(one)) return { submission: renderSent(one), problem: null }
    const pointer = one.field === undefined ? null : `/${one.field}`
    return { submission: null, problem: { code: one.failure, detail: one.detail, pointer } }
  })
  return c.json({ results: shown }, 200)
})
