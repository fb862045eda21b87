/**
 * Handing due recipients of one submission to providers: as few calls as their limits allow.
 *
 *   CLAIM (status 'sending', the provider and the call's key, in one statement) -> ask the provider -> settle
 *
 * Invariants:
 *  - The key of a call is committed before the provider is asked. Whoever finds the row later asks the same once more with
 *    it, where the provider takes such a call once, or asks what became of it (found-sending.ts).
 *  - Another provider is asked only for recipients whom the one before has, by its own word, not taken and to whom the
 *    message is not to blame.
 */

import { base32 } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import type { DueRow } from '../store/submission-read.ts'
import { claimRecipients, passOn, releaseCall } from '../store/submission-write.ts'
import { formatReference } from './correlation.ts'
import { shapeFor } from './forwarded.ts'
import type { Outgoing, Provider, SendOutcome } from './provider.ts'
import { withoutCommands } from './provider-commands.ts'
import { verpAddress } from './return-path.ts'
import { type Settled, settle } from './settle.ts'

/** A provider answers in seconds, and an invocation lives 15 minutes: a row that is 'sending' for longer has lost its worker. */
export const SENDING_SECONDS_MAX = 30 * 60
const KEY_BYTES = 16

export const LOST: SendOutcome = {
  kind: 'unknown',
  code: null,
  detail: 'Nobody knows whether the provider took it. It is not tried again, so that it does not come twice.',
}
const UNSHAPED: SendOutcome = { kind: 'temporary', code: '4.3.0', detail: 'It could not be made ready for now.' }
const UNABLE: SendOutcome = {
  kind: 'permanent',
  code: '5.3.4',
  detail: 'No sending provider takes such a message: it is too large, or an address in it is not ASCII.',
}

/** Hands over what is due; gives when to look at it again, or null. `all` are the domain's providers, `able` those that can take it. */
export async function handOver(
  deps: Deps,
  rows: readonly DueRow[],
  raw: Uint8Array,
  { all, able }: { all: readonly Provider[]; able: readonly Provider[] },
): Promise<number | null> {
  const [provider, ...others] = able
  if (!provider) return await settleUnable(deps, rows, all)
  let nextAt: number | null = null
  for (const group of groupsOf(deps, rows, provider)) {
    const call = newCall(deps)
    const claimed = await claim(deps, group, provider, call)
    if (claimed.length > 0) nextAt = soonest(nextAt, await askInTurn(deps, claimed, raw, call, [provider, ...others]))
  }
  return nextAt
}

async function settleUnable(deps: Deps, rows: readonly DueRow[], all: readonly Provider[]): Promise<number | null> {
  const outcome: SendOutcome =
    all.length > 0 ? UNABLE : { kind: 'temporary', code: '4.3.5', detail: 'No sending provider is configured.' }
  const claimed = await claim(deps, rows, null, newCall(deps))
  return await settle(
    deps,
    claimed.map((row) => ({ row, outcome })),
  )
}

/** Recipients that one call can take. With an envelope sender of its own, each recipient is a call. */
function groupsOf(deps: Deps, rows: readonly DueRow[], provider: Provider): DueRow[][] {
  const [first] = rows
  const max = first && hasOwnReturnPath(deps, first, provider) ? 1 : provider.recipientsMax
  const groups: DueRow[][] = []
  for (let from = 0; from < rows.length; from += max) groups.push(rows.slice(from, from + max))
  return groups
}

function hasOwnReturnPath(deps: Deps, { kind, sender }: DueRow, { hasEnvelope }: Provider): boolean {
  return hasEnvelope && kind === 'mail' && sender !== '' && deps.returnDomain !== null && deps.secrets.root !== null
}

/** Names a call by the second at which it was made and what nobody else draws. */
function newCall(deps: Deps): string {
  return `${seconds(deps).toString(36)}-${base32(deps.random(KEY_BYTES))}`
}

/** When a call was first made, in epoch seconds. */
export function secondOfCall(call: string): number {
  return Number.parseInt(call, 36)
}

/** Gives those whom nobody else has taken, as they stand since. */
async function claim(deps: Deps, rows: readonly DueRow[], provider: Provider | null, call: string): Promise<DueRow[]> {
  const [first] = rows
  if (!first) return []
  const db = deps.stores.of(first.account_id)
  const now = seconds(deps)
  try {
    const won = await db.all<{ n: number }>(
      claimRecipients(first.submission_id, rows, provider?.name ?? null, call, now + SENDING_SECONDS_MAX, now),
    )
    return rows
      .filter(({ n }) => won.some((one) => one.n === n))
      .map((row) => ({
        ...row,
        ...{ status: 'sending', attempts: row.attempts + 1, call, provider: provider?.name ?? row.provider },
      }))
  } catch (error) {
    // It may have been committed and its answer lost. Nobody was asked: it must not stand as if somebody had been.
    await db.all(releaseCall(first.submission_id, call, now)).catch(() => undefined)
    throw error
  }
}

