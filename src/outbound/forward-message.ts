/**
 * Forwarding by hand: a message sent on to somebody else, below a few words, or as a file. (What an account or an address
 * forwards by itself goes another way: inbound/forward.ts.)
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { changeAll } from '../mailbox/change.ts'
import { type Content, readContent, readMessage } from '../mailbox/read.ts'
import type { Reader } from '../mailbox/reader.ts'
import type { MessageDetail } from '../mailbox/view.ts'
import { escaped, forwardHtml, forwardText } from '../mime/compose-quote.ts'
import { forwardFields, forwardSubject } from '../mime/compose-reply.ts'
import { htmlToText } from '../mime/html-text.ts'
import type { Address } from '../mime/message.ts'
import type { Submitter } from './allowance.ts'
import { type Attaching, type AttachmentReference, resolveAttachments } from './attached.ts'
import { carryPictures, originalOf, referenceTo } from './original.ts'
import { deliveredTo } from './reply.ts'
import type { Submission } from './submission.ts'
import { submit, type WrittenMail } from './submit.ts'
import { type Timing, timingOf } from './timing.ts'

/** RFC 5788: what mail programs show an arrow for. */
const FORWARDED = '$forwarded'

export type Forward = {
  /** Null: the address that the message was delivered to. */
  from: Address | null
  to: Address[]
  cc: Address[]
  bcc: Address[]
  /** What is said above it. */
  text: string | null
  html: string | null
  attachments: Attaching[]
  /** Below the words, with its own attachments where they are wanted; or as a file, whole. */
  as: 'inline' | 'attachment'
  withAttachments: boolean
}

/** Sends on a message that the reader may see, and marks it as forwarded. */
export async function forwardMessage(
  deps: Deps,
  reader: Submitter,
  id: number,
  wanted: Forward & Timing,
  request: Uint8Array | null,
): Promise<Submission | Failure> {
  const mail = await forwardOf(deps, reader, id, wanted)
  if (isFailure(mail)) return mail
  const submission = await submit(deps, reader, { ...mail, ...timingOf(wanted) }, request)
  if (!isFailure(submission)) await markForwarded(deps, reader, id)
  return submission
}

/** The forward as it is to be sent, or kept as a draft. */
async function forwardOf(deps: Deps, reader: Reader, id: number, wanted: Forward): Promise<WrittenMail | Failure> {
  const message = await readMessage(deps, reader, id)
  if (!message) return fail('not-found', 'There is no such message.')
  const content = await readContent(deps, message)
  const { carried, ...bodies } =
    wanted.as === 'inline' ? inline(deps, message, content, wanted) : whole(message, wanted)
  const attachments = await resolveAttachments(deps, reader, [...wanted.attachments, ...carried])
  if (isFailure(attachments)) return attachments
  return {
    from: wanted.from ?? deliveredTo(message),
    to: wanted.to,
    cc: wanted.cc,
    bcc: wanted.bcc,
    replyTo: [],
    subject: forwardSubject(message.envelope.subject ?? ''),
    ...bodies,
    headers: forwardFields(message.envelope.messageId, content.references, message.envelope.inReplyTo),
    attachments,
  }
}

type Bodies = { text: string | null; html: string | null; carried: AttachmentReference[] }

function whole(message: MessageDetail, { text, html }: Forward): Bodies {
  return { text: text === null && html === null ? '' : text, html, carried: [referenceTo(message, null)] }
}

// HTML goes on as HTML, also below words that are none.
function inline(deps: Deps, message: MessageDetail, content: Content, wanted: Forward): Bodies {
  const original = originalOf(message, content)
  const { pictures, shown } = carryPictures(deps, message)
  const isHtml = wanted.html !== null || original.html !== null
  const ownHtml = wanted.html ?? `<div style="white-space:pre-wrap">${escaped(wanted.text ?? '')}</div>`
  const ownText = wanted.text ?? (wanted.html === null ? '' : htmlToText(wanted.html))
  const html = isHtml ? forwardHtml(ownHtml, original, pictures) : null
  const seen = shown()
  const files = wanted.withAttachments
    ? message.attachments.filter(({ part }) => !seen.some((one) => one.part === part))
    : []
  return {
    text: forwardText(ownText, original),
    html,
    carried: [...seen, ...files.map(({ part }) => referenceTo(message, part))],
  }
}

// It is on its way: what fails here must not make the client send it again.
async function markForwarded(deps: Deps, reader: Reader, id: number): Promise<void> {
  try {
    await changeAll(deps, reader, [id], { addKeywords: [FORWARDED] })
  } catch (error) {
    deps.log({ level: 'error', at: 'outbound.forwarded', message: id, error: String(error) })
  }
}
