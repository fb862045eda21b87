/** Messages on the wire: the schemas and how a message of mailbox/ is written in them. */
import { z } from '@hono/zod-openapi'
import type { Content } from '../../mailbox/read.ts'
import type { MessageDetail, MessageSummary } from '../../mailbox/view.ts'
import type { Address, Attachment } from '../../mime/message.ts'
import type { SpamReport } from '../../spam/report.ts'
import type { SenderVerdict } from '../../verify/verdict.ts'
import { displayedCharset, displayedType, safeFilename } from './download.ts'
import { formatId, formatNumber } from './ids.ts'
import type { AttachmentLinks, Shown } from './message-shown.ts'
import { bytes, count, formatForeignTime, formatOptionalTime, formatTime, id, listOf, time } from './schemas.ts'

export const address = z.object({ name: z.string().nullable(), address: z.string().nullable() }).openapi('MailAddress')

const summaryFields = {
  id: id('msg'),
  thread_id: id('thr'),
  mailbox_ids: z.array(id('mbx')).openapi({ description: 'Where the message stands.' }),
  message_id: z.string().nullable().openapi({ description: 'The Message-ID field, without angle brackets.' }),
  recipient: z
    .string()
    .nullable()
    .openapi({ description: 'The envelope recipient as it was given, with its plus-tag.' }),
  from: address,
  to_text: z.string().openapi({ description: 'To and Cc as one line, for display.' }),
  subject: z.string(),
  preview: z.string(),
  received_at: time,
  sent_at: time.nullable().openapi({ description: 'The Date field, which the sender wrote.' }),
  size: bytes,
  unread: z.boolean(),
  flagged: z.boolean(),
  answered: z.boolean(),
  draft: z.boolean(),
  keywords: z.array(z.string()),
  has_attachment: z.boolean(),
}

const spamFields = {
  score: z.number(),
  verdict: z.string().openapi({
    description:
      'How it was judged when it came: inbox, junk, quarantine (and released since), or, by a check, reject.',
  }),
}

export const messageSummary = z
  .object({ ...summaryFields, spam: z.object(spamFields).openapi('SpamVerdict').nullable() })
  .openapi('MessageSummary')
const taught = z.enum(['spam', 'ham', 'implicit-ham']).nullable().openapi({
  description:
    'What the filter has learned it as: by a report, by a move into or out of Junk, or (implicit-ham) since it was answered or kept. Null: nothing.',
})

/** What a change answers: nothing that a key without mail:read may not see. */
export const messageState = z
  .object({
    id: summaryFields.id,
    mailbox_ids: summaryFields.mailbox_ids,
    unread: summaryFields.unread,
    flagged: summaryFields.flagged,
    answered: summaryFields.answered,
    draft: summaryFields.draft,
    keywords: summaryFields.keywords,
    taught,
  })
  .openapi('MessageState')
export const messageList = listOf(messageSummary, 'MessageList')

export const spamReport = z
  .object({
    ...spamFields,
    threshold: z.number().openapi({ description: 'From this score on a message is junk.' }),
    reason: z.enum(['below-threshold', 'score', 'allow-list', 'block-list', 'malware', 'quarantine-score']).openapi({
      description: 'What decided. A list entry decides alone, then a program in disguise, else the score.',
    }),
    tags: z.array(
      z.object({
        name: z.string(),
        points: z.number().openapi({ description: 'Above zero they speak for spam. The score is their sum.' }),
        detail: z.string().openapi({ description: 'One sentence, with what was seen.' }),
      }),
    ),
    clues: z.array(z.object({ word: z.string(), probability: z.number() })).openapi({
      description:
        "The words that the account's own classifier judged by, the strongest first, each with its probability of spam.",
    }),
  })
  .openapi('SpamReport')

const result = z
  .string()
  .openapi({ description: 'pass, fail, ..., none (nothing published) or unknown (nobody looked).' })

const checkedBy = z.enum(['cloudflare', 'postern']).nullable().openapi({
  description: "Whose finding it is: Cloudflare's, by its header block, or this server's own check. Null: nobody's.",
})

const reason = z
  .string()
  .nullable()
  .openapi({ description: 'Why it is not a pass, in a few words, where this server looked itself.' })

const finding = { result, domain: z.string().nullable(), checked_by: checkedBy, reason }

