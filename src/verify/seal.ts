/**
 * The seal of Cloudflare's header block (trusted-block.ts): the ARC set that Email Routing adds, verified with Cloudflare's
 * published key. It alone tells a block from its forgery.
 *
 * What a good seal proves: Cloudflare wrote this ARC-Authentication-Results for a message with these signed fields and this
 * body. What it does not: that it was this delivery. Whoever got a message through Cloudflare has its block, and may send
 * both again where no block is added. The message is then the very one that was judged, but not its client: the client's
 * address counts as the sealed line names it, and a seal of another day is none.
 *
 * The fields of the block that no seal covers are believed as far as they can do no harm (trusted-block.ts).
 */
import type { HeaderField } from '../mime/message.ts'
import { type ArcSet, arcSetsBefore, hasItsPlace, soleArcSet, verifyArcSignature, verifySeal } from './arc.ts'
import type { RawMessage } from './dkim.ts'
import type { Resolve } from './resolve.ts'

/** Whose seal it is. */
const SEALER = 'cloudflare-email.net'
/** The block is written as the mail is handed over; a day leaves room for any clock. */
const SEAL_AGE_SECONDS_MAX = 86_400
const SET_FIELDS = ['arc-seal', 'arc-message-signature', 'arc-authentication-results']

/**
 * 'altered': Cloudflare sealed these results, and the message is not what it was, or cannot be told to be. That proves nothing
 * for a sender; but he must not get rid of a failure by writing what two verifiers read differently.
 */
export type Seal = 'pass' | 'fail' | 'altered' | 'unknown'

/** 'unknown' also where there is no block: nobody has claimed anything. */
export async function verifyBlockSeal(
  message: RawMessage,
  block: ReadonlyMap<string, HeaderField>,
  resolve: Resolve,
  nowMs: number,
): Promise<Seal> {
  const own = SET_FIELDS.flatMap((key) => block.get(key) ?? [])
  // A Received alone claims nothing but that Cloudflare has received it.
  if ([...block.keys()].every((key) => key === 'received')) return 'unknown'
  if (own.length === 0) return await withoutSet(resolve)
  const sets = sealedSets(message.fields, own)
  const newest = sets?.at(-1)
  if (!sets || !newest || !isCloudflares(newest) || !isOfToday(newest, nowMs)) return 'fail'
  const [signature, seal] = await Promise.all([
    verifyArcSignature(message, newest, resolve),
    verifySeal(message.bytes, sets, resolve),
  ])
  if (seal !== 'pass') return seal
  return signature === 'fail' ? 'altered' : signature
}

/** A block without a seal proves no more than a forged one, or a sender would leave it out. Asks whether DNS answers at all. */
async function withoutSet(resolve: Resolve): Promise<Seal> {
  const answer = await resolve(SEALER, 'TXT')
  return answer.kind === 'unknown' ? 'unknown' : 'fail'
}

/**
 * The sets that the block's seal is over, its own last. Null where they are no chain. Where Cloudflare found the chain below
 * broken, it sealed its own set alone. Fields that are none of these sets do not matter: the sender may add any, and would
 * void the block with them.
 */
function sealedSets(fields: readonly HeaderField[], own: HeaderField[]): ArcSet[] | null {
  const sole = soleArcSet(own)
  if (!sole) return null
  if (sole.seal.tags.get('cv')?.toLowerCase() === 'fail') return [sole]
  const before = hasItsPlace(sole) ? arcSetsBefore(fields, sole.instance) : null
  return before && [...before, sole]
}

function isCloudflares({ seal, signature }: ArcSet): boolean {
  return [seal, signature].every(({ tags }) => tags.get('d')?.toLowerCase() === SEALER)
}

function isOfToday({ seal, signature }: ArcSet, nowMs: number): boolean {
  return [seal, signature].every(({ tags }) => {
    const signedAt = tags.get('t')
    return signedAt === undefined || Number(signedAt) + SEAL_AGE_SECONDS_MAX >= nowMs / 1000
  })
}
