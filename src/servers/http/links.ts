/**
 * Links to attachments: short-lived addresses that work without a key, for a browser to open or an <img> to show.
 *
 * A link is a sealed token (sealed.ts) that names account, message, part, disposition, whether it may be followed while the
 * message stands in Junk, and when it ends. It shows nothing of these to who holds it. Nothing is stored: what a link leads
 * to is looked up when it is followed, so it dies with its message and with its account.
 */

import { openSealer } from '../../access/sealed.ts'
import type { Deps } from '../../deps.ts'
import { seconds } from '../../seconds.ts'
import type { Disposition } from './download.ts'

/** Long enough to open a message and save what it carries; short enough that one which leaks is soon worth nothing. */
export const LINK_SECONDS = 3_600
/** Longer than any token of ours: a part's path has at most some 200 characters. What is longer is not read. */
export const TOKEN_CHARS_MAX = 600

export type Link = {
  accountId: number
  messageId: number
  /** The attachment's `part`. */
  part: string
  disposition: Disposition
  /** Whether it is given although the message stands in Junk. */
  allowSpam: boolean
  /** Epoch seconds; from then on it is over. */
  expiresAt: number
}

/** Makes links to the parts of one message. */
export type Minter = { expiresAt: number; mint(part: string, disposition: Disposition): Promise<string> }

type Target = Pick<Link, 'accountId' | 'messageId' | 'allowSpam'>
type Payload = [
  accountId: number,
  messageId: number,
  part: string,
  isInline: 0 | 1,
  allowSpam: 0 | 1,
  expiresAt: number,
]

/** Null where POSTERN_SECRET is not set: mail can then be read, but has no links. `origin` is this server's own. */
export async function openMinter(deps: Deps, origin: string, target: Target): Promise<Minter | null> {
  const sealer = await openSealer(deps, 'link')
  if (!sealer) return null
  const { accountId, messageId, allowSpam } = target
  const expiresAt = seconds(deps) + LINK_SECONDS
  return {
    expiresAt,
    mint: async (part, disposition) => {
      const isInline = disposition === 'inline' ? 1 : 0
      const payload: Payload = [accountId, messageId, part, isInline, allowSpam ? 1 : 0, expiresAt]
      return `${origin}/v1/links/${await sealer.seal([], payload)}`
    },
  }
}

/** What a token says, whether or not it is over; null for one that was not made here. */
export async function readLink(deps: Deps, token: string): Promise<Link | null> {
  if (token.length > TOKEN_CHARS_MAX) return null
  const sealer = await openSealer(deps, 'link')
  const payload = sealer && ((await sealer.open([], token)) as Payload | null)
  if (!payload) return null
  const [accountId, messageId, part, isInline, allowSpam, expiresAt] = payload
  const disposition = isInline === 1 ? 'inline' : 'attachment'
  return { accountId, messageId, part, disposition, allowSpam: allowSpam === 1, expiresAt }
}

export function isOver(deps: Deps, { expiresAt }: Link): boolean {
  return deps.now() >= expiresAt * 1000
}
