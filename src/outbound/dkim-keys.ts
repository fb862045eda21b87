/**
 * The keys that a domain's mail is signed with, where it goes by SMTP: made here, published by whoever holds the domain's DNS,
 * and used once they are found there.
 *
 *   make (pending) -> its record is published -> activate: the DNS is asked, and the key before it retires
 *
 * A domain may have one active key of each algorithm; mail then bears a signature of each. A retired key's record stays in the DNS
 * while mail that it signed may still be on its way.
 *
 * The private key never leaves: it is stored sealed with a key of POSTERN_SECRET, bound to its domain and selector. Without
 * that secret there is no signing, and mail waits.
 */

import { Buffer } from 'node:buffer'
import { deriveKey } from '../access/secrets.ts'
import type { Deps } from '../deps.ts'
import { type Failure, fail } from '../errors.ts'
import { seconds } from '../seconds.ts'
import { isUniqueViolation } from '../store/database.ts'
import { type NamedDkimKey, pageDkimKeys, readActiveDkimKeys, readDkimKey } from '../store/dkim-read.ts'
import { activateDkimKey, deleteDkimKey, insertDkimKey, retireDkimKey } from '../store/dkim-write.ts'
import type { Stores } from '../store/stores.ts'
import { type DkimAlgorithm, type SigningKey, sign, signatureFields } from '../verify/dkim-sign.ts'
import { findKey, isSignedBy } from '../verify/key.ts'

export type DkimKey = {
  id: number
  domain: string
  selector: string
  algorithm: DkimAlgorithm
  state: 'pending' | 'active' | 'retired'
  /** What is to be published: one TXT record. */
  record: { name: string; value: string }
  createdAt: number
  activatedAt: number | null
  retiredAt: number | null
  /** From when on nobody needs the record of a retired key. */
  recordNeededUntil: number | null
}

/** What the DNS has where the key's record should stand. */
export type DkimRecord = 'published' | 'missing' | 'different' | 'unknown'

/** More than any rotation needs; bounds what one domain's mail may cost to sign. */
const KEYS_MAX = 20
/** RFC 8301 §3.2 asks for 2048 at least; more do not fit into one string of a TXT record, nor into some DNS. */
const RSA_BITS = 2048
/** Servers try for five days, and readers look at what is new. */
const RECORD_KEPT_SECONDS = 7 * 86_400
/** One label: letters, digits and hyphens within. */
const SELECTOR = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const NONCE_BYTES = 12
/** Signed and verified once, to see whether the published key is the pair of ours. */
const PROBE = Uint8Array.from(new TextEncoder().encode('Postern'))

/** Makes a key that signs nothing yet. `selector`: one is made from the day and the algorithm where none is given. */
export async function makeDkimKey(
  deps: Deps,
  domainId: number,
  { algorithm, selector }: { algorithm: DkimAlgorithm; selector?: string | undefined },
): Promise<DkimKey | Failure> {
  const named = (selector ?? selectorOf(algorithm, deps)).toLowerCase()
  if (!SELECTOR.test(named))
    return fail('invalid', 'A selector is one label of letters, digits and hyphens.', 'selector')
  const { privateKey, publicKey } = await generate(algorithm)
  const private_key = await seal(deps, privateKey, { domainId, selector: named })
  const row = { domain_id: domainId, selector: named, algorithm, private_key, public_key: publicKey }
  try {
    const made = await deps.stores.directory.first<{ id: number }>(insertDkimKey(row, seconds(deps), KEYS_MAX))
    if (made) return (await getDkimKey(deps, made.id)) ?? fail('not-found', 'The domain was removed.')
    return fail('conflict', `A domain has ${KEYS_MAX} keys at most: delete those that are retired.`)
  } catch (error) {
    if (isUniqueViolation(error)) return fail('conflict', `The domain has a key with the selector ${named} already.`)
    throw error
  }
}

