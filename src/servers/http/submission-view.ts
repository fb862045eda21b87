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

const AT = '2026-03-01T12:00:00Z'
const NAMES = { id: 'sub_4x7', message: 'msg_4x7', message_id: 'k3jw8c5hs2@example.com' }

const sendAt = time.openapi({
  description: 'When it was, or is, to be sent: later where it is scheduled or may be undone.',
})

/** What a send answers. */
export const sent = z
  .object({ ...names, send_at: sendAt, recipients: z.array(z.object({ address: z.string(), status })) })
  .openapi('Sent', {
    example: { ...NAMES, send_at: AT, recipients: [{ address: 'ann@example.org', status: 'queued' }] },
  })

const entry = z.object({
  at: time,
  status: z.string().openapi({ description: 'A status, or: complained, resent, dismissed.' }),
  provider: z.string().nullable(),
  smtp: z.int().nullable(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
})

export const submission = z
  .object({
    ...names,
    kind: z.enum(['mail', 'forward', 'vacation', 'bounce']).openapi({
      description: 'mail: written by somebody. The others the server sends by itself.',
    }),
    created_at: time,
    send_at: sendAt,
    finished_at: time.nullable().openapi({ description: 'When nothing was left to be tried.' }),
    recipients: z.array(
      z.object({
        address: z.string(),
        status,
        code: z.string().nullable().openapi({ description: "The provider's code, or an enhanced SMTP code." }),
        detail: z.string().nullable(),
        smtp: z.int().nullable().openapi({ description: 'The SMTP reply code, where one is known.' }),
        provider: z.string().nullable().openapi({ description: 'The provider that was asked last.' }),
        attempts: z.int(),
        next_attempt_at: time.nullable(),
        undecided: z.boolean().openapi({ description: 'It is unknown, and was neither sent again nor dismissed.' }),
        updated_at: time,
        timeline: z.array(entry).nullable().openapi({ description: 'What happened, in order. Null in lists.' }),
      }),
    ),
  })
  .openapi('Submission', {
    example: {
      ...{ ...NAMES, kind: 'mail', created_at: AT, send_at: AT, finished_at: AT },
      recipients: [
        {
          ...{ address: 'ann@example.org', status: 'delivered', code: null, detail: null, smtp: null },
          ...{ provider: 'resend', attempts: 1, next_attempt_at: null, undecided: false, updated_at: AT },
          timeline: [
            { at: AT, status: 'queued', provider: null, smtp: null, code: null, detail: null },
            { at: AT, status: 'delivered', provider: 'resend', smtp: null, code: null, detail: null },
          ],
        },
      ],
    },
  })

export const submissionList = listOf(submission, 'SubmissionList')

export function renderSent(one: Submission): z.infer<typeof sent> {
  const recipients = one.recipients.map(({ address, status }) => ({ address, status }))
  return { ...namesOf(one), send_at: formatTime(one.sendAt), recipients }
}

export function renderSubmission(one: Submission): z.infer<typeof submission> {
  return {
    ...namesOf(one),
    kind: one.kind,
    created_at: formatTime(one.createdAt),
    send_at: formatTime(one.sendAt),
    finished_at: formatOptionalTime(one.finishedAt),
    recipients: one.recipients.map((recipient) => ({
      address: recipient.address,
      status: recipient.status,
      code: recipient.code,
      detail: recipient.detail,
      smtp: recipient.smtp,
      provider: recipient.provider,
      attempts: recipient.attempts,
      next_attempt_at: formatOptionalTime(recipient.nextAt),
      undecided: recipient.isUndecided,
      updated_at: formatTime(recipient.updatedAt),
      timeline: recipient.timeline?.map((line) => ({ ...line, at: formatTime(line.at) })) ?? null,
    })),
  }
}

function namesOf({ id, message, messageId }: Submission) {
  return { id: formatId('sub', id), message: message === null ? null : formatId('msg', message), message_id: messageId }
}
