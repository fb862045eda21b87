/**
 * Following an account's events as they happen: for a stream of whatever wire.
 *
 * A follower has a line to the account's object (live.ts) first, and reads the table of events from where it stands, again
 * after each hint and at each beat. So it misses nothing, hears nothing twice and out of no order, whatever becomes of a
 * hint, and keeps no event waiting in memory: it reads on when its reader has taken what it had.
 *
 * At each beat it asks whether it may still follow. So who was shut out hears nothing after one beat.
 */
import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { newestEvent } from '../store/event-read.ts'
import { BEGINNING, type EventPlace, listEvents, type StoredEvent } from './events.ts'
import { NEWS, PING, STREAMS_MAX } from './live.ts'

export type Pace = {
  /** The time of silence after which a reader is told that all is well. */
  beatMs: number
  /** After it the stream ends, and its reader begins another from where it stands. */
  lifeMs: number
  /** Pages read in one life: an invocation has a bound on queries, and each page takes two. */
  pagesMax: number
}

export const PACE: Pace = { beatMs: 25_000, lifeMs: 30 * 60_000, pagesMax: 400 }
const PAGE = 100

export type EndReason =
  /** It has lasted as long as one lasts. */
  | 'over'
  /** The key opens it no more, or the account is suspended. */
  | 'refused'
  /** Events after where it stands are not kept any more. */
  | 'behind'
  /** The line or the storage failed. */
  | 'lost'

export type Followed =
  | { kind: 'events'; events: StoredEvent[] }
  /** Nothing for a beat; `place` has moved past events of other types, or is null where there never was an event. */
  | { kind: 'beat'; place: EventPlace | null }
  | { kind: 'end'; reason: EndReason }

export type FollowOptions = {
  /** After this event; null: from now on. */
  since: EventPlace | null
  types: readonly string[] | null
  mayFollow(): Promise<boolean>
  pace?: Pace
}

/** Begins to follow. A failure where nobody can, where too many do, and where `since` is not kept any more. */
export async function follow(deps: Deps, accountId: number, options: FollowOptions): Promise<Follower | Failure> {
  if (!deps.live) return fail('not-configured', 'This server has no live push: bind LIVE (wrangler.toml).')
  const line = await deps.live.connect(accountId)
  if (!line) return fail('rate-limited', `At most ${STREAMS_MAX} streams of an account are open at once: close one.`)
  try {
    const place = options.since ?? (await newestEvent(deps.stores.of(accountId), accountId)) ?? BEGINNING
    const follower = new Follower(deps, accountId, line, place, options)
    const refused = await follower.begin()
    if (!refused) return follower
    line.close(1000)
    return refused
  } catch (error) {
    line.close(1000)
    throw error
  }
}

export class Follower {
  readonly #deps: Deps
  readonly #accountId: number
  readonly #line: WebSocket
  readonly #options: FollowOptions
  readonly #pace: Pace
  readonly #endsAtMs: number
  #place: EventPlace
  #pages = 0
  #beatAtMs: number
  #hasNews = true
  #isAnswered = true
  #ended: EndReason | null = null
  #wake: () => void = () => {}

  constructor(deps: Deps, accountId: number, line: WebSocket, place: EventPlace, options: FollowOptions) {
    this.#deps = deps
    this.#accountId = accountId
    this.#line = line
    this.#options = options
    this.#pace = options.pace ?? PACE
    this.#place = place
    this.#endsAtMs = deps.now() + this.#pace.lifeMs
    this.#beatAtMs = deps.now() + this.#pace.beatMs
    line.addEventListener('message', ({ data }) => {
      if (data === NEWS) this.#hasNews = true
      else this.#isAnswered = true
      this.#wake()
    })
    line.addEventListener('close', () => this.#end('lost'))
    line.addEventListener('error', () => this.#end('lost'))
  }

  /** Whether the place can be read from: a failure is for whoever asks, before there is a stream. */
  async begin(): Promise<Failure | null> {
    const page = await this.#read(1)
    return isFailure(page) ? page : null
  }

  /** What comes next: asked for again and again until it is the end. Never throws. */
  async next(): Promise<Followed> {
    try {
      for (;;) {
        if (this.#ended) return this.#finish(this.#ended)
        const now = this.#deps.now()
        if (now >= this.#endsAtMs || this.#pages >= this.#pace.pagesMax) return this.#finish('over')
        const isBeat = now >= this.#beatAtMs
        if (isBeat && !(await this.#mayGoOn(now))) return this.#finish(this.#ended ?? 'refused')
        if (isBeat || this.#hasNews) {
          this.#hasNews = false
          const page = await this.#read(PAGE)
          if (isFailure(page)) return this.#finish('behind')
          this.#place = page.next
          if (page.more) this.#hasNews = true
          if (page.events.length > 0) return { kind: 'events', events: page.events }
          if (isBeat) return { kind: 'beat', place: page.next.modseq === 0 ? null : page.next }
        } else await this.#sleep(Math.min(this.#beatAtMs, this.#endsAtMs) - now)
      }
    } catch (error) {
      this.#deps.log({ level: 'error', at: 'follow', account: this.#accountId, error: String(error) })
      return this.#finish('lost')
    }
  }

  /** Ends it; to be called when its reader is gone. */
  close(): void {
    this.#end('over')
    this.#line.close(1000)
  }

  #end(reason: EndReason): void {
    this.#ended ??= reason
    this.#wake()
  }

  #finish(reason: EndReason): Followed {
    this.#ended = reason
    this.#line.close(1000)
    return { kind: 'end', reason }
  }

  async #mayGoOn(now: number): Promise<boolean> {
    this.#beatAtMs = now + this.#pace.beatMs
    // The line has not answered since the beat before: it leads nowhere.
    if (!this.#isAnswered) {
      this.#ended = 'lost'
      return false
    }
    this.#isAnswered = false
    this.#line.send(PING)
    return this.#options.mayFollow()
  }

  #read(limit: number) {
    this.#pages++
    return listEvents(this.#deps, this.#accountId, { since: this.#place, types: this.#options.types, limit })
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(1, ms))
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}
