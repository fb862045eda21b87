/** Drafts on the wire. */
import { z } from '@hono/zod-openapi'
import type { DraftFields } from '../../outbound/draft-fields.ts'
import type { DraftDetail, DraftSummary } from '../../outbound/drafts.ts'
import { formatId, formatNumber } from './ids.ts'
import { address, renderAddress } from './message-view.ts'
import { bytes, formatTime, id, listOf, time } from './schemas.ts'

const names = {
  id: id('drf').openapi({ description: 'Stays, whatever changes.' }),
  message: id('msg').openapi({
    description: 'The message in Drafts that holds it now: another one after each change.',
  }),
  thread_id: id('thr'),
  subject: z.string(),
  preview: z.string(),
  size: bytes,
  created_at: time,
  updated_at: time,
}

const draftSummary = z.object({ ...names, to_text: z.string() }).openapi('DraftSummary')
export const draftList = listOf(draftSummary, 'DraftList')

export const draft = z
  .object({
    ...names,
    from: address,
    to: z.array(address),
    cc: z.array(address),
    bcc: z.array(address),
    reply_to: z.array(address),
    text: z.string().nullable(),
    html: z.string().nullable().openapi({ description: 'As it was written, and not sanitised.' }),
    headers: z.array(z.object({ name: z.string(), value: z.string() })),
    attachments: z.array(
      z.object({
        part: z.string().openapi({ description: 'Its name in /attachments/{part}, until the next change.' }),
        filename: z.string().nullable(),
        content_type: z.string(),
        content_id: z.string().nullable(),
        size: bytes,
      }),
    ),
  })
  .openapi('Draft')

/** The tag of a draft's state: nothing but its own changes moves it. */
export function draftTag(draftId: number, version: number): string {
  return `"${formatId('drf', draftId)}-${formatNumber(version)}"`
}

export function renderDraftSummary(one: DraftSummary): z.infer<typeof draftSummary> {
  return { ...namesOf(one.id, one, one.message), to_text: one.message.to }
}

export function renderDraft({ row, message }: DraftDetail, read: DraftFields): z.infer<typeof draft> {
  return {
    ...namesOf(row.id, row, message),
    from: renderAddress(read.from),
    to: read.to.map(renderAddress),
    cc: read.cc.map(renderAddress),
    bcc: read.bcc.map(renderAddress),
    reply_to: read.replyTo.map(renderAddress),
    text: read.text,
    html: read.html,
    headers: read.headers,
    attachments: message.attachments.map(({ part, filename, contentType, contentId, size }) => {
      return { part, filename, content_type: contentType, content_id: contentId, size }
    }),
  }
}

function namesOf(draftId: number, times: { created_at: number; updated_at: number }, message: DraftSummary['message']) {
  return {
    id: formatId('drf', draftId),
    message: formatId('msg', message.id),
    thread_id: formatId('thr', message.threadId),
    subject: message.subject,
    preview: message.preview,
    size: message.size,
    created_at: formatTime(times.created_at),
    updated_at: formatTime(times.updated_at),
  }
}
