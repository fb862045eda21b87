/**
 * What else becomes of a message that is delivered to an account: it is sent on, where the account has chosen so, and answered,
 * where its owner is away (vacation.ts). Planned before the delivery, committed with it in one batch: both happen once, as it
 * does. Nothing of it for Junk and for what is held back.
 *
 * What is sent on counts, apart from what the account sends, against its recipients of a day: ten targets would make ten of each
 * message that somebody sends it. What is over the limit stays in the Inbox.
 *
 * What is sent on and not to be kept goes to Trash, read: it is not lost where no target takes it, and stands in nobody's way.
 */
import { forwardingOf } from '../access/forwarding.ts'
import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { foldAddress, splitAddress } from '../mime/addresses.ts'
import { withCrlf, withMarks } from '../mime/forwarded.ts'
import { countForward } from '../outbound/allowance.ts'
import { enqueue } from '../outbound/enqueue.ts'
import { seconds } from '../seconds.ts'
import type { Statement } from '../store/database.ts'
import { nextMarks } from './loops.ts'
import { type Arrived, type Attached, planAnswer } from './vacation.ts'

const MESSAGE_ID_BYTES = 16

export type Onward = {
  /** Whether it stays in the Inbox. */
  isKept: boolean
  statements: Statement[]
  /** The delivery is stored, with all this. */
  done(): void
  /** It is not. What cannot be cleared away is logged. */
  undone(): Promise<void>
}

export const NOTHING_MORE: Onward = { isKept: true, statements: [], done: () => {}, undone: async () => {} }

/** Throws where storage fails: the delivery is tried again with it. */
export async function planOnward(deps: Deps, arrived: Arrived, bytes: Uint8Array): Promise<Onward> {
  const forward = await planForward(deps, arrived, bytes)
  const attached = [forward, await planAnswer(deps, arrived)].filter((one) => one !== null)
  if (attached.length === 0) return NOTHING_MORE
  return {
    isKept: forward === null || forwardingOf(arrived.account).keepsCopy,
    statements: attached.flatMap(({ statements }) => statements),
    done: () => {
      for (const { wake } of attached) wake()
    },
    undone: async () => {
      for (const { abandon } of attached)
        await abandon().catch((error) => deps.log({ level: 'error', at: 'inbound.onward', error: String(error) }))
    },
  }
}

async function planForward(
  deps: Deps,
  { account, receipt, message }: Arrived,
  bytes: Uint8Array,
): Promise<Attached | null> {
  const { targets } = forwardingOf(account)
  const address = foldAddress(receipt.to)
  if (targets.length === 0 || address === null || receipt.source === 'import') return null
  const { domain } = splitAddress(address)
  // A bounce of what the account has sent: it is told of it here.
  if (domain === deps.returnDomain) return null
  const marks = await nextMarks(message.fields, `account ${account.id}`, address)
  if (marks === null) {
    deps.log({ level: 'warn', at: 'inbound.onward', account: account.id, outcome: 'loop' })
    return null
  }
  const counted = await countForward(deps.stores.of(account.id), account, targets.length, seconds(deps))
  if (counted === null) {
    deps.log({ level: 'warn', at: 'inbound.onward', account: account.id, outcome: 'over the limit of a day' })
    return null
  }
  const made = await enqueue(deps, {
    accountId: account.id,
    kind: 'forward',
    addressId: receipt.addressId,
    sender: receipt.from,
    domain,
    messageId: `${base32(deps.random(MESSAGE_ID_BYTES))}@${domain}`,
    recipients: targets,
    raw: withMarks(withCrlf(bytes), marks.own, address),
    source: receipt.source,
  })
  return made && { ...made, statements: [...made.statements, counted] }
}
