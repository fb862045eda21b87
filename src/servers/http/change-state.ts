/**
 * Change states on the wire: <account>.<change number>, and .<message> where a page ends inside one change. Opaque to
 * clients; the account is in it so that a state of another account is refused instead of hiding changes.
 *
 * The message is sealed as in a cursor: a page may end at one that a key of one address must not learn of.
 */
import type { Deps } from '../../deps.ts'
import { type Binding, openSealed, sealCursor } from './cursor.ts'
import { formatNumber, parseNumber } from './ids.ts'

/** After every change that carries the number. */
const END = Number.MAX_SAFE_INTEGER
export const STATE_CHARS_MAX = 100

export type ChangeState = { modseq: number; id: number }

export async function formatState(deps: Deps, accountId: number, { modseq, id }: ChangeState): Promise<string> {
  const whole = `${formatNumber(accountId)}.${formatNumber(modseq)}`
  return id === END ? whole : `${whole}.${await sealCursor(deps, bindingOf(accountId, modseq), id)}`
}

/** Null for what is not a state of this account. */
export async function parseState(deps: Deps, accountId: number, text: string): Promise<ChangeState | null> {
  const [account = '', number = '', sealed, ...rest] = text.split('.')
  const modseq = parseNumber(number)
  if (parseNumber(account) !== accountId || modseq === null || rest.length > 0) return null
  if (sealed === undefined) return { modseq, id: END }
  const id = await openSealed(deps, bindingOf(accountId, modseq), sealed)
  return typeof id === 'number' ? { modseq, id } : null
}

function bindingOf(accountId: number, modseq: number): Binding {
  return ['changes', accountId, modseq]
}
