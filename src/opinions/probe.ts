/**
 * Whether a zone answers as a blocklist must (RFC 5782 §5): its test entry is listed, and what must never be listed is not.
 * A zone that has closed, was mistyped, or refuses this resolver lists nothing or everything; both are found here, before
 * any mail is judged by it.
 */
import type { Resolve } from '../verify/resolve.ts'
import { type Reading, readAnswer } from './answer.ts'
import type { Zone } from './zones.ts'

export type Probe = 'usable' | 'lists-nothing' | 'lists-everything' | 'refused' | 'unknown'

/**
 * Lists of domains must list TEST. Those that list web sites by address too (SURBL, URIBL) are older than the rule and
 * have 127.0.0.2 instead: one of the two is enough.
 */
const LISTED: Record<Zone['kind'], string[]> = { ip: ['2.0.0.127'], domain: ['test', '2.0.0.127'] }
const NEVER_LISTED: Record<Zone['kind'], string> = { ip: '1.0.0.127', domain: 'invalid' }

export async function probeZone(resolve: Resolve, zone: Zone): Promise<Probe> {
  const ask = async (name: string) => readAnswer(await resolve(`${name}.${zone.name}`, 'A'), null)
  const [clean, ...tests] = await Promise.all([NEVER_LISTED[zone.kind], ...LISTED[zone.kind]].map(ask))
  return judge(clean ?? { kind: 'unknown' }, tests)
}

function judge(clean: Reading, tests: Reading[]): Probe {
  const kinds = new Set(tests.map((reading) => reading.kind))
  if (clean.kind === 'refused') return 'refused'
  if (clean.kind === 'listed') return 'lists-everything'
  if (clean.kind === 'unknown') return 'unknown'
  if (kinds.has('listed')) return 'usable'
  if (kinds.has('refused')) return 'refused'
  return kinds.has('unknown') ? 'unknown' : 'lists-nothing'
}
