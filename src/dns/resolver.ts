/**
 * The resolver that the server uses: answers that are remembered, else a question over HTTPS.
 *
 *   this isolate's memory -> the Cache API -> DNS over HTTPS -> both remember
 *
 * An answer outlives its time: where DNS cannot be asked, the last good one still counts (RFC 8767), so that Cloudflare's key
 * and the keys of those who write every day are there when the network is not. (On workers.dev the Cache API keeps nothing;
 * there only the memory of a running isolate does.)
 *
 * Where the resolver cannot be reached at all, it is left alone for a while: a machine without a network answers 'unknown' at
 * once, and does not fail anew for every message.
 */
import type { DnsAnswer, DnsType, Resolve } from '../verify/resolve.ts'
import { type Asked, askDns } from './doh.ts'
import { type Kept, readKept, writeKept } from './kept.ts'

/** Answers are believed for at least so long, whatever their owner says: one message is often followed by another. */
const FRESH_SECONDS_MIN = 60
const FRESH_SECONDS_MAX = 3_600
/** "None" is believed for less: a key that was forgotten is published soon after the first complaint. */
const FRESH_NONE_SECONDS_MAX = 300
/** How long an answer that is no longer fresh may stand in for one that cannot be had. RFC 8767 §4 speaks of one to three days. */
const STALE_SECONDS_MAX = 3 * 86_400
/** After the resolver could not be reached. */
const SILENCE_MS = 60_000
/** Answers in one isolate's memory: some hundred bytes each. */
const MEMORY_MAX = 1_000
/** A larger answer is asked for anew: a thousand of the largest, which anybody can publish, would fill half the isolate. */
const MEMORY_CHARS_MAX = 8_192

/** What outlives a request: one isolate's memory. */
export class DnsMemory {
  readonly #answers = new Map<string, Kept>()
  /** Until when the resolver is left alone, in epoch milliseconds. */
  silentUntilMs = 0

  get(question: string): Kept | undefined {
    return this.#answers.get(question)
  }

  set(question: string, kept: Kept): void {
    // The oldest goes: what is asked for often is asked for again.
    this.#answers.delete(question)
    if (charsOf(kept.answer) > MEMORY_CHARS_MAX) return
    if (this.#answers.size >= MEMORY_MAX) this.#answers.delete(this.#answers.keys().next().value as string)
    this.#answers.set(question, kept)
  }
}

const isolateMemory = new DnsMemory()

export type Surroundings = {
  /** Epoch milliseconds. */
  now(): number
  background(work: Promise<unknown>): void
  log(entry: Record<string, unknown>): void
  memory?: DnsMemory
  ask?: (name: string, type: DnsType) => Promise<Asked>
}

export function dnsResolver({ now, background, log, memory = isolateMemory, ask = askDns }: Surroundings): Resolve {
  const answerTo = async (name: string, type: DnsType): Promise<DnsAnswer> => {
    const question = `${type} ${name.toLowerCase()}`
    const kept = memory.get(question) ?? (await readKept(question))
    if (kept) memory.set(question, kept)
    if (kept && now() < kept.freshUntilMs) return kept.answer
    const asked: Asked = now() < memory.silentUntilMs ? { kind: 'silent' } : await ask(name, type)
    switch (asked.kind) {
      case 'found':
      case 'none': {
        const fresh = keptOf(asked, now())
        memory.set(question, fresh)
        background(writeKept(question, fresh, STALE_SECONDS_MAX))
        return fresh.answer
      }
      case 'silent':
        if (now() >= memory.silentUntilMs) {
          memory.silentUntilMs = now() + SILENCE_MS
          log({ level: 'warn', at: 'dns', error: 'the resolver cannot be reached: senders are not verified' })
        }
        return standIn(kept, now())
      case 'unknown':
        return standIn(kept, now())
    }
  }
  return answerTo
}

function charsOf(answer: Kept['answer']): number {
  return answer.kind === 'found' ? answer.records.reduce((sum, record) => sum + record.length, 0) : 0
}

function keptOf(asked: Extract<Asked, { kind: 'found' | 'none' }>, nowMs: number): Kept {
  const max = asked.kind === 'found' ? FRESH_SECONDS_MAX : FRESH_NONE_SECONDS_MAX
  const freshSeconds = Math.max(FRESH_SECONDS_MIN, Math.min(asked.ttlSeconds, max))
  const answer: DnsAnswer = asked.kind === 'found' ? { kind: 'found', records: asked.records } : { kind: 'none' }
  return { answer, freshUntilMs: nowMs + freshSeconds * 1000 }
}

function standIn(kept: Kept | undefined, nowMs: number): DnsAnswer {
  const isUsable = kept?.answer.kind === 'found' && nowMs < kept.freshUntilMs + STALE_SECONDS_MAX * 1000
  return isUsable ? kept.answer : { kind: 'unknown' }
}