export const authentication = z
  .object({
    source: z.enum(['cloudflare', 'postern', 'local', 'none']).openapi({
      description:
        'Who looked. cloudflare: Email Routing, by its header block. postern: this server alone. local: an account of this server sent it, as itself.',
    }),
    seal: z.enum(['pass', 'fail', 'unknown']).openapi({
      description:
        "Whether Cloudflare's key sealed its header block. fail: the block was forged or bears no seal, and nothing of it is shown here. unknown: there is none, DNS could not be asked for the key, or the message is not what was sealed and only what speaks against its sender is kept.",
    }),
    spf: z.object(finding),
    dkim: z.array(z.object({ ...finding, selector: z.string().nullable() })).openapi({
      description:
        'One for each signature, passes first. A pass proves the signing domain, which need not be that of From.',
    }),
    dmarc: z.object({ ...finding, policy: z.string().nullable() }).openapi({
      description:
        'Whether SPF or DKIM proves the domain in From, and the policy that its owner publishes. unknown: neither does, and not all could be asked.',
    }),
    arc: z.object({ result, checked_by: checkedBy }).openapi({
      description:
        'Whether the seals of those who handed the message on hold. They say that it is as it was, not who sent it.',
    }),
    client: z.object({ ip: z.string().nullable(), helo: z.string().nullable() }).openapi({
      description:
        'The server that handed the message to Cloudflare; null where nothing that may be believed names it.',
    }),
    cloudflare_spam_score: z.number().nullable(),
  })
  .openapi('Authentication')

const attachment = z
  .object({
    part: z.string().openapi({ description: 'Its name in /attachments/{part}.' }),
    filename: z.string().nullable().openapi({ description: 'Without what a file name may not hold.' }),
    content_type: z.string().openapi({ description: 'As the sender named it.' }),
    charset: z.string().nullable().openapi({ description: 'Of text, as the sender named it.' }),
    disposition: z.string().nullable(),
    content_id: z.string().nullable(),
    size: bytes.openapi({ description: 'Bytes after decoding; an estimate for some encodings.' }),
    inline: z.boolean().openapi({ description: 'The HTML shows it, as a picture of its own.' }),
    url: z.string().nullable().openapi({
      format: 'uri',
      description:
        'Downloads it without a key. Null while the message stands in Junk, unless allow_spam=true asked for it.',
    }),
    url_expires_at: time.nullable().openapi({ description: 'From then on `url` leads nowhere: at most an hour on.' }),
  })
  .openapi('Attachment')

export const message = z
  .object({
    ...summaryFields,
    return_path: z.string().nullable().openapi({ description: 'The envelope sender; empty for the null sender.' }),
    sender: z.array(address),
    reply_to: z.array(address),
    to: z.array(address),
    cc: z.array(address),
    bcc: z.array(address),
    in_reply_to: z.string().nullable(),
    references: z.array(z.string()).openapi({ description: 'Message-IDs, without angle brackets.' }),
    text: z.string().nullable().openapi({ description: 'The text, made from the HTML where there is no text part.' }),
    truncated: z.boolean().openapi({ description: 'The text is longer than what is shown; /raw has all of it.' }),
    extracted_text: z
      .string()
      .nullable()
      .openapi({ description: 'The text without quotes, signatures and footers: what a reply itself says.' }),
    has_html: z.boolean(),
    html: z.string().nullable().openapi({
      description:
        'The sanitised HTML, where html=sanitized asked for it: a fragment for a sandboxed frame. The pictures of the message itself are links that end when url_expires_at says.',
    }),
    blocked_remote: count.nullable().openapi({ description: 'Remote images that html leaves out; null without html.' }),
    headers: z.array(z.object({ name: z.string(), value: z.string() })).openapi({ description: 'In order, decoded.' }),
    headers_truncated: z
      .boolean()
      .openapi({ description: 'There are more header fields than are shown; /raw has all of them.' }),
    attachments: z.array(attachment),
    authentication,
    spam: spamReport.nullable(),
    taught,
    defects: z.array(z.string()).openapi({ description: 'What was odd about the message.' }),
  })
  .openapi('Message')

export function renderSummary(summary: MessageSummary): z.infer<typeof messageSummary> {
  return { ...summaryOf(summary), spam: summary.spam }
}

export function renderState(detail: MessageDetail): z.infer<typeof messageState> {
  const { id, mailbox_ids, unread, flagged, answered, draft, keywords } = summaryOf(detail)
  return { id, mailbox_ids, unread, flagged, answered, draft, keywords, taught: detail.taught }
}

