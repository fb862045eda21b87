/** Sending a message that a client describes: its references are looked up, and then it goes through the one door. */
import type { Deps } from '../deps.ts'
import { type Failure, isFailure } from '../errors.ts'
import type { Reader } from '../mailbox/reader.ts'
import type { Variables } from '../mime/template.ts'
import type { Submitter } from './allowance.ts'
import { type Attaching, resolveAttachments } from './attached.ts'
import type { Submission } from './submission.ts'
import { submit, type WrittenMail } from './submit.ts'
import { fillTemplate } from './templates.ts'
import type { Timing } from './timing.ts'

export type NewMail = Omit<WrittenMail, 'attachments'> &
  Timing & {
    attachments: Attaching[]
    /** Says subject, text and html, which are then not given. */
    template: { id: number; variables: Variables } | null
  }

/** The mail with what its template says. */
export async function filledMail(deps: Deps, { accountId }: Reader, wanted: NewMail): Promise<NewMail | Failure> {
  const { template } = wanted
  if (template === null) return wanted
  const filled = await fillTemplate(deps, accountId, template.id, template.variables)
  return isFailure(filled) ? filled : { ...wanted, ...filled }
}

export async function sendMessage(
  deps: Deps,
  reader: Submitter,
  wanted: NewMail,
  request: Uint8Array | null,
): Promise<Submission | Failure> {
  const filled = await filledMail(deps, reader, wanted)
  if (isFailure(filled)) return filled
  const attachments = await resolveAttachments(deps, reader, filled.attachments)
  if (isFailure(attachments)) return attachments
  return await submit(deps, reader, { ...filled, attachments }, request)
}
