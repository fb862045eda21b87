/**
 * The replay buffer: some examples of each opinion that an account's model meets again with every lesson, so that a run of
 * spam does not make it forget what ham looks like.
 */
import { Buffer } from 'node:buffer'
import { BUCKETS } from './logistic.ts'

export type Example = {
  /** The message's id; 0 for one that is not stored. */
  id: number
  isSpam: boolean
  /** Ascending, distinct (logistic.ts). */
  buckets: Uint16Array
}

/** Examples kept of each opinion: 1.5 KB each. */
export const EXAMPLES_MAX = 48

/** Puts an example in. Where its opinion's half is full, `dice` says which gives way. */
export function keep(buffer: Example[], example: Example, dice: number): void {
  const places = buffer.flatMap((one, at) => (one.isSpam === example.isSpam ? [at] : []))
  const place = places[dice % EXAMPLES_MAX]
  if (places.length < EXAMPLES_MAX || place === undefined) buffer.push(example)
  else buffer[place] = example
}

export function sealBuffer(buffer: readonly Example[]): string {
  return JSON.stringify(buffer.map(({ id, isSpam, buckets }) => [id, isSpam ? 1 : 0, packBuckets(buckets)]))
}

/** What cannot be read is left out: an example less is no harm. */
export function openBuffer(text: string): Example[] {
  const rows = readJson(text)
  if (!Array.isArray(rows)) return []
  return rows.slice(0, EXAMPLES_MAX * 2).flatMap((row): Example[] => {
    const [id, label, packed] = Array.isArray(row) ? row : []
    if (!Number.isSafeInteger(id) || (label !== 0 && label !== 1) || typeof packed !== 'string') return []
    const buckets = unpackBuckets(packed)
    return buckets ? [{ id, isSpam: label === 1, buckets }] : []
  })
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text || '[]')
  } catch {
    return null
  }
}

/** The gaps between buckets, in seven bits a byte: most fit one. */
function packBuckets(buckets: Uint16Array): string {
  const bytes: number[] = []
  let last = -1
  for (const bucket of buckets) {
    const gap = bucket - last - 1
    if (gap > 127) bytes.push((gap & 127) | 128, gap >> 7)
    else bytes.push(gap)
    last = bucket
  }
  return Buffer.from(bytes).toString('base64')
}

function unpackBuckets(packed: string): Uint16Array | null {
  const bytes = Buffer.from(packed.slice(0, BUCKETS * 4), 'base64')
  const buckets: number[] = []
  let last = -1
  for (let at = 0; at < bytes.length; at++) {
    let gap = bytes[at] as number
    if (gap > 127) gap = (gap & 127) | ((bytes[++at] ?? 0) << 7)
    last += gap + 1
    if (last >= BUCKETS) return null
    buckets.push(last)
  }
  return Uint16Array.from(buckets)
}