/** Asks the first provider; those whom it cannot take now, for a reason of its own, are passed on to the next. */
export async function askInTurn(
  deps: Deps,
  rows: readonly DueRow[],
  raw: Uint8Array,
  call: string,
  [provider, ...others]: readonly [Provider, ...Provider[]],
  /** All that the call is for, where some of them are settled already. */
  whole: readonly DueRow[] = rows,
): Promise<number | null> {
  const outcomes = await ask(deps, whole, raw, call, provider)
  const settled = rows.map((row): Settled & { outcome: SendOutcome } => {
    return { row, provider, outcome: outcomes[whole.findIndex(({ n }) => n === row.n)] ?? LOST }
  })
  const [next, ...rest] = others
  const passed = next ? settled.filter(({ outcome }) => isPassedOn(outcome)) : []
  const nextAt = await settle(
    deps,
    settled.filter((one) => !passed.includes(one)),
  )
  if (!next) return nextAt
  const groups = groupsOf(
    deps,
    passed.map(({ row }) => row),
    next,
  )
  let soon = nextAt
  for (const group of groups) {
    const failed = passed.filter(({ row }) => group.includes(row))
    soon = soonest(soon, await passOnTo(deps, failed, raw, [next, ...rest]))
  }
  return soon
}

async function passOnTo(
  deps: Deps,
  failed: readonly Settled[],
  raw: Uint8Array,
  providers: readonly [Provider, ...Provider[]],
): Promise<number | null> {
  const [first] = failed
  if (!first) return null
  const call = newCall(deps)
  const { account_id, submission_id, call: before } = first.row
  const now = seconds(deps)
  let won: { n: number }[]
  try {
    won = await deps.stores.of(account_id).all<{ n: number }>(
      passOn(
        submission_id,
        failed.map(({ row }) => row.n),
        before ?? '',
        providers[0].name,
        call,
        now + SENDING_SECONDS_MAX,
      ),
    )
  } catch {
    // Nobody has it: what the provider before has said of it stands, and it is tried again.
    return await settle(deps, failed)
  }
  const rows = failed.map(({ row }) => ({ ...row, call, provider: providers[0].name }))
  const passed = rows.filter(({ n }) => won.some((one) => one.n === n))
  return passed.length === 0 ? null : await askInTurn(deps, passed, raw, call, providers)
}

function isPassedOn(outcome: SendOutcome): boolean {
  return outcome.kind !== 'delivered' && outcome.kind !== 'unknown' && outcome.isProviders === true
}

async function ask(
  deps: Deps,
  rows: readonly DueRow[],
  raw: Uint8Array,
  call: string,
  provider: Provider,
): Promise<SendOutcome[]> {
  const failed = (outcome: SendOutcome, error: unknown) => {
    deps.log({ level: 'error', at: 'outbound.provider', submission: rows[0]?.submission_id, error: String(error) })
    return rows.map(() => outcome)
  }
  let message: Outgoing
  try {
    const shaped = await shapeOf(deps, rows[0] as DueRow, raw, call, provider)
    message = { ...namedOf(rows, call), ...shaped, raw: withoutCommands(shaped.raw) }
  } catch (error) {
    return failed(UNSHAPED, error)
  }
  try {
    const outcomes = await provider.send(message)
    // Which of them are whose, nobody could say.
    if (outcomes.length !== rows.length) throw new Error(`${outcomes.length} outcomes for ${rows.length} recipients`)
    return outcomes
  } catch (error) {
    return failed(LOST, error)
  }
}

/** A call without its bytes: the same for every repetition. */
export function namedOf(rows: readonly DueRow[], call: string): Omit<Outgoing, 'raw'> {
  const first = rows[0] as DueRow
  return {
    sender: first.sender,
    recipients: rows.map(({ address }) => address),
    messageId: first.message_id,
    domain: first.domain,
    key: call,
    reference: formatReference({ accountId: first.account_id, submissionId: first.submission_id }),
  }
}

// As of the second of the call, so that its repetition has the very same bytes.
async function shapeOf(deps: Deps, row: DueRow, raw: Uint8Array, call: string, provider: Provider) {
  const { returnDomain, secrets } = deps
  if (returnDomain === null || secrets.root === null || !hasOwnReturnPath(deps, row, provider))
    return await shapeFor({ returnDomain, secrets, now: () => secondOfCall(call) * 1000 }, row, raw, provider)
  const { account_id: accountId, submission_id: submissionId, n } = row
  return { sender: await verpAddress(secrets.root, returnDomain, { accountId, submissionId, n }), raw }
}

export function soonest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.min(one, other)
}
