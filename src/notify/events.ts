/** The events of an account, read back in their order for as long as they are kept. */
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import type { PosternEvent } from '../events.ts'
import { type EventPlace, isKeptEvent, readEvents } from '../store/event-read.ts'
import type { EventRow } from '../store/schema.ts'
import { isChosen } from './event-types.ts'

export type { EventPlace }

export const EVENT_SECONDS = 30 * 86_400
/** Events that one page examines, where only some types are asked for. */
const EXAMINED_MAX = 500

/** `at` in epoch seconds. */
export type StoredEvent = { accountId: number; modseq: number; n: number; at: number; event: PosternEvent }

/** Before every event of an account. */
export const BEGINNING: EventPlace = { modseq: 0, n: 0 }

export type EventsPage = {
  events: StoredEvent[]
  /** Where the next page begins. */
  next: EventPlace
  more: boolean
}

/**
 * Events after `since`, oldest first, of these types where some are named: a page of those may be short, even empty, while there
 * are more. 'gone' where the event `since` is not kept any more, so that some after it may be missing.
 */
export async function listEvents(
  deps: Deps,
  accountId: number,
  { since, types, limit }: { since: EventPlace; types: readonly string[] | null; limit: number },
): Promise<EventsPage | Failure> {
  const db = deps.stores.of(accountId)
  const isBeginning = since.modseq === 0
  const examined = types === null ? limit : EXAMINED_MAX
  const [isKept, rows] = await Promise.all([
    isBeginning || isKeptEvent(db, accountId, since),
    readEvents(db, accountId, since, examined + 1),
  ])
  if (!isKept) return fail('gone', 'That event is not kept any more: begin without since, and list the mail anew.')
  const read = rows.slice(0, examined).map(storedEvent)
  const chosen = types === null ? read : read.filter(({ event }) => isChosen(event.type, types))
  const events = chosen.slice(0, limit)
  const isCut = chosen.length > limit
  const last = isCut ? events.at(-1) : read.at(-1)
  return { events, next: last ? { modseq: last.modseq, n: last.n } : since, more: isCut || rows.length > examined }
}

function storedEvent({ account_id, modseq, n, at, event }: EventRow): StoredEvent {
  return { accountId: account_id, modseq, n, at, event: JSON.parse(event) as PosternEvent }
}
