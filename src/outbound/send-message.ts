/** Sending a message that a client describes: its references are looked up, and then it goes through the one door. */
import type { Deps } from '../deps.ts'
import { type Failure, isFailure } from '../errors.ts'
import type { Submitter } from './allowance.ts'
import { type Attaching, resolveAttachments } from './attached.ts'
import type { Submission } from './submission.ts'
import { submit, type WrittenMail } from './submit.ts'
import type { Timing } from './timing.ts'

export type NewMail = Omit<WrittenMail, 'attachments'> & { attachments: Attaching[] } & Timing

export async function sendMessage(
  deps: Deps,
  reader: Submitter,
  wanted: NewMail,
  request: Uint8Array | null,
): Promise<Submission | Failure> {
  const attachments = await resolveAttachments(deps, reader, wanted.attachments)
  if (isFailure(attachments)) return attachments
  return await submit(deps, reader, { ...wanted, attachments }, request)
}