export async function getDkimKey(deps: Deps, id: number): Promise<DkimKey | null> {
  const row = await readDkimKey(deps.stores.directory, id)
  return row && dkimKey(row)
}

export async function listDkimKeys(deps: Deps, domainId: number, after: number, limit: number): Promise<DkimKey[]> {
  return (await pageDkimKeys(deps.stores.directory, domainId, after, limit)).map(dkimKey)
}

/** Asks the DNS for the key's record, by what counts: whether what is published verifies what the key signs. */
export async function checkDkimKey(deps: Deps, id: number): Promise<DkimRecord | null> {
  const row = await readDkimKey(deps.stores.directory, id)
  return row && (await lookUp(deps, row))
}

/** Lets a key sign from now on, where its record is published; the one of its algorithm that signed before retires. */
export async function activateDkimKeyOf(deps: Deps, id: number): Promise<DkimKey | Failure> {
  const row = await readDkimKey(deps.stores.directory, id)
  if (!row) return fail('not-found', 'There is no such key.')
  const record = await lookUp(deps, row)
  if (record === 'unknown') return fail('unavailable', 'The DNS could not be asked. Try again shortly.')
  const { name } = dkimKey(row).record
  if (record === 'missing')
    return fail('conflict', `There is no key at ${name} yet. What was not found is remembered for a while.`)
  if (record === 'different') return fail('conflict', `What stands at ${name} is not this key.`)
  await deps.stores.directory.batch(activateDkimKey(row, seconds(deps)))
  return (await getDkimKey(deps, id)) ?? fail('not-found', 'There is no such key.')
}

export async function retireDkimKeyOf(deps: Deps, id: number): Promise<DkimKey | Failure> {
  const retired = await deps.stores.directory.first(retireDkimKey(id, seconds(deps)))
  const key = await getDkimKey(deps, id)
  if (!key) return fail('not-found', 'There is no such key.')
  return retired ? key : fail('conflict', 'It does not sign.')
}

export async function removeDkimKey(deps: Deps, id: number): Promise<true | Failure> {
  if (await deps.stores.directory.first(deleteDkimKey(id))) return true
  return (await getDkimKey(deps, id))
    ? fail('conflict', 'It signs: activate another key, or retire it first.')
    : fail('not-found', 'There is no such key.')
}

/** What signing needs of the server. */
export type Signing = { stores: Pick<Stores, 'directory'>; root: string | null; nowMs: number }

/**
 * The signatures of the domain's active keys, to be put on top of the message; empty where there are none. Throws where there are and
 * they cannot be used: unsigned mail of a domain that signs is refused by who believes its DMARC policy.
 */
export async function signOutgoing(signing: Signing, raw: Uint8Array, domain: string): Promise<Uint8Array> {
  const rows = await readActiveDkimKeys(signing.stores.directory, domain)
  const keys = await Promise.all(rows.map((row) => signingKey(signing.root, row)))
  return await signatureFields(raw, keys, signing.nowMs)
}

/** Opened and imported once in an isolate: a row's private key never changes. */
const opened = new Map<string, CryptoKey>()
/** The oldest goes first. */
const OPENED_MAX = 200

async function signingKey(root: string | null, row: NamedDkimKey): Promise<SigningKey> {
  const { domain, selector, algorithm } = row
  if (root === null) throw new Error('POSTERN_SECRET is not set')
  const name = `${root} ${row.private_key}`
  const key = opened.get(name) ?? (await openKey(root, row))
  if (opened.size >= OPENED_MAX) opened.delete(opened.keys().next().value as string)
  opened.set(name, key)
  return { domain, selector, algorithm, key }
}

