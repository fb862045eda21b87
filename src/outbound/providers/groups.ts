/**
 * To whom a rebuilt message goes, and who sees whom. Such a provider knows no envelope beside the fields: whoever stands in To or Cc
 * gets the message. So only recipients of this call stand there (another one has had it, or gets it another way), those who stand in
 * neither field are Bcc, and where nobody is to be seen each gets a message of his own.
 */
import { foldAddress } from '../../mime/addresses.ts'
import type { Address } from '../../mime/message.ts'
import type { Outgoing, SendOutcome } from '../provider.ts'

/** One message. `to` is never empty; `members` are the places of all its recipients in the call. */
export type Group = { to: Address[]; cc: Address[]; bcc: Address[]; members: number[]; isHidden: boolean }

export function groupsOf(recipients: readonly string[], to: Address[], cc: Address[]): Group[] {
  const left = new Map<string, number[]>()
  recipients.forEach((address, n) => {
    left.set(fold(address), [...(left.get(fold(address)) ?? []), n])
  })
  const take = (listed: Address[]): Address[] =>
    listed.flatMap(({ name, address }) => {
      const [n] = left.get(fold(address)) ?? []
      left.delete(fold(address))
      return n === undefined ? [] : [{ name, address: recipients[n] ?? address }]
    })
  const inTo = take(to)
  const inCc = take(cc)
  const hidden = [...left.values()].map((members) => ({ members, address: recipients[members[0] ?? 0] ?? '' }))
  const bcc = hidden.map(({ address }): Address => ({ name: '', address }))
  if (inTo.length + inCc.length === 0)
    return hidden.map(({ members }, n) => ({ to: bcc.slice(n, n + 1), cc: [], bcc: [], members, isHidden: true }))
  // They ask for a To: where it is empty, Cc takes its place.
  const seen = inTo.length > 0 ? { to: inTo, cc: inCc } : { to: inCc, cc: [] }
  return [{ ...seen, bcc, members: recipients.map((_, n) => n), isHidden: false }]
}

function fold(address: string): string {
  return foldAddress(address) ?? address.toLowerCase()
}

/** An outcome for all of a group, or for each of its recipients. */
type GroupOutcome = SendOutcome | ((recipient: string) => SendOutcome)

/** Group by group: once one call shows that the provider is in trouble, the others are left for later. */
export async function sendGroups(
  { recipients }: Outgoing,
  groups: Group[],
  send: (group: Group) => Promise<GroupOutcome>,
): Promise<SendOutcome[]> {
  const outcomes = recipients.map(() => NOT_ASKED)
  for (const group of groups) {
    const outcome = await send(group)
    for (const n of group.members) outcomes[n] = typeof outcome === 'function' ? outcome(recipients[n] ?? '') : outcome
    const [first] = group.members.flatMap((n) => outcomes[n] ?? [])
    if (first && (first.kind === 'unknown' || first.kind === 'temporary' || first.kind === 'later')) break
  }
  return outcomes
}

const NOT_ASKED: SendOutcome = {
  kind: 'temporary',
  code: 'not-asked',
  detail: 'The provider was in trouble before it came to this recipient.',
  isProviders: true,
}

/** 'Name <address>' for an API that takes addresses as text. */
export function mailboxText({ name, address }: Address): string {
  return name.trim() === '' ? address : `"${name.replaceAll(/["\\]/g, '\\$&')}" <${address}>`
}
