/**
 * ARC (RFC 8617): the sets that those who handed a message on have put into it, and whether they hold.
 *
 * Each set has an instance, what its author found (ARC-Authentication-Results), a signature over the message as it was then,
 * and a seal over all sets so far. Only whole chains count: a set that is missing, stands twice or cannot be read breaks it.
 */
import type { HeaderField } from '../mime/message.ts'
import { type RawMessage, SignatureCheck } from './dkim.ts'
import { findKey, isSignedBy } from './key.ts'
import type { Resolve } from './resolve.ts'
import { parseArcMessageSignature, parseSigned } from './signature.ts'
import { sealedData } from './signed-fields.ts'
import { parseTags, type Tags } from './tags.ts'

/** RFC 8617 §4.2.1. */
export const ARC_INSTANCE_MAX = 50
/** Sets whose seals are verified, of a chain that nobody trustworthy looked at: each costs a query and a check. */
const SETS_VERIFIED_MAX = 10

export type ArcSet = {
  instance: number
  results: HeaderField
  signature: { field: HeaderField; tags: Tags }
  seal: { field: HeaderField; tags: Tags }
}

/** The sets in order of their instance. Null where a set is missing, stands twice or cannot be read. */
export type ArcChain = ArcSet[] | null

export type ArcResult = 'pass' | 'fail' | 'none' | 'unknown'

/** The whole chain, as RFC 8617 §5.2 has it: the newest signature, and each seal. */
export async function verifyArc(message: RawMessage, resolve: Resolve): Promise<ArcResult> {
  const chain = arcChain(message.fields)
  if (!chain) return 'fail'
  const newest = chain.at(-1)
  if (!newest) return 'none'
  if (newest.seal.tags.get('cv')?.toLowerCase() === 'fail' || !chain.every(hasItsPlace)) return 'fail'
  if (chain.length > SETS_VERIFIED_MAX) return 'unknown'
  const results = await Promise.all([
    verifyArcSignature(message, newest, resolve),
    ...chain.map((_, at) => verifySeal(message.bytes, chain.slice(0, at + 1), resolve)),
  ])
  if (results.includes('fail')) return 'fail'
  return results.includes('unknown') ? 'unknown' : 'pass'
}

/** Whether the message is what the set's author saw. */
export async function verifyArcSignature(
  message: RawMessage,
  { signature }: ArcSet,
  resolve: Resolve,
): Promise<Exclude<ArcResult, 'none'>> {
  const parsed = parseArcMessageSignature(signature.tags)
  if ('defect' in parsed) return 'fail'
  const { result } = await new SignatureCheck(message).outcome(signature.field, parsed, await findKey(parsed, resolve))
  return result === 'pass' || result === 'unknown' ? result : 'fail'
}

/** Whether the last of these sets seals all of them. One that found the chain broken seals itself alone (§5.1.2). */
export async function verifySeal(
  bytes: Uint8Array,
  sets: readonly ArcSet[],
  resolve: Resolve,
): Promise<Exclude<ArcResult, 'none'>> {
  const own = sets.at(-1)
  const signed = own && parseSigned(own.seal.tags)
  // RFC 8617 §4.1.3: a seal names no fields, for it has none to choose.
  if (!own || !signed || 'defect' in signed || own.seal.tags.has('h')) return 'fail'
  const key = await findKey(signed, resolve)
  if (key === 'unknown') return 'unknown'
  if ('defect' in key) return 'fail'
  const sealed = own.seal.tags.get('cv')?.toLowerCase() === 'fail' ? [own] : sets
  const fields = sealed.flatMap((set) => [set.results, set.signature.field, set.seal.field])
  const data = sealedData(bytes, fields.slice(0, -1), own.seal.field)
  return (await isSignedBy(key, signed.signature, data)) ? 'pass' : 'fail'
}

/** The chain in these fields; empty where there is no ARC at all. */
function arcChain(fields: readonly HeaderField[]): ArcChain {
  const found = arcSets(fields)
  if (!found) return null
  const sets = Array.from({ length: found.size }, (_, at) => found.get(at + 1))
  return sets.every(isWhole) ? sets : null
}

/** The one set in these fields, of whatever instance; null where they are none, or more. */
export function soleArcSet(fields: readonly HeaderField[]): ArcSet | null {
  const found = arcSets(fields)
  const [set] = found?.values() ?? []
  return found?.size === 1 && isWhole(set) ? set : null
}

/**
 * The sets before this instance, whatever else stands there: what cannot be read, comes twice or later is passed over. For
 * whoever has somebody's word that the chain was good; null where it is not whole.
 */
export function arcSetsBefore(fields: readonly HeaderField[], instance: number): ArcSet[] | null {
  const found = new Map<number, Partial<ArcSet>>()
  for (const field of fields) {
    const read = field.key.startsWith('arc-') ? readArcField(field) : null
    if (!read || read === 'other' || read.instance >= instance) continue
    const set = found.get(read.instance) ?? { instance: read.instance }
    found.set(read.instance, { [read.name]: read.value, ...set })
  }
  const sets = Array.from({ length: instance - 1 }, (_, at) => found.get(at + 1))
  return sets.every(isWhole) ? sets : null
}

/** What stands of each instance. Null where something stands twice or cannot be read. */
function arcSets(fields: readonly HeaderField[]): Map<number, Partial<ArcSet>> | null {
  const found = new Map<number, Partial<ArcSet>>()
  for (const field of fields) {
    if (!field.key.startsWith('arc-')) continue
    const read = readArcField(field)
    if (read === 'other') continue
    if (!read) return null
    const set = found.get(read.instance) ?? { instance: read.instance }
    if (read.name in set) return null
    found.set(read.instance, { ...set, [read.name]: read.value })
  }
  return found
}

type ArcField = { instance: number; name: 'results' | 'signature' | 'seal'; value: unknown }

/** 'other' for a field that only begins with ARC; null where it cannot be read. */
function readArcField(field: HeaderField): ArcField | 'other' | null {
  if (field.key === 'arc-authentication-results') {
    const instance = instanceOf(/^[ \t]*i[ \t]*=[ \t]*(\d{1,3})[ \t]*;/.exec(field.raw)?.[1])
    return instance === null ? null : { instance, name: 'results', value: field }
  }
  if (field.key !== 'arc-message-signature' && field.key !== 'arc-seal') return 'other'
  const tags = parseTags(field.raw)
  const instance = instanceOf(tags?.get('i'))
  if (!tags || instance === null) return null
  return { instance, name: field.key === 'arc-seal' ? 'seal' : 'signature', value: { field, tags } }
}

function instanceOf(digits: string | undefined): number | null {
  const instance = digits !== undefined && /^[1-9]\d?$/.test(digits) ? Number(digits) : 0
  return instance >= 1 && instance <= ARC_INSTANCE_MAX ? instance : null
}

function isWhole(set: Partial<ArcSet> | undefined): set is ArcSet {
  return set?.results !== undefined && set.signature !== undefined && set.seal !== undefined
}

/** RFC 8617 §4.1.3: the first found no chain before it, each later one a good one. */
export function hasItsPlace({ instance, seal }: ArcSet): boolean {
  return seal.tags.get('cv')?.toLowerCase() === (instance === 1 ? 'none' : 'pass')
}
