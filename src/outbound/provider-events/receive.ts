/**
 * What a provider tells later: from its request to the recipients that it is about, before it is answered, so that a provider
 * which is told that all is well need never repeat it.
 *
 *   who sent it? (<provider>.ts) -> what of it is new? -> each is tied to its submission and applied (../feedback.ts) -> noted as seen
 *
 * Invariants: nothing is noted as seen that was not applied; a failure of storage is one of the request, and the provider repeats
 * it. Events of kinds that nobody here wants, and of mail of somebody else's, are taken and forgotten.
 */

import type { Deps } from '../../deps.ts'
import { type Failure, fail, isFailure, TemporaryError } from '../../errors.ts'
import { seconds } from '../../seconds.ts'
import { readByProviderId } from '../../store/mail-report.ts'
import { noteSeen, readSeen } from '../../store/provider-tokens.ts'
import { parseReference } from '../correlation.ts'
import { type Applied, applyFinding, type Finding } from '../feedback.ts'
import type { Which } from '../record.ts'
import type { EventRequest, ProviderEvent, Receiver } from './event.ts'
import { receiveMailchannels } from './mailchannels.ts'
import { receiveMailgun } from './mailgun.ts'
import { receivePostmark } from './postmark.ts'
import { receiveResend } from './resend.ts'
import { receiveSendgrid } from './sendgrid.ts'
import { receiveSes } from './ses.ts'

const RECEIVERS = {
  resend: receiveResend,
  postmark: receivePostmark,
  mailgun: receiveMailgun,
  ses: receiveSes,
  sendgrid: receiveSendgrid,
  mailchannels: receiveMailchannels,
} satisfies Record<string, Receiver>

export type EventProvider = keyof typeof RECEIVERS
export const EVENT_PROVIDERS = Object.keys(RECEIVERS) as [EventProvider, ...EventProvider[]]

/** Applied in one call: each takes some eight queries, of the thousand that an invocation may make. */
export const APPLIED_A_CALL = 80

export type Received = { events: number; applied: number }

/** Throws where storage fails, and where more came than one call can apply: what was applied is then not applied again. */
export async function receiveEvents(
  deps: Deps,
  provider: EventProvider,
  request: EventRequest,
): Promise<Received | Failure> {
  const events = await RECEIVERS[provider]({ ...deps, settings: deps.eventSettings }, request)
  if (isFailure(events)) {
    deps.log({ level: 'warn', at: 'outbound.events', provider, outcome: events.failure })
    return events
  }
  return await applyEvents(deps, provider, events)
}

/** `mayBeEarly`: an event that names no reference of ours may come before the provider's own id is stored. */
export async function applyEvents(
  deps: Deps,
  source: string,
  events: readonly ProviderEvent[],
  mayBeEarly = false,
): Promise<Received | Failure> {
  const db = deps.stores.directory
  const ids = [...new Set(events.map(({ id }) => id))]
  const seen = new Set(await readSeen(db, source, ids))
  const fresh = events.filter(({ id }) => !seen.has(id))
  const now = fresh.slice(0, APPLIED_A_CALL)
  let applied = 0
  for (const event of now) {
    const outcome = await applyEvent(deps, event)
    if (outcome === 'recorded') applied++
    if (outcome === 'not-found' && mayBeEarly)
      throw new TemporaryError('the event is of mail that is not known, or not yet')
  }
  // One id may name several recipients: it is seen when all of them are.
  const waiting = new Set(fresh.slice(APPLIED_A_CALL).map(({ id }) => id))
  const done = [...new Set(now.map(({ id }) => id))].filter((id) => !waiting.has(id))
  if (done.length > 0) await db.batch([noteSeen(source, done, seconds(deps))])
  deps.log({ level: 'info', at: 'outbound.events', provider: source, events: events.length, applied })
  if (waiting.size > 0) return fail('unavailable', 'More came than can be applied in one call: send it again.')
  return { events: events.length, applied }
}

async function applyEvent(deps: Deps, event: ProviderEvent): Promise<Applied> {
  const { status, at, smtp, code, detail, isHard, providers } = event
  const finding: Finding = {
    ...{ status, at, smtp, code, detail, isHard },
    provider: providers[0] ?? null,
    proof: { kind: 'provider' },
  }
  for (const which of [whichByReference(event), ...(await whichByIds(deps, event))]) {
    if (which === null) continue
    const applied = await applyFinding(deps, which, finding)
    if (applied !== 'not-found') return applied
  }
  return 'not-found'
}

function whichByReference({ reference, recipient }: ProviderEvent): Which | null {
  const named = reference === null ? null : parseReference(reference)
  return named && recipient !== null ? { ...named, address: recipient } : null
}

/** By the provider's ids, over all shards: the recipient that it names, or the only one. */
async function whichByIds(deps: Deps, { providers, providerIds, recipient }: ProviderEvent): Promise<Which[]> {
  if (providerIds.length === 0) return []
  for (const db of deps.stores.shards) {
    const rows = await readByProviderId(db, providers, providerIds, 2)
    const [first, second] = rows
    if (!first) continue
    const named = { accountId: first.account_id, submissionId: first.submission_id }
    if (recipient !== null) return [{ ...named, address: recipient }, ...(second ? [] : [{ ...named, n: first.n }])]
    return second ? [] : [{ ...named, n: first.n }]
  }
  return []
}
