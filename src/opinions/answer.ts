/**
 * What a DNS blocklist's answer means (RFC 5782 §2.1): an address of 127.0.0.0/8 lists what was asked about, no record does
 * not.
 *
 * Lists also refuse by an answer that looks like a listing, and whoever takes it for one calls all mail spam. So
 *  - 127.255.255.0/24 is Spamhaus's refusal (a public resolver, too many questions, an unknown key),
 *  - 127.0.1.255 is what its domain list says to an address,
 *  - 127.0.0.1 is URIBL's and SURBL's refusal, and nobody's listing,
 *  - anything outside 127.0.0.0/8 comes from a zone that has expired or a resolver that invents answers.
 * One refusal among the records makes the whole answer one.
 */
import { parseIp } from '../verify/ip.ts'
import type { DnsAnswer } from '../verify/resolve.ts'
import type { Codes } from './zones.ts'

export type Reading =
  | { kind: 'listed'; code: string }
  | { kind: 'not-listed' }
  | { kind: 'refused' }
  /** Nobody answered, or not in time. */
  | { kind: 'unknown' }

/** Lists give one address a reason; more than this are no reasons. */
const RECORDS_MAX = 32

/** Only `codes` count as a listing, where they are given. */
export function readAnswer(answer: DnsAnswer, codes: Codes | null): Reading {
  if (answer.kind === 'unknown') return { kind: 'unknown' }
  if (answer.kind === 'none') return { kind: 'not-listed' }
  const records = answer.records.slice(0, RECORDS_MAX).map((record) => parseIp(record)?.bytes ?? [])
  if (records.some(isRefusal)) return { kind: 'refused' }
  const listed = records.find((bytes) => codes === null || isAmong(bytes, codes))
  return listed ? { kind: 'listed', code: listed.join('.') } : { kind: 'not-listed' }
}

function isRefusal(bytes: number[]): boolean {
  const [a, b, c, d] = bytes
  if (bytes.length !== 4 || a !== 127) return true
  return (b === 255 && c === 255) || (b === 0 && c === 1 && d === 255) || (b === 0 && c === 0 && d === 1)
}

function isAmong(bytes: number[], codes: Codes): boolean {
  return codes.every((ranges, index) => ranges.some(([from, to]) => within(bytes[index] ?? -1, from, to)))
}

function within(value: number, from: number, to: number): boolean {
  return value >= from && value <= to
}
