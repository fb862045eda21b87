/**
 * Recipients that are found as 'sending' when their time is up: their worker died while the provider was asked, or the answer
 * was lost. Never repeated blindly:
 *
 *   the same call once more, while the provider takes a call of this key only once
 *   -> or what became of it, where the provider can tell
 *   -> or 'unknown', which a person decides (submission-decide.ts)
 */

import type { Deps } from '../deps.ts'
import { seconds } from '../seconds.ts'
import { type DueRow, readCall } from '../store/submission-read.ts'
import { claimRecipients } from '../store/submission-write.ts'
import { askInTurn, LOST, namedOf, SENDING_SECONDS_MAX, secondOfCall } from './hand-over.ts'
import type { Provider, SendOutcome } from './provider.ts'
import { settle } from './settle.ts'

/** A call that is repeated must have come before the provider forgets the key. */
const MARGIN_SECONDS = 15 * 60
/** A provider may know of a message some time after it has taken it. */
const LOOK_UP_SECONDS = 3_600

/** `rows` are those of one call that are due. */
export async function resumeCall(deps: Deps, rows: readonly DueRow[], raw: Uint8Array | null): Promise<number | null> {
  const [first] = rows
  if (!first) return null
  const { call } = first
  const provider = providerOf(deps, first)
  const ageSeconds = call === null ? Number.POSITIVE_INFINITY : seconds(deps) - secondOfCall(call)
  if (provider && call !== null && raw && ageSeconds < provider.idempotentSeconds - MARGIN_SECONDS)
    return await repeat(deps, rows, raw, call, provider)
  if (!provider?.lookUp || call === null)
    return await settle(
      deps,
      rows.map((row) => ({ row, outcome: LOST })),
    )
  const found = await lookUp(deps, rows, call, provider)
  const isLastTime = ageSeconds >= LOOK_UP_SECONDS
  return await settle(
    deps,
    rows.map((row) => {
      const outcome = found?.get(row.n) ?? LOST
      return outcome.kind === 'unknown' && isLastTime ? { row, outcome } : { row, outcome, provider }
    }),
  )
}

function providerOf(deps: Deps, { provider }: DueRow): Provider | null {
  return provider === null ? null : deps.providers.get(provider as Provider['name'])
}

async function repeat(
  deps: Deps,
  rows: readonly DueRow[],
  raw: Uint8Array,
  call: string,
  provider: Provider,
): Promise<number | null> {
  const [first] = rows as [DueRow]
  const db = deps.stores.of(first.account_id)
  const now = seconds(deps)
  const won = await db.all<{ n: number }>(
    claimRecipients(first.submission_id, rows, provider.name, call, now + SENDING_SECONDS_MAX, now),
  )
  const claimed = rows
    .filter(({ n }) => won.some((one) => one.n === n))
    .map((row) => ({ ...row, attempts: row.attempts + 1 }))
  if (claimed.length === 0) return null
  // All that it was made for: with fewer it would be another call of the same key.
  const whole = (await readCall(db, first.submission_id, call)).map((one) => ({ ...first, ...one }))
  return await askInTurn(deps, claimed, raw, call, [asRepeated(provider)], whole)
}

/**
 * A repetition that the provider turns away for its own sake, such as one too many in a second, says nothing of the first call,
 * which it may have taken: nobody else may be asked, nor a new call be made. What it says of the message, it would have said then.
 */
function asRepeated(provider: Provider): Provider {
  return { ...provider, send: async (message) => (await provider.send(message)).map(ofTheFirst) }
}

function ofTheFirst(outcome: SendOutcome): SendOutcome {
  if (outcome.kind === 'delivered' || (outcome.kind === 'permanent' && !outcome.isProviders)) return outcome
  return { kind: 'unknown', code: outcome.code, detail: outcome.detail }
}

async function lookUp(
  deps: Deps,
  rows: readonly DueRow[],
  call: string,
  provider: Provider,
): Promise<Map<number, SendOutcome> | null> {
  try {
    const whole = (
      await readCall(deps.stores.of((rows[0] as DueRow).account_id), (rows[0] as DueRow).submission_id, call)
    ).map((one) => ({ ...(rows[0] as DueRow), ...one }))
    const outcomes = await provider.lookUp?.(namedOf(whole, call))
    // Which of them are whose, nobody could say.
    if (outcomes?.length !== whole.length) return null
    return new Map(whole.map(({ n }, i) => [n, outcomes[i] ?? LOST]))
  } catch (error) {
    deps.log({ level: 'error', at: 'outbound.look-up', submission: rows[0]?.submission_id, error: String(error) })
    return null
  }
}