/** The tag of a message's state, whatever of it is shown: its bytes never change, and all else takes a change number. */
export function messageTag({ id, modseq }: Pick<MessageSummary, 'id' | 'modseq'>): string {
  return `"${formatId('msg', id)}-${formatNumber(modseq)}"`
}

export function renderMessage(
  detail: MessageDetail,
  content: Content,
  { html, links }: Shown,
): z.infer<typeof message> {
  const { envelope } = detail
  return {
    ...summaryOf(detail),
    return_path: detail.returnPath,
    sender: envelope.sender.map(renderAddress),
    reply_to: envelope.replyTo.map(renderAddress),
    to: envelope.to.map(renderAddress),
    cc: envelope.cc.map(renderAddress),
    bcc: envelope.bcc.map(renderAddress),
    in_reply_to: envelope.inReplyTo,
    references: content.references,
    text: content.text,
    truncated: content.truncated,
    extracted_text: content.extractedText,
    has_html: content.html !== null,
    html: html?.html ?? null,
    blocked_remote: html?.blockedRemote ?? null,
    headers: content.headers,
    headers_truncated: content.headersTruncated,
    attachments: detail.attachments.map((one) => renderAttachment(one, links)),
    authentication: renderAuthentication(detail),
    spam: detail.report && renderReport(detail.report),
    taught: detail.taught,
    defects: detail.defects,
  }
}

export function renderReport(report: SpamReport): z.infer<typeof spamReport> {
  return {
    ...report,
    tags: report.tags.map(({ name, points, detail }) => ({ name, points, detail })),
    // Reports of earlier mail have none.
    clues: (report.clues ?? []).map(({ word, probability }) => ({ word, probability })),
  }
}

function summaryOf(summary: MessageSummary) {
  return {
    id: formatId('msg', summary.id),
    thread_id: formatId('thr', summary.threadId),
    mailbox_ids: summary.placements.map(({ mailboxId }) => formatId('mbx', mailboxId)),
    message_id: summary.messageId,
    recipient: summary.recipient,
    from: renderAddress(summary.from),
    to_text: summary.to,
    subject: summary.subject,
    preview: summary.preview,
    received_at: formatTime(summary.receivedAt),
    sent_at: formatForeignTime(summary.sentAt),
    size: summary.size,
    unread: summary.unread,
    flagged: summary.flagged,
    answered: summary.answered,
    draft: summary.draft,
    keywords: summary.keywords,
    has_attachment: summary.hasAttachment,
  }
}

export function renderAuthentication({
  authentication: verdict,
}: Pick<MessageDetail, 'authentication'>): z.infer<typeof authentication> {
  const { spf, dkim, dmarc, arc } = verdict
  return {
    source: verdict.source,
    seal: verdict.seal,
    spf: renderFinding(verdict, spf),
    dkim: dkim.map((one) => ({ ...renderFinding(verdict, one), selector: one.selector })),
    dmarc: { ...renderFinding(verdict, dmarc), policy: dmarc.policy },
    arc: { result: arc?.result ?? 'unknown', checked_by: arc?.by ?? null },
    client: { ip: verdict.client.ip, helo: verdict.client.helo },
    cloudflare_spam_score: verdict.cloudflareSpamScore,
  }
}

// Messages stored before own checks were made do not say whose a finding is: nobody but Cloudflare looked.
function renderFinding({ source }: SenderVerdict, { result, domain, by, reason }: SenderVerdict['spf']) {
  const earlier = source === 'cloudflare' && result !== 'unknown' ? ('cloudflare' as const) : null
  return { result, domain, checked_by: by === undefined ? earlier : by, reason: reason ?? null }
}

function renderAttachment(one: Attachment, { urls, expiresAt, inline }: AttachmentLinks): z.infer<typeof attachment> {
  return {
    part: one.part,
    filename: safeFilename(one.filename),
    content_type: displayedType(one.contentType),
    charset: displayedCharset(one.charset),
    disposition: one.disposition,
    content_id: one.contentId,
    size: one.size,
    inline: inline.has(one.part),
    url: urls.get(one.part) ?? null,
    url_expires_at: formatOptionalTime(expiresAt),
  }
}

export function renderAddress({ name, address }: Address): { name: string | null; address: string | null } {
  return { name: name || null, address: address || null }
}
