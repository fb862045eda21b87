/**
 * DNS blocklists, asked about one message: its client's address, and the domains that it links to.
 *
 * All zones at once, each within one time limit for all: a zone that has not answered by then is unknown, lists nothing, and
 * is left alone for a while, so that no list can delay mail. The questions go on behind, and what they bring stands in the
 * resolver's cache, which keeps each answer as long as the list says.
 *
 * A zone's word counts only while its probe does. Where it must be probed first, that goes beside the questions.
 */

import type { Listing } from '../spam/outside.ts'
import { formatIp, parseIp } from '../verify/ip.ts'
import { isPrivateIp } from '../verify/ip-private.ts'
import type { Resolve } from '../verify/resolve.ts'
import { type Reading, readAnswer } from './answer.ts'
import { within } from './deadline.ts'
import { probeZone } from './probe.ts'
import type { ZoneHealth } from './zone-health.ts'
import type { Zone } from './zones.ts'

export type Blocklists = { zones: readonly Zone[]; health: ZoneHealth }

/** What asking needs, of Deps. */
export type Asking = {
  resolve: Resolve
  now(): number
  log(entry: Record<string, unknown>): void
  background(work: Promise<unknown>): void
}

type Subject = { value: string; name: string }
type Inquiry = { zone: Zone; listings: Listing[] | null; isLate: boolean }

/** All zones together. People do not notice it, and the sender waits for longer things. */
export const BLOCKLISTS_MS_MAX = 1_500
/**
 * Questions about domains, over all zones. With a probe of each zone that makes 26 at most: a Worker has six connections at
 * once, and on the free plan 50 requests an invocation, of which verifying the sender wants some.
 */
const DOMAIN_QUESTIONS_MAX = 10
/** RFC 1035 §2.3.4, as text. */
const NAME_CHARS_MAX = 253

/** `ip` is the client's where somebody trustworthy saw it; `domains` are registrable ones. */
export async function askBlocklists(
  asking: Asking,
  { zones, health }: Blocklists,
  message: { ip: string | null; domains: readonly string[] },
): Promise<Listing[]> {
  const nowMs = asking.now()
  const work: Promise<void>[] = []
  const inquiries: Inquiry[] = []
  for (const zone of zones) {
    const subjects = health.stateOf(zone.name, nowMs) === 'off' ? [] : subjectsFor(zone, zones, message)
    if (subjects.length === 0) continue
    const inquiry: Inquiry = { zone, listings: null, isLate: false }
    inquiries.push(inquiry)
    work.push(inquire(asking, health, inquiry, subjects))
  }
  if (work.length === 0) return []
  const all = Promise.all(work)
  asking.background(all)
  await within(all, BLOCKLISTS_MS_MAX)
  return inquiries.flatMap((inquiry) => inquiry.listings ?? giveUp(asking, health, inquiry))
}

/** Asks one zone, and probes it where that is due. */
async function inquire(asking: Asking, health: ZoneHealth, inquiry: Inquiry, subjects: Subject[]): Promise<void> {
  const { zone } = inquiry
  const [isUsable, readings] = await Promise.all([
    isBelievable(asking, health, inquiry),
    Promise.all(subjects.map(async ({ name }) => readAnswer(await asking.resolve(name, 'A'), zone.codes))),
  ])
  // What comes late may warm the resolver's cache; the zone's state was settled when it was given up.
  if (inquiry.isLate) return
  inquiry.listings = []
  if (!isUsable) return
  if (readings.some(({ kind }) => kind === 'refused')) {
    health.broken(zone.name, asking.now())
    logZone(asking, zone, 'refused')
  } else if (readings.every(({ kind }) => kind === 'unknown')) {
    health.silent(zone.name, asking.now())
    logZone(asking, zone, 'unknown')
  }
  // The other answers of a zone that refuses one are no better.
  else inquiry.listings = readings.flatMap((reading, index) => listing(zone, subjects[index], reading))
}

async function isBelievable(asking: Asking, health: ZoneHealth, inquiry: Inquiry): Promise<boolean> {
  const { zone } = inquiry
  if (health.stateOf(zone.name, asking.now()) === 'usable') return true
  const probe = await probeZone(asking.resolve, zone)
  if (inquiry.isLate) return false
  if (probe === 'usable') health.usable(zone.name, asking.now())
  else if (probe === 'unknown') health.silent(zone.name, asking.now())
  else health.broken(zone.name, asking.now())
  if (probe !== 'usable') logZone(asking, zone, probe)
  return probe === 'usable'
}

function giveUp(asking: Asking, health: ZoneHealth, inquiry: Inquiry): Listing[] {
  inquiry.isLate = true
  health.silent(inquiry.zone.name, asking.now())
  logZone(asking, inquiry.zone, 'late')
  return []
}

function logZone({ log }: Asking, zone: Zone, found: string): void {
  log({ level: 'warn', at: 'dnsbl', zone: zone.shown, found })
}

function listing(zone: Zone, subject: Subject | undefined, reading: Reading): Listing[] {
  if (!subject || reading.kind !== 'listed') return []
  const { shown, kind, weight } = zone
  return [{ zone: shown, kind, value: subject.value, code: reading.code, weight }]
}

function subjectsFor(
  zone: Zone,
  zones: readonly Zone[],
  { ip, domains }: { ip: string | null; domains: readonly string[] },
): Subject[] {
  const values = zone.kind === 'ip' ? clientSubject(ip) : domainSubjects(domains, zones)
  return values
    .map(({ value, name }) => ({ value, name: `${name}.${zone.name}` }))
    .filter(({ name }) => name.length <= NAME_CHARS_MAX)
}

/** RFC 5782 §2.1 and §2.4: the bytes backwards, or the nibbles of an IPv6 address. */
function clientSubject(text: string | null): Subject[] {
  const ip = text === null ? null : parseIp(text)
  if (!ip || isPrivateIp(ip)) return []
  const digits = ip.version === 4 ? ip.bytes.map(String) : ip.bytes.flatMap((byte) => nibblesOf(byte))
  return [{ value: formatIp(ip), name: digits.reverse().join('.') }]
}

function nibblesOf(byte: number): string[] {
  return [(byte >> 4).toString(16), (byte & 15).toString(16)]
}

function domainSubjects(domains: readonly string[], zones: readonly Zone[]): Subject[] {
  const shared = zones.filter(({ kind }) => kind === 'domain').length
  return domains.slice(0, Math.floor(DOMAIN_QUESTIONS_MAX / shared)).map((domain) => ({ value: domain, name: domain }))
}
