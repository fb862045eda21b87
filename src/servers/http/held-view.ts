/** Held mail on the wire: what a list shows of it, and what reading it shows. */
import { z } from '@hono/zod-openapi'
import type { HeldDetail, HeldSummary } from '../../junk/quarantine.ts'
import type { Content } from '../../mailbox/read.ts'
import { sanitiseHtml } from '../../mime/sanitise.ts'
import { displayedType, safeFilename } from './download.ts'
import { formatId } from './ids.ts'
import {
  address,
  authentication,
  renderAddress,
  renderAuthentication,
  renderReport,
  spamReport,
} from './message-view.ts'
import { bytes, formatTime, id, listOf, time } from './schemas.ts'

const summaryFields = {
  id: id('qua'),
  kind: z.enum(['quarantine', 'rejected']).openapi({
    description: 'Held back, and can be released; or refused, and only this record is left.',
  }),
  received_at: time,
  expires_at: time.openapi({ description: 'When it is deleted by itself.' }),
  recipient: z.string().nullable(),
  from: address,
  to_text: z.string(),
  subject: z.string(),
  preview: z.string(),
  size: bytes,
  score: z.number(),
  reason: z.string().openapi({ description: 'Why it was not delivered: quarantine-score, block-list or malware.' }),
}

export const heldSummary = z.object(summaryFields).openapi('HeldSummary')
export const heldList = listOf(heldSummary, 'HeldList')

export const heldMessage = z
  .object({
    ...summaryFields,
    return_path: z.string().nullable(),
    reply_to: z.array(address),
    to: z.array(address),
    cc: z.array(address),
    text: z.string().nullable().openapi({ description: 'Null where nothing is left.' }),
    truncated: z.boolean(),
    has_html: z.boolean(),
    html: z.string().nullable().openapi({
      description: 'The sanitised HTML, where html=sanitized asked for it: without any picture.',
    }),
    headers: z.array(z.object({ name: z.string(), value: z.string() })),
    attachments: z
      .array(z.object({ filename: z.string().nullable(), content_type: z.string(), size: bytes }))
      .openapi({ description: 'They can be had when the message is released.' }),
    authentication,
    spam: spamReport,
    defects: z.array(z.string()),
  })
  .openapi('HeldMessage')

export function renderHeldSummary(held: HeldSummary): z.infer<typeof heldSummary> {
  return {
    id: formatId('qua', held.id),
    kind: held.kind,
    received_at: formatTime(held.receivedAt),
    expires_at: formatTime(held.expiresAt),
    recipient: held.recipient,
    from: renderAddress(held.from),
    to_text: held.to,
    subject: held.subject,
    preview: held.preview,
    size: held.size,
    score: held.score,
    reason: held.reason,
  }
}

export function renderHeld(held: HeldDetail, content: Content | null, withHtml: boolean): z.infer<typeof heldMessage> {
  const { envelope } = held
  const html = content?.html ?? null
  return {
    ...renderHeldSummary(held),
    return_path: held.returnPath,
    reply_to: envelope.replyTo.map(renderAddress),
    to: envelope.to.map(renderAddress),
    cc: envelope.cc.map(renderAddress),
    text: content?.text ?? null,
    truncated: content?.truncated ?? false,
    has_html: html !== null,
    html: withHtml && html !== null ? sanitiseHtml(html, { remote: 'block', cid: () => null }).html : null,
    headers: content?.headers ?? [],
    attachments: held.attachments.map(({ filename, contentType, size }) => ({
      filename: safeFilename(filename),
      content_type: displayedType(contentType),
      size,
    })),
    authentication: renderAuthentication(held),
    spam: renderReport(held.report),
    defects: held.defects,
  }
}
