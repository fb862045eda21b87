/**
 * DKIM (RFC 6376, with the algorithms of RFC 8301 and RFC 8463): whether the domains that signed a message did sign it as
 * it stands here. Says nothing of From: that is DMARC's question (dmarc.ts).
 *
 * Stricter than the RFC leaves it:
 *  - a signature with l= that leaves out the end of the body is 'policy', not a pass: whoever likes may write on;
 *  - of a header too long to be read whole nothing passes: the lowest From may be among what was not read.
 *
 * Invariants: never throws for content. However many signatures there are, SIGNATURES_MAX of them are looked at, and the
 * body is gone through BODY_HASHES_MAX times at most.
 */
import type { HeaderField } from '../mime/message.ts'
import { type BodyHash, type Canonicalization, hashBody } from './canonical.ts'
import { findKey, isSignedBy, type KeyDefect, type KeyLookup } from './key.ts'
import type { Resolve } from './resolve.ts'
import { type MessageSignature, parseDkimSignature, type SignatureDefect, type Unreadable } from './signature.ts'
import { type SignedHeader, signedData, signedHeaderOf } from './signed-fields.ts'
import type { DkimVerdict } from './verdict.ts'

/** Signatures looked at, from the top: each may cost a DNS query and a public-key operation. */
export const SIGNATURES_MAX = 10
/** Two forms, each with and without a limit: more are asked for by nobody who is honest. */
const BODY_HASHES_MAX = 4

/** What is verified: the raw message, its own fields, and where its body begins. */
export type RawMessage = {
  bytes: Uint8Array
  fields: readonly HeaderField[]
  bodyStart: number
  /** All fields were read: none is beyond a limit of the parser's. */
  headerWhole: boolean
}

/** Why a signature did not pass, for people; the set is closed. */
export type SignatureReason =
  | SignatureDefect
  | KeyDefect
  | 'DNS could not be asked'
  | 'signature expired'
  | 'body was changed'
  | 'header was changed'
  | 'end of the body is not signed'
  | 'header is too long'
  | 'too many signatures'

export type Outcome = { result: DkimVerdict['result']; reason: SignatureReason | null }

export async function verifyDkim(message: RawMessage, resolve: Resolve, nowMs: number): Promise<DkimVerdict[]> {
  const signed = message.fields.filter((field) => field.key === 'dkim-signature').slice(0, SIGNATURES_MAX)
  if (signed.length === 0) return []
  const check = new SignatureCheck(message)
  return await Promise.all(signed.map((field) => verifyField(check, field, resolve, nowMs)))
}

async function verifyField(
  check: SignatureCheck,
  field: HeaderField,
  resolve: Resolve,
  nowMs: number,
): Promise<DkimVerdict> {
  const signature = parseDkimSignature(field.raw)
  const { result, reason } =
    'defect' in signature
      ? unreadableOutcome(signature)
      : await verifySignature(check, field, signature, resolve, nowMs)
  return {
    result,
    domain: signature.domain,
    selector: signature.selector,
    by: result === 'unknown' ? null : 'postern',
    reason,
  }
}

async function verifySignature(
  check: SignatureCheck,
  field: HeaderField,
  signature: MessageSignature,
  resolve: Resolve,
  nowMs: number,
): Promise<Outcome> {
  const { expiresAt, agentDomain, domain } = signature
  if (expiresAt !== null && expiresAt * 1000 < nowMs) return { result: 'fail', reason: 'signature expired' }
  const key = await findKey(signature, resolve)
  const outcome = await check.outcome(field, signature, key)
  if (key === 'unknown' || 'defect' in key) return outcome
  if (key.strictIdentity && agentDomain !== domain)
    return { result: 'permerror', reason: 'identity is not the exact domain' }
  return key.testing && outcome.result === 'fail' ? { ...outcome, result: 'neutral' } : outcome
}

/** Checks signatures of one message; what several of them share is done once. */
export class SignatureCheck {
  readonly #message: RawMessage
  readonly #header: SignedHeader
  readonly #bodyHashes = new Map<string, BodyHash>()

  constructor(message: RawMessage) {
    this.#message = message
    this.#header = signedHeaderOf(message.bytes, message.fields)
  }

  /** Whether the signature that stands in `field` holds with this key. */
  async outcome(field: HeaderField, signature: MessageSignature, key: KeyLookup): Promise<Outcome> {
    if (key === 'unknown') return { result: 'unknown', reason: 'DNS could not be asked' }
    if ('defect' in key) return keyOutcome(key.defect)
    if (!this.#message.headerWhole) return { result: 'policy', reason: 'header is too long' }
    const { bodyForm, bodyLimitBytes, bodyHash, headerForm, signedNames } = signature
    const body = this.bodyHash(bodyForm, bodyLimitBytes)
    if (!body) return { result: 'policy', reason: 'too many signatures' }
    if (!isSame(body.digest, bodyHash) || (bodyLimitBytes ?? 0) > body.sizeBytes)
      return { result: 'fail', reason: 'body was changed' }
    const data = signedData(this.#header, field, signedNames, headerForm)
    if (!(await isSignedBy(key, signature.signature, data))) return { result: 'fail', reason: 'header was changed' }
    if (bodyLimitBytes !== null && bodyLimitBytes < body.sizeBytes)
      return { result: 'policy', reason: 'end of the body is not signed' }
    return { result: 'pass', reason: null }
  }

  /** Null where the body was gone through often enough. */
  bodyHash(form: Canonicalization, limitBytes: number | null): BodyHash | null {
    const name = `${form} ${limitBytes}`
    const known = this.#bodyHashes.get(name)
    if (known || this.#bodyHashes.size >= BODY_HASHES_MAX) return known ?? null
    const { bytes, bodyStart } = this.#message
    const made = hashBody(bytes, bodyStart, form, limitBytes ?? Number.POSITIVE_INFINITY)
    this.#bodyHashes.set(name, made)
    return made
  }
}

// RFC 8601 §2.7.1: what cannot be read is neutral; what was read and can never pass is an error for good.
function unreadableOutcome({ defect }: Unreadable): Outcome {
  const unread = defect === 'signature malformed' || defect === 'algorithm unknown'
  return { result: unread ? 'neutral' : 'permerror', reason: defect }
}

// RFC 8301 §3.2: what a short key signed is not signed.
function keyOutcome(defect: KeyDefect): Outcome {
  return { result: defect === 'key shorter than 1024 bits' ? 'fail' : 'permerror', reason: defect }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
