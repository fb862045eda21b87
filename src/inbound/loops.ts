/**
 * Mail that goes in circles, and how it ends (RFC 5321 §6.3): by its Received fields, by the mark of each address or account
 * that has passed it on, and by whom it says that it was delivered to.
 *
 * Anybody may write such fields: he ends the way of his own mail with them, and of no other's.
 */
import { hashToken } from '../access/secrets.ts'
import { foldAddress } from '../mime/addresses.ts'
import { passedBy } from '../mime/forwarded.ts'
import type { HeaderField } from '../mime/message.ts'

/** RFC 5321 §6.3 asks for at least 100 where nothing else tells a loop; honest mail passes a dozen servers. */
export const RECEIVED_MAX = 50
/** Forwards that one message may pass, of this server and of others like it. */
export const MARKS_MAX = 10
const MARK_BYTES = 8

/** `own` is the mark to be added to those that the message has; `all` of them, for who cannot add to a field. */
export type Marks = { own: string; all: string }

/** Null where the message has been here before, or has come too far. `by` names who passes it on, and never changes. */
export async function nextMarks(fields: HeaderField[], by: string, address: string): Promise<Marks | null> {
  const own = await markOf(by)
  const { marks, deliveredTo, received } = passedBy(fields)
  if (received > RECEIVED_MAX || marks.length >= MARKS_MAX || marks.includes(own)) return null
  if (deliveredTo.some((one) => foldAddress(one) === address)) return null
  return { own, all: [...new Set([...marks, own])].join(' ') }
}

async function markOf(by: string): Promise<string> {
  const digest = (await hashToken(by)).slice(0, MARK_BYTES)
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
