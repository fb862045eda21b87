/**
 * What a draft says, between its message and the fields that a client changes: composing it for keeping, and reading that back.
 * The message is all there is of it, so that every mail program sees the same draft.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { readContent } from '../mailbox/read.ts'
import type { MessageDetail } from '../mailbox/view.ts'
import { DISPLAYED_CHARS_MAX } from '../mime/body.ts'
import { type Draft, TEXT_NOTE } from '../mime/compose.ts'
import { isOwnField, refuseKept } from '../mime/compose-check.ts'
import type { Address } from '../mime/message.ts'
import type { Attaching } from './attached.ts'
import { referenceTo } from './original.ts'

export type DraftFields = Omit<Draft, 'from' | 'attachments'> & { from: Address; attachments: Attaching[] }
/** Null leaves out of a draft what may be left out; what is not named stays. */
export type DraftChange = Partial<Omit<DraftFields, 'from'>> & { from?: Address }

/** What a draft may be: as what is sent, but nothing has to be there yet. What is longer than what is read back is none. */
export function refuseDraftFields(draft: Draft): Failure | null {
  const long = Math.max(draft.text?.length ?? 0, draft.html?.length ?? 0) > DISPLAYED_CHARS_MAX
  if (long) return fail('too-large', `A text and an html of a draft have at most ${DISPLAYED_CHARS_MAX} characters.`)
  return refuseKept(draft)
}

/** The fields of a draft's message. Fails where it holds more than is read of a message. */
export async function readDraftFields(deps: Deps, message: MessageDetail): Promise<DraftFields | Failure> {
  const content = await readContent(deps, message)
  if (content.truncated || content.headersTruncated)
    return fail(
      'conflict',
      'This draft is longer than what can be changed here: send it, or change it where it was made.',
    )
  const { envelope } = message
  const note = content.headers.find(({ name }) => name.toLowerCase() === TEXT_NOTE.toLowerCase())?.value
  return {
    from: envelope.from[0] ?? { name: '', address: '' },
    to: envelope.to,
    cc: envelope.cc,
    bcc: envelope.bcc,
    replyTo: envelope.replyTo,
    subject: envelope.subject ?? '',
    text: note === undefined ? content.text : null,
    html: content.html,
    headers: content.headers.filter(({ name }) => isOwnField(name)),
    attachments: message.attachments.map(({ part, contentId }) => referenceTo(message, part, contentId)),
  }
}
