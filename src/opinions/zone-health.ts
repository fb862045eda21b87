/**
 * Which zones may be believed, as this isolate has found out: the result of the last probe, and for how long it counts.
 * Plain data and no promises, since one event's work may not wait for another's.
 */

export type ZoneState = 'usable' | 'off' | 'unprobed'

/** A probe counts that long. A list that closes answers one way to everything, soon after. */
const PROBE_MS = 3_600_000
/** A zone that did not answer is left alone that long: at most one message in it waits for a dead list. */
const SILENT_MS = 300_000

export class ZoneHealth {
  /** By the zone's name, so at most one for each that the operator names. */
  readonly #known = new Map<string, { usable: boolean; untilMs: number }>()

  stateOf(zone: string, nowMs: number): ZoneState {
    const known = this.#known.get(zone)
    if (!known || nowMs >= known.untilMs) return 'unprobed'
    return known.usable ? 'usable' : 'off'
  }

  usable(zone: string, nowMs: number): void {
    this.#known.set(zone, { usable: true, untilMs: nowMs + PROBE_MS })
  }

  /** It does not answer as a list must, or refuses. */
  broken(zone: string, nowMs: number): void {
    this.#known.set(zone, { usable: false, untilMs: nowMs + PROBE_MS })
  }

  silent(zone: string, nowMs: number): void {
    this.#known.set(zone, { usable: false, untilMs: nowMs + SILENT_MS })
  }
}
