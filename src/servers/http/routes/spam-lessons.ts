/** Scoring a raw message without storing it, and training the filter with many. */
import { OpenAPIHono, z } from '@hono/zod-openapi'
import { checkMessage } from '../../../inbound/check.ts'
import { TRAINED_MAX, train } from '../../../junk/train.ts'
import { requires } from '../authorize.ts'
import { refuseBound } from '../bound-keys.ts'
import type { HttpEnv } from '../context.ts'
import { renderReport, spamReport } from '../message-view.ts'
import { rawMessageBody, readRawMessage } from '../raw-body.ts'
import { json, jsonBody, problems } from '../responses.ts'
import { defineRoute } from '../route.ts'
import { base64 } from '../schemas.ts'
import { renderSpamModel, spamModel } from '../spam-model-view.ts'

export const spamLessons = new OpenAPIHono<HttpEnv>()

const ADDRESS_CHARS_MAX = 400

const check = defineRoute({
  method: 'post',
  path: '/v1/spam/check',
  operationId: 'checkMessage',
  tags: ['Spam filter'],
  summary: 'Score a raw message without storing it',
  description:
    'As if it came now for this account. Nothing in its header is trusted, and who sent it counts as unknown.',
  ...requires('spam:train'),
  request: {
    query: z.strictObject({
      from: z
        .string()
        .max(ADDRESS_CHARS_MAX)
        .optional()
        .openapi({ description: 'The envelope sender; none for a bounce.' }),
      to: z.string().max(ADDRESS_CHARS_MAX).optional().openapi({ description: 'The envelope recipient.' }),
    }),
    body: rawMessageBody,
  },
  responses: { 200: json(spamReport, 'The report.'), ...problems(400, 413, 415) },
})

spamLessons.openapi(check, async (c) => {
  refuseBound(c.var.account)
  const { from = '', to = '' } = c.req.valid('query')
  const raw = await readRawMessage(c.req)
  return c.json(renderReport(await checkMessage(c.env.deps, c.var.account.accountId, raw, { from, to })), 200)
})

const trainRoute = defineRoute({
  method: 'post',
  path: '/v1/spam/train',
  operationId: 'trainSpamFilter',
  tags: ['Spam filter'],
  summary: `Teach the filter up to ${TRAINED_MAX} raw messages at once`,
  description:
    'They are learned and not stored: an old mailbox of either kind, a part at a time. What is sent twice counts twice, unless the calls carry the same Idempotency-Key.',
  ...requires('spam:train'),
  request: jsonBody(
    z
      .strictObject({
        as: z.enum(['spam', 'ham']),
        messages: z
          .array(base64)
          .min(1, 'must hold at least one message')
          .max(TRAINED_MAX)
          .openapi({ description: 'Raw messages, each in base64.' }),
      })
      .openapi('Training'),
  ),
  responses: { 200: json(spamModel, 'The model as it is now.'), ...problems(400, 413, 415) },
})

spamLessons.openapi(trainRoute, async (c) => {
  refuseBound(c.var.account)
  const { as, messages } = c.req.valid('json')
  return c.json(renderSpamModel(await train(c.env.deps, c.var.account.accountId, as, messages)), 200)
})
