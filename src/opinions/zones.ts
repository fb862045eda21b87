/**
 * The DNS blocklists that the operator names, from POSTERN_DNSBL. Off where it is absent: which lists a server may ask, and
 * on what terms, only its operator knows.
 *
 *   ip:zen.example                          the client's address is asked about
 *   domain:dbl.example                      the domains of the links are
 *   ip:zen.example=127.0.0.[2..9;11]        only these answers count; without it, any that is a listing
 *   ip:zen.example*2                        counts as much as two lists
 *
 * Entries are parted by blanks or commas. Answers are written as Postfix's postscreen_dnsbl_sites writes them.
 *
 * Strict: an entry that cannot be read is not used and is told to the log by its place, never guessed at and never repeated,
 * since a zone's name may hold the operator's key.
 */
import { foldDomain } from '../mime/fold-address.ts'

/** For each of the four numbers of an answer, the ranges that it may lie in. */
export type Codes = readonly (readonly [from: number, to: number])[][]

export type Zone = {
  kind: 'ip' | 'domain'
  name: string
  /** The name without what may be a key. */
  shown: string
  codes: Codes | null
  weight: 1 | 2
}

/** Each zone is asked for each message: more than a few lists repeat each other. */
const ZONES_MAX = 4
/** Room for the reversed address or a domain before the zone in a name of 253 characters (RFC 1035 §2.3.4). */
const ZONE_CHARS_MAX = 120
/** Keyed lists put the key into the name as a label of its own: 26 random characters and more. No list's own name has such a one. */
const KEY_CHARS_MIN = 20
const RANGES_MAX = 16

const ENTRY = /^(ip|domain):([^=*]+)(?:=([^*]+))?(?:\*([12]))?$/
const RANGE = /^(\d{1,3})(?:\.\.(\d{1,3}))?$/

export function parseZones(text: string): { zones: Zone[]; problems: string[] } {
  const zones: Zone[] = []
  const problems: string[] = []
  const entries = text.split(/[\s,]+/).filter((entry) => entry !== '')
  for (const [index, entry] of entries.entries()) {
    const zone = parseZone(entry)
    if (typeof zone === 'string') problems.push(`entry ${index + 1}: ${zone}`)
    else if (zones.some(({ kind, name }) => kind === zone.kind && name === zone.name))
      problems.push(`entry ${index + 1}: the same zone again`)
    else if (zones.length === ZONES_MAX) problems.push(`entry ${index + 1}: more than ${ZONES_MAX} zones`)
    else zones.push(zone)
  }
  return { zones, problems }
}

/** What is wrong, where it is no zone. */
function parseZone(entry: string): Zone | string {
  const match = ENTRY.exec(entry)
  if (!match) return 'not ip:ZONE or domain:ZONE, with =ANSWERS and *2 after it where they are wanted'
  const [, kind, written = '', filter, weight] = match
  const name = foldDomain(written)
  if (name === null || !name.includes('.') || name.length > ZONE_CHARS_MAX) return 'not the name of a zone'
  const codes = filter === undefined ? null : parseCodes(filter)
  if (filter !== undefined && codes === null) return 'not answers such as 127.0.0.[2..9;11]'
  return { kind: kind as Zone['kind'], name, shown: withoutKey(name), codes, weight: weight === '2' ? 2 : 1 }
}

function withoutKey(name: string): string {
  const labels = name.split('.').filter((label) => label.length < KEY_CHARS_MIN)
  return labels.join('.')
}

function parseCodes(text: string): Codes | null {
  // A dot between numbers parts them; the two dots of a range stand in brackets.
  const parts = text.match(/\[[^\]]*\]|[^.[\]]+/g) ?? []
  if (parts.length !== 4 || parts.join('.') !== text) return null
  const ranges = parts.map(parseRanges)
  return ranges.every((part) => part !== null) ? (ranges as Codes) : null
}

function parseRanges(text: string): [number, number][] | null {
  const isList = text.startsWith('[')
  const written = isList ? text.slice(1, -1).split(';') : [text]
  if (written.length > RANGES_MAX) return null
  const ranges: [number, number][] = []
  for (const one of written) {
    const [, from, to = from] = RANGE.exec(one) ?? []
    if (from === undefined || (!isList && from !== to)) return null
    const range: [number, number] = [Number(from), Number(to)]
    if (range[0] > range[1] || range[1] > 255) return null
    ranges.push(range)
  }
  return ranges
}
