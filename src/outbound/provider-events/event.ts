/**
 * What providers tell later of a recipient, in the same few words for all of them, and the seam to each: who checks a request's
 * signature and reads its events.
 */
import type { Deps } from '../../deps.ts'
import type { Failure } from '../../errors.ts'
import type { ProviderName } from '../provider.ts'
import type { Reported } from '../record.ts'
import type { EventSettings } from './configure.ts'

export type ProviderEvent = {
  /** Of the event itself: one that was applied is not applied again. */
  id: string
  /** Which it may have been sent by: the ids below are theirs. */
  providers: readonly ProviderName[]
  /** Our own, as it comes back (correlation.ts). */
  reference: string | null
  /** The provider's own names of the message. */
  providerIds: readonly string[]
  /** Null where the provider names none: then the message has one alone. */
  recipient: string | null
  status: Reported
  /** Epoch seconds. */
  at: number
  smtp: number | null
  code: string | null
  detail: string | null
  /** It speaks of the address: nothing written to it will ever arrive. */
  isHard: boolean
}

export type EventRequest = { headers: Headers; body: Uint8Array<ArrayBuffer> }

export type Tools = Pick<Deps, 'fetch' | 'resolve' | 'dev' | 'origin' | 'now'> & { settings: EventSettings }

/** Events that are known to come from the provider. 'not-found' where it is not set up, 'unauthenticated' where it is not its. */
export type Receiver = (tools: Tools, request: EventRequest) => Promise<ProviderEvent[] | Failure>
