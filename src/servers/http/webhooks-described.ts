/** The webhooks of the description: each type of event, as a receiver gets it. */
import { type OpenAPIHono, z } from '@hono/zod-openapi'
import { EVENT_TYPES, type EventType } from '../../notify/event-types.ts'
import type { HttpEnv } from './context.ts'
import { eventData, eventId } from './event-view.ts'
import { time } from './schemas.ts'
import { eventContent } from './webhook-payload.ts'

const HEADERS = z.object({
  'webhook-id': z.string().openapi({
    description: 'The same each time that the event is sent: what was seen before is to be dropped.',
    example: 'evt_1-2f-0',
  }),
  'webhook-timestamp': z
    .string()
    .openapi({ description: 'When this was sent, in epoch seconds.', example: '1772366400' }),
  'webhook-signature': z.string().openapi({
    description:
      'Of `<webhook-id>.<webhook-timestamp>.<body>`, by HMAC-SHA256 with the secret; several with blanks between them while two secrets are valid. Refuse what none fits, and what is older than some minutes.',
    example: 'v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=',
  }),
})

/** The data of an event by its type. */
function dataOf(type: EventType): z.ZodType {
  const [group] = type.split('.')
  if (type === 'message.quarantined') return eventData.held.extend({ content: eventContent.held })
  if (group === 'message') return eventData.message.extend({ content: eventContent.message })
  if (type === 'messages.moved') return eventData.moved
  if (group === 'messages' || group === 'spam') return eventData.counted
  if (group === 'submission') return eventData.submission.extend({ content: eventContent.submission })
  if (group === 'delivery') return eventData.delivery.extend({ content: eventContent.submission })
  if (group === 'address') return eventData.address
  return group === 'webhook' ? eventData.webhook : eventData.nothing
}

export function describeWebhooks({ openAPIRegistry: registry }: OpenAPIHono<HttpEnv>): void {
  for (const type of Object.keys(EVENT_TYPES) as EventType[])
    registry.registerWebhook({
      method: 'post',
      path: type,
      operationId: `on-${type.replaceAll('.', '-')}`,
      tags: ['Webhooks'],
      summary: EVENT_TYPES[type],
      description:
        'Sent to the webhooks that hear it. `data.content`, where the type has it, is what the event is about as it is when this is sent; `truncated` names the fields of it that were cut, so that a body has at most 256 KB.',
      security: [],
      request: {
        headers: HEADERS,
        body: {
          required: true,
          content: {
            'application/json': {
              schema: z.object({
                id: eventId,
                type: z.literal(type),
                timestamp: time.openapi({ description: 'When it happened.' }),
                modseq: z.number().int(),
                data: dataOf(type),
                truncated: z.array(z.string()),
              }),
            },
          },
        },
      },
      responses: {
        204: { description: 'Taken: any 2xx. It is not sent again.' },
        410: { description: 'Nothing more is wanted: the webhook is switched off.' },
      },
    })
}
