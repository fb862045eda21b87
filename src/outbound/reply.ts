/**
 * Replying: who is answered, as whom, and the fields that keep the thread together. What is sent goes through submit.ts, as
 * everything does.
 */
import { ownAddresses } from '../access/senders.ts'
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { changeAll } from '../mailbox/change.ts'
import { ANSWERED } from '../mailbox/flags.ts'
import { type Content, readContent, readMessage } from '../mailbox/read.ts'
import type { Reader } from '../mailbox/reader.ts'
import type { MessageDetail } from '../mailbox/view.ts'
import { NAME_CHARS_MAX, RECIPIENTS_MAX } from '../mime/compose-check.ts'
import { replyHtml, replyText } from '../mime/compose-quote.ts'
import { replyFields, replySubject } from '../mime/compose-reply.ts'
import { foldAddress } from '../mime/fold-address.ts'
import type { Address } from '../mime/message.ts'
import { clip } from '../mime/storable.ts'
import type { Submitter } from './allowance.ts'
import { type Attaching, resolveAttachments } from './attached.ts'
import { carryPictures, originalOf } from './original.ts'
import type { Submission } from './submission.ts'
import { submit, type WrittenMail } from './submit.ts'
import { type Timing, timingOf } from './timing.ts'

/** Null: as the message that is answered has it. */
export type Reply = {
  from: Address | null
  to: Address[] | null
  cc: Address[] | null
  bcc: Address[]
  /** To everybody whom the message names, but the account itself. */
  all: boolean
  text: string | null
  html: string | null
  attachments: Attaching[]
  /** Whether the message that is answered stands below the reply. */
  quote: boolean
}

/** Answers a message that the reader may see, and marks it as answered. */
export async function reply(
  deps: Deps,
  reader: Submitter,
  id: number,
  wanted: Reply & Timing,
  request: Uint8Array | null,
): Promise<Submission | Failure> {
  const answer = await replyOf(deps, reader, id, wanted)
  if (isFailure(answer)) return answer
  const submission = await submit(deps, reader, { ...answer, ...timingOf(wanted) }, request)
  if (!isFailure(submission)) await markAnswered(deps, reader, id)
  return submission
}

/** The reply as it is to be sent, or kept as a draft. */
export async function replyOf(deps: Deps, reader: Reader, id: number, wanted: Reply): Promise<WrittenMail | Failure> {
  const message = await readMessage(deps, reader, id)
  if (!message) return fail('not-found', 'There is no such message.')
  const content = await readContent(deps, message)
  const to = wanted.to ?? answered(message)
  if (to.length === 0) return fail('invalid', 'The message names nobody who could be answered: name a recipient.', 'to')
  const own = await resolveAttachments(deps, reader, wanted.attachments)
  if (isFailure(own)) return own
  const quoted = wanted.quote ? quote(deps, message, content, wanted) : { ...wanted, shown: [] }
  const shown = await resolveAttachments(deps, reader, quoted.shown)
  if (isFailure(shown)) return shown
  return {
    from: wanted.from ?? deliveredTo(message),
    to,
    cc: wanted.cc ?? (wanted.all ? await others(deps, reader.accountId, message, to) : []),
    bcc: wanted.bcc,
    replyTo: [],
    subject: replySubject(message.envelope.subject ?? ''),
    text: quoted.text,
    html: quoted.html,
    headers: replyFields(message.envelope.messageId, content.references, message.envelope.inReplyTo),
    attachments: [...own, ...shown],
  }
}

// Each body quotes by itself; a text that is not given is made from the HTML, with its quote.
function quote(deps: Deps, message: MessageDetail, content: Content, { text, html }: Reply) {
  const original = originalOf(message, content)
  const carried = carryPictures(deps, message)
  return {
    text: text === null ? null : replyText(text, original),
    html: html === null ? null : replyHtml(html, original, carried.pictures),
    shown: html === null ? [] : carried.shown(),
  }
}

// That it was answered says that it is no spam. The reply is on its way: what fails here must not make the client send it again.
async function markAnswered(deps: Deps, reader: Reader, id: number): Promise<void> {
  try {
    await changeAll(deps, reader, [id], { set: ANSWERED, says: 'implicit-ham' })
  } catch (error) {
    deps.log({ level: 'error', at: 'outbound.answered', message: id, error: String(error) })
  }
}

/** RFC 5322 §3.6.2: Reply-To, where there is one, says where answers go. */
function answered({ envelope }: MessageDetail): Address[] {
  const replyTo = envelope.replyTo.filter(hasAddress)
  return (replyTo.length > 0 ? replyTo : envelope.from.filter(hasAddress)).map(shortened)
}

export function deliveredTo({ recipient }: MessageDetail): Address | null {
  return recipient === null ? null : { name: '', address: recipient }
}

async function others(deps: Deps, accountId: number, { envelope }: MessageDetail, to: Address[]): Promise<Address[]> {
  const all = [...envelope.to, ...envelope.cc].filter(hasAddress).map(shortened)
  // More than a message may have: refused there, and nobody is looked up.
  if (all.length > 2 * RECIPIENTS_MAX) return all
  const own = await ownAddresses(
    deps,
    accountId,
    all.map(({ address }) => address),
  )
  const seen = new Set(to.map(({ address }) => foldAddress(address)))
  return all.filter(({ address }) => {
    const folded = foldAddress(address)
    if (own.has(address) || seen.has(folded)) return false
    seen.add(folded)
    return true
  })
}

function hasAddress({ address }: Address): boolean {
  return address !== ''
}

function shortened({ name, address }: Address): Address {
  return { name: clip(name, NAME_CHARS_MAX), address }
}
