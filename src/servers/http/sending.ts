/** What the routes that send have in common: the fields of a new message, the name of the call, and the answer. */
import { z } from '@hono/zod-openapi'
import { hashToken } from '../../access/secrets.ts'
import { RECIPIENTS_MAX } from '../../mime/compose-check.ts'
import type { NewMail } from '../../outbound/send-message.ts'
import type { Submission } from '../../outbound/submission.ts'
import type { AccountPrincipal } from './context.ts'
import { attachments, attachmentsOf, bodies, mailbox, mailboxes } from './draft-body.ts'
import { Problem } from './errors.ts'
import { headers, json } from './responses.ts'
import { renderSent, sent } from './submission-view.ts'
import { templateUse } from './template-view.ts'

export const accepted = {
  202: { ...json(sent, 'It is on its way, and its copy stands in Sent.'), headers: headers('Location') },
}

/** A message that is written anew. */
export const newMessageFields = {
  from: mailbox
    .openapi({ description: 'An address of the account. May be left out where there is only one.' })
    .optional(),
  to: mailboxes.optional().openapi({
    description: `One recipient at the least in to, cc and bcc together, and at most ${RECIPIENTS_MAX}.`,
  }),
  cc: mailboxes.optional(),
  bcc: mailboxes.optional().openapi({ description: 'Written to without standing in the message.' }),
  reply_to: mailboxes.optional().openapi({ description: 'Where answers go, if not to from.' }),
  subject: z.string().optional().openapi({ description: 'One line of text.' }),
  ...bodies,
  headers: z.record(z.string(), z.string()).optional().openapi({
    description:
      'Header fields of your own: X-..., List-Unsubscribe, List-Unsubscribe-Post, Auto-Submitted, In-Reply-To, References.',
  }),
  attachments: attachments.optional(),
}

/** The same, or what a template says. */
export const sendableFields = { ...newMessageFields, ...templateUse }

const newMessage = z.object(sendableFields)

export function newMailOf(account: AccountPrincipal, given: z.output<typeof newMessage>): NewMail {
  const { template, variables = {} } = given
  if (template !== undefined && [given.subject, given.text, given.html].some((one) => one !== undefined))
    throw besideTemplate()
  return {
    template: template === undefined ? null : { id: template, variables },
    from: given.from ?? null,
    to: given.to ?? [],
    cc: given.cc ?? [],
    bcc: given.bcc ?? [],
    replyTo: given.reply_to ?? [],
    subject: given.subject ?? '',
    text: given.text ?? null,
    html: given.html ?? null,
    headers: Object.entries(given.headers ?? {}).map(([name, value]) => ({ name, value })),
    attachments: attachmentsOf(account, given.attachments),
  }
}

function besideTemplate(): Problem {
  const detail = 'The template says subject, text and html: leave them out.'
  return new Problem('invalid', detail, { errors: [{ in: 'body', pointer: '/template', detail }] })
}

/** Of whom, what and the client's own name for the call. A key of one address never meets the call of another. */
export async function requestOf(
  { accountId, addressId }: AccountPrincipal,
  route: string,
  key: string | undefined,
): Promise<Uint8Array | null> {
  return key === undefined ? null : await hashToken(`${accountId} ${addressId ?? '*'} ${route} ${key}`)
}

export function sentAnswer(submission: Submission) {
  const rendered = renderSent(submission)
  return [rendered, 202, { location: `/v1/submissions/${rendered.id}` }] as const
}
