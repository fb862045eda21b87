/** When a message is sent: at once, after a while in which it may be undone, or at a time. */
import { type Failure, fail } from '../errors.ts'

export type Timing = {
  /** Epoch seconds; the message is dated so. Null or absent: at once. */
  sendAt?: number | null
  /** It waits so long at the least, and may be cancelled meanwhile. */
  undoSeconds?: number
}

export const UNDO_SECONDS_MAX = 120
const SCHEDULED_SECONDS_MAX = 366 * 86_400

/** The second at which it is to be sent. A time that is over is now: the client's clock may be slow. */
export function timeOf({ sendAt = null, undoSeconds = 0 }: Timing, now: number): number | Failure {
  if (!Number.isInteger(undoSeconds) || undoSeconds < 0 || undoSeconds > UNDO_SECONDS_MAX)
    return fail('invalid', `A message may be undone for at most ${UNDO_SECONDS_MAX} seconds.`, 'undo_seconds')
  if (sendAt === null) return now + undoSeconds
  if (!Number.isSafeInteger(sendAt) || sendAt > now + SCHEDULED_SECONDS_MAX)
    return fail('invalid', 'A message can be scheduled for a year ahead at the most.', 'send_at')
  return Math.max(sendAt, now + undoSeconds)
}

/** Only what says when. */
export function timingOf({ sendAt, undoSeconds }: Timing): Timing {
  return { ...(sendAt === undefined ? {} : { sendAt }), ...(undoSeconds === undefined ? {} : { undoSeconds }) }
}
