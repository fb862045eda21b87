/**
 * Sending up to a hundred messages in one call: each by itself, through the one door, with a result of its own. One that is refused
 * stops no other.
 *
 * An invocation may ask D1 a thousand times. What the items ask alike (who sends, which domains are ours) is asked once, and
 * one wake-up serves them all.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import type { Submitter } from './allowance.ts'
import { resolveAttachments } from './attached.ts'
import { filledMail, type NewMail } from './send-message.ts'
import type { Submission } from './submission.ts'
import { submit } from './submit.ts'

export const BATCH_MAX = 100
/** Attachments of all messages together: each is read, written twice and read again. */
const BATCH_BYTES_MAX = 25 * 1024 * 1024

export type BatchItem = { mail: NewMail; request: Uint8Array | null }

export async function sendBatch(
  deps: Deps,
  reader: Submitter,
  items: readonly BatchItem[],
): Promise<(Submission | Failure)[]> {
  const frugal = askingOnce(deps)
  const results: (Submission | Failure)[] = []
  let bytesLeft = BATCH_BYTES_MAX
  for (const item of items) {
    const room = { bytes: bytesLeft }
    results.push(await sendOne(frugal, reader, item, room))
    bytesLeft = room.bytes
  }
  return results
}

// One after the other: what is in memory is one message, and the account's change number is nobody's to fight for.
async function sendOne(
  deps: Deps,
  reader: Submitter,
  { mail, request }: BatchItem,
  room: { bytes: number },
): Promise<Submission | Failure> {
  try {
    const filled = await filledMail(deps, reader, mail)
    if (isFailure(filled)) return filled
    if (room.bytes <= 0 && filled.attachments.length > 0) return tooMuch()
    const attachments = await resolveAttachments(deps, reader, filled.attachments)
    if (isFailure(attachments)) return attachments
    room.bytes -= attachments.reduce((sum, { bytes }) => sum + bytes.length, 0)
    if (room.bytes < 0) return tooMuch()
    return await submit(deps, reader, { ...filled, attachments }, request)
  } catch (error) {
    deps.log({ level: 'error', at: 'outbound.batch', error: String(error) })
    return fail('unavailable', 'It could not be stored for now: send this one again.')
  }
}

function tooMuch(): Failure {
  return fail(
    'too-large',
    `The attachments of all messages have at most ${BATCH_BYTES_MAX} bytes together.`,
    'attachments',
  )
}

/** The same server, which asks the directory each question once, and rings each bell once for a time. */
function askingOnce(deps: Deps): Deps {
  const { queues, stores } = deps
  return {
    ...deps,
    stores: { ...stores, directory: stores.directory.remembering() },
    queues: { ...queues, outbound: ringingOnce(queues.outbound), events: ringingOnce(queues.events) },
  }
}

type Bell = Deps['queues']['outbound']

function ringingOnce(bell: Bell): Bell {
  const rung = new Map<number, ReturnType<Bell['send']>>()
  return {
    send: (body, options) => {
      const delay = options?.delaySeconds ?? 0
      const ringing = rung.get(delay) ?? bell.send(body, options)
      rung.set(delay, ringing)
      return ringing
    },
  }
}
