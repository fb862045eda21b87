/**
 * Keys: from a signature's domain and selector to its published key (RFC 6376 §3.6), and the check of a signature with it.
 * RSA as RFC 8301 limits it, Ed25519 by RFC 8463.
 *
 * The DER around an RSA key is taken apart here: its size must be known before anybody computes with it, and the bare
 * RSAPublicKey that RFC 6376 §3.6.1 speaks of is published beside the SubjectPublicKeyInfo that everybody writes.
 */

import type { Resolve } from './resolve.ts'
import { readRsaKey } from './rsa-key.ts'
import type { KeyAlgorithm, Signed } from './signature.ts'
import { base64Bytes, parseTags, type Tags, trimFws, unfolded } from './tags.ts'

/** RFC 8301 §3.2. */
const RSA_BITS_MIN = 1024
/** RFC 8301 §3.2: verifiers must take keys up to this size; what a larger one would cost is the sender's to choose. */
const RSA_BITS_MAX = 4096
const ED25519_KEY_BYTES = 32
/** Records of one name that are looked at: a wildcard may stand there beside the key. */
const RECORDS_MAX = 10

export type KeyDefect =
  | 'no key is published'
  | 'key revoked' // an empty p=
  | 'key malformed'
  | 'key does not allow this use' // s=, h= or k= of the record
  | 'identity is not the exact domain' // t=s
  | 'key shorter than 1024 bits'
  | 'key longer than 4096 bits'

export type PublishedKey = {
  key: CryptoKey
  algorithm: KeyAlgorithm
  /** t=y: the domain is only trying, and a failure says nothing. */
  testing: boolean
  /** t=s: i= must name the very domain. */
  strictIdentity: boolean
}

/** 'unknown' where DNS could not be asked. */
export type KeyLookup = PublishedKey | { defect: KeyDefect } | 'unknown'

export async function findKey(signed: Signed, resolve: Resolve): Promise<KeyLookup> {
  const answer = await resolve(`${signed.selector}._domainkey.${signed.domain}`, 'TXT')
  if (answer.kind === 'unknown') return 'unknown'
  if (answer.kind === 'none') return { defect: 'no key is published' }
  return await readKeyRecords(answer.records, signed.algorithm)
}

/** What these records import to, since a few keys sign most mail, and Cloudflare's all of it. */
const imported = new Map<string, PublishedKey | { defect: KeyDefect }>()
/** Some hundred bytes each. The oldest goes first. */
const IMPORTED_MAX = 200

/** The first record that is a key counts: RFC 6376 §3.6.2.2 leaves open what several mean. */
export async function readKeyRecords(
  records: string[],
  algorithm: KeyAlgorithm,
): Promise<PublishedKey | { defect: KeyDefect }> {
  for (const record of records.slice(0, RECORDS_MAX)) {
    const tags = parseTags(record)
    if (!tags?.has('p') || !isKeyVersion(tags)) continue
    const name = `${algorithm} ${record}`
    const known = imported.get(name) ?? (await readKey(tags, algorithm))
    if (imported.size >= IMPORTED_MAX) imported.delete(imported.keys().next().value as string)
    imported.set(name, known)
    return known
  }
  return { defect: 'no key is published' }
}

/** Whether the signature was made over `data` with the key. */
export async function isSignedBy(
  { key, algorithm }: PublishedKey,
  signature: Uint8Array<ArrayBuffer>,
  data: Uint8Array<ArrayBuffer>,
) {
  // RFC 8463 §3: Ed25519 signs the digest of the data, RSA's own padding holds it.
  const signed = algorithm === 'rsa' ? data : new Uint8Array(await crypto.subtle.digest('SHA-256', data))
  const name = algorithm === 'rsa' ? 'RSASSA-PKCS1-v1_5' : 'Ed25519'
  // A signature of a wrong length may throw, where it should be false.
  return await crypto.subtle.verify(name, key, signature, signed).catch(() => false)
}

function isKeyVersion(tags: Tags): boolean {
  const version = tags.get('v')
  // RFC 6376 §3.6.1: where it stands, it stands first.
  return version === undefined || (version === 'DKIM1' && tags.keys().next().value === 'v')
}

async function readKey(tags: Tags, algorithm: KeyAlgorithm): Promise<PublishedKey | { defect: KeyDefect }> {
  if (unfolded(tags.get('p') ?? '') === '') return { defect: 'key revoked' }
  const allows = (name: string, any: string, ...wanted: string[]) => {
    const words = wordsOf(tags.get(name) ?? any)
    return words.some((word) => wanted.includes(word))
  }
  if (!allows('k', 'rsa', algorithm) || !allows('h', 'sha256', 'sha256') || !allows('s', '*', '*', 'email'))
    return { defect: 'key does not allow this use' }
  const flags = wordsOf(tags.get('t') ?? '')
  const bytes = base64Bytes(tags.get('p') ?? '')
  const key = bytes ? await importKey(bytes, algorithm) : 'key malformed'
  if (typeof key === 'string') return { defect: key }
  return { key, algorithm, testing: flags.includes('y'), strictIdentity: flags.includes('s') }
}

function wordsOf(value: string): string[] {
  return value.split(':').map((word) => trimFws(word).toLowerCase())
}

async function importKey(bytes: Uint8Array<ArrayBuffer>, algorithm: KeyAlgorithm): Promise<CryptoKey | KeyDefect> {
  try {
    if (algorithm === 'ed25519') {
      if (bytes.length !== ED25519_KEY_BYTES) return 'key malformed'
      return await crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, false, ['verify'])
    }
    const rsa = readRsaKey(bytes)
    if (!rsa) return 'key malformed'
    if (rsa.bits < RSA_BITS_MIN) return 'key shorter than 1024 bits'
    if (rsa.bits > RSA_BITS_MAX) return 'key longer than 4096 bits'
    const how = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
    return await crypto.subtle.importKey('jwk', { kty: 'RSA', n: rsa.n, e: rsa.e }, how, false, ['verify'])
  } catch {
    return 'key malformed'
  }
}
