/** Submissions on the wire: what a send answers, and what became of it later. */
import { z } from '@hono/zod-openapi'
import { RECIPIENT_STATUSES, type Submission } from '../../outbound/submission.ts'
import { formatId } from './ids.ts'
import { formatOptionalTime, formatTime, id, listOf, time } from './schemas.ts'

const status = z.enum(RECIPIENT_STATUSES).openapi({
  description:
    'delivered: taken by the mailbox here or by the provider. deferred: tried again by itself. unknown: nobody knows whether it was taken, and it is not tried again.',
})

const names = {
  id: id('sub'),
  message: id('msg').nullable().openapi({
    description: 'The copy in Sent, which may have been deleted since. Null for what the server has sent by itself.',
  }),
  message_id: z.string().openapi({ description: 'The Message-ID field, without angle brackets.' }),
}

/** What a send answers. */
export const sent = z
  .object({ ...names, recipients: z.array(z.object({ address: z.string(), status })) })
  .openapi('Sent')

export const submission = z
  .object({
    ...names,
    created_at: time,
    finished_at: time.nullable().openapi({ description: 'When nothing was left to be tried.' }),
    recipients: z.array(
      z.object({
        address: z.string(),
        status,
        code: z.string().nullable().openapi({ description: "The provider's code, or an enhanced SMTP code." }),
        detail: z.string().nullable(),
        updated_at: time,
      }),
    ),
  })
  .openapi('Submission')

export const submissionList = listOf(submission, 'SubmissionList')

export function renderSent(one: Submission): z.infer<typeof sent> {
  return { ...namesOf(one), recipients: one.recipients.map(({ address, status }) => ({ address, status })) }
}

export function renderSubmission(one: Submission): z.infer<typeof submission> {
  return {
    ...namesOf(one),
    created_at: formatTime(one.createdAt),
    finished_at: formatOptionalTime(one.finishedAt),
    recipients: one.recipients.map(({ address, status, code, detail, updatedAt }) => ({
      address,
      status,
      code,
      detail,
      updated_at: formatTime(updatedAt),
    })),
  }
}

function namesOf({ id, message, messageId }: Submission) {
  return { id: formatId('sub', id), message: message === null ? null : formatId('msg', message), message_id: messageId }
}
