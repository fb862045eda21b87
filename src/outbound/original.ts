/** The message that a reply quotes and a forward carries on: what is shown of it, and the pictures that its HTML shows. */
import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import type { Content } from '../mailbox/read.ts'
import type { MessageDetail } from '../mailbox/view.ts'
import type { Original, Pictures } from '../mime/compose-quote.ts'
import { htmlToText } from '../mime/html-text.ts'
import type { Attachment } from '../mime/message.ts'
import type { AttachmentReference } from './attached.ts'

const PICTURE = /^image\/(?:png|jpe?g|gif|webp|bmp|avif)$/
/** A newsletter has some thirty. */
const PICTURES_MAX = 40
const TOKEN_BYTES = 16

export function originalOf(message: MessageDetail, { text, html }: Content): Original {
  const { envelope, subject, sentAt, receivedAt } = message
  const { from, to, cc } = envelope
  const dateMs = (sentAt ?? receivedAt) * 1000
  // A clock that is wrong by ages has no date that can be written.
  const isDate = Number.isFinite(new Date(dateMs).getTime())
  return { from, to, cc, subject, dateMs: isDate ? dateMs : null, text: text ?? htmlToText(html ?? ''), html }
}

/** Pictures go on under Content-IDs of our own: those of a stranger may hold anything. `shown` are those that were asked for. */
export function carryPictures(deps: Deps, message: MessageDetail) {
  const token = base32(deps.random(TOKEN_BYTES))
  const known = new Map<string, Attachment>()
  for (const one of message.attachments.filter(({ contentType }) => PICTURE.test(contentType)).slice(0, PICTURES_MAX))
    if (one.contentId !== null && !known.has(keyOf(one.contentId))) known.set(keyOf(one.contentId), one)
  const used = new Map<string, string>()
  const pictures: Pictures = {
    token,
    idOf: (contentId) => {
      const part = known.get(keyOf(contentId))?.part
      if (part === undefined) return null
      const id = used.get(part) ?? `${used.size + 1}.${token}`
      used.set(part, id)
      return id
    },
  }
  const shown = (): AttachmentReference[] => [...used].map(([part, contentId]) => referenceTo(message, part, contentId))
  return { pictures, shown }
}

export function referenceTo(
  { id }: MessageDetail,
  part: string | null,
  contentId: string | null = null,
): AttachmentReference {
  return { messageId: id, part, filename: null, contentType: null, contentId }
}

// Mailers write brackets into the address, and change the case between the two places.
function keyOf(contentId: string): string {
  return contentId
    .replace(/[\0-\x20]+/g, '')
    .replace(/^<|>$/g, '')
    .toLowerCase()
}
