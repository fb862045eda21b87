/**
 * Change states on the wire: <account>.<change number>, and .<message> where a page ends inside one change. Opaque to
 * clients; the account is in it so that a state of another account is refused instead of hiding changes.
 */
import { formatNumber, parseNumber } from './ids.ts'

/** After every change that carries the number. */
const END = Number.MAX_SAFE_INTEGER
export const STATE_CHARS_MAX = 40

export type ChangeState = { modseq: number; id: number }

export function formatState(accountId: number, state: ChangeState): string {
  const numbers = [accountId, state.modseq, ...(state.id === END ? [] : [state.id])]
  return numbers.map(formatNumber).join('.')
}

/** Null for what is not a state of this account. */
export function parseState(accountId: number, text: string): ChangeState | null {
  const numbers = text.split('.').map(parseNumber)
  const [account, modseq, id = END, ...rest] = numbers
  if (account !== accountId || modseq === undefined || modseq === null || id === null || rest.length > 0) return null
  return { modseq, id }
}