async function openKey(root: string, row: NamedDkimKey): Promise<CryptoKey> {
  const sealed = Uint8Array.from(Buffer.from(row.private_key, 'base64'))
  const key = await deriveKey(root, 'dkim-key')
  const how = cipher(sealed.subarray(0, NONCE_BYTES), { domainId: row.domain_id, selector: row.selector })
  const pkcs8 = await crypto.subtle.decrypt(how, key, sealed.subarray(NONCE_BYTES))
  return await crypto.subtle.importKey('pkcs8', pkcs8, importedAs(row.algorithm), false, ['sign'])
}

async function lookUp(deps: Deps, row: NamedDkimKey): Promise<DkimRecord> {
  const algorithm = row.algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'
  const found = await findKey({ ...row, algorithm, signature: new Uint8Array() }, deps.resolve)
  if (found === 'unknown') return 'unknown'
  if ('defect' in found) return found.defect === 'no key is published' ? 'missing' : 'different'
  const { key } = await signingKey(deps.secrets.root, row)
  const isPair = await isSignedBy(found, await sign(row.algorithm, key, PROBE), PROBE)
  return isPair ? 'published' : 'different'
}

async function generate(algorithm: DkimAlgorithm): Promise<{ privateKey: Uint8Array; publicKey: string }> {
  const rsa = { ...importedAs('rsa-sha256'), modulusLength: RSA_BITS, publicExponent: Uint8Array.of(1, 0, 1) }
  const how = algorithm === 'rsa-sha256' ? rsa : importedAs(algorithm)
  const pair = (await crypto.subtle.generateKey(how, true, ['sign', 'verify'])) as CryptoKeyPair
  // RFC 6376 §3.6.1 has RSA keys as SubjectPublicKeyInfo, RFC 8463 §4.2 Ed25519 keys bare.
  const form = algorithm === 'rsa-sha256' ? 'spki' : 'raw'
  const exported = async (as: string, key: CryptoKey) =>
    new Uint8Array((await crypto.subtle.exportKey(as, key)) as ArrayBuffer)
  return {
    privateKey: await exported('pkcs8', pair.privateKey),
    publicKey: Buffer.from(await exported(form, pair.publicKey)).toString('base64'),
  }
}

function importedAs(algorithm: DkimAlgorithm): { name: string; hash?: string } {
  return algorithm === 'rsa-sha256' ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } : { name: 'Ed25519' }
}

type Owner = { domainId: number; selector: string }

async function seal(deps: Deps, plain: Uint8Array, owner: Owner): Promise<string> {
  const { root } = deps.secrets
  if (root === null) throw new Error('POSTERN_SECRET is not set')
  const nonce = deps.random(NONCE_BYTES)
  const key = await deriveKey(root, 'dkim-key')
  const sealed = await crypto.subtle.encrypt(cipher(nonce, owner), key, plain as Uint8Array<ArrayBuffer>)
  return Buffer.concat([nonce, new Uint8Array(sealed)]).toString('base64')
}

function cipher(iv: Uint8Array, { domainId, selector }: Owner) {
  return { name: 'AES-GCM', iv, additionalData: new TextEncoder().encode(JSON.stringify([domainId, selector])) }
}

/** Such as p20260301r: of its day, so that a rotation is another one, and of its algorithm. */
function selectorOf(algorithm: DkimAlgorithm, deps: Deps): string {
  return `p${new Date(deps.now()).toISOString().slice(0, 10).replaceAll('-', '')}${algorithm === 'rsa-sha256' ? 'r' : 'e'}`
}

function dkimKey(row: NamedDkimKey): DkimKey {
  const { id, domain, selector, algorithm, state } = row
  const kind = algorithm === 'rsa-sha256' ? 'rsa' : 'ed25519'
  return {
    ...{ id, domain, selector, algorithm, state },
    record: { name: `${selector}._domainkey.${domain}`, value: `v=DKIM1; k=${kind}; p=${row.public_key}` },
    createdAt: row.created_at,
    activatedAt: row.activated_at,
    retiredAt: row.retired_at,
    recordNeededUntil: row.retired_at === null ? null : row.retired_at + RECORD_KEPT_SECONDS,
  }
}
