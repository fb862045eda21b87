/**
 * Signing by DKIM (RFC 6376, with the algorithms of RFC 8301 and RFC 8463): the fields that dkim.ts and everybody else verify.
 *
 * Relaxed in both forms, so that what servers on the way do to folding and white space breaks nothing. The whole body is signed,
 * never a part of it (l=). A field that says who wrote what to whom is signed once more than it stands there: nobody adds a
 * second one above it. Pure but for WebCrypto.
 */
import { concat } from '../mime/concat.ts'
import { parseHeaderBlock } from '../mime/headers.ts'
import { latin1Bytes } from '../mime/latin1.ts'
import type { HeaderField } from '../mime/message.ts'
import { hashBody } from './canonical.ts'
import { signedData, signedHeaderOf } from './signed-fields.ts'

export type DkimAlgorithm = 'rsa-sha256' | 'ed25519-sha256'

export type SigningKey = {
  /** As A-labels. */
  domain: string
  selector: string
  algorithm: DkimAlgorithm
  key: CryptoKey
}

/** Signed once more than they stand there (RFC 6376 §8.15). */
const OVERSIGNED = [
  ...['from', 'sender', 'reply-to', 'to', 'cc', 'subject', 'date', 'message-id', 'in-reply-to', 'references'],
  ...['mime-version', 'content-type', 'content-transfer-encoding'],
]
/** Signed where they stand; lists on the way may add theirs. */
const SIGNED = [
  ...['list-id', 'list-help', 'list-unsubscribe', 'list-unsubscribe-post', 'list-subscribe', 'list-post', 'list-owner'],
  ...['list-archive', 'auto-submitted', 'resent-from', 'resent-to', 'resent-cc', 'resent-date', 'resent-message-id'],
]
/** Of one name: h= has a limit, and honest mail has one of each. */
const FIELDS_MAX = 20
/** RFC 5322 §2.1.1. */
const LINE_CHARS_MAX = 76

/**
 * The fields to be put on top of the message, one for each key. None where the header is too long to be read whole, or begins with
 * white space, which would go on with our field.
 */
export async function signatureFields(
  raw: Uint8Array,
  keys: readonly SigningKey[],
  nowMs: number,
): Promise<Uint8Array> {
  const { fields, end, defects } = parseHeaderBlock(raw)
  const isFolded = raw[0] === 0x20 || raw[0] === 0x09
  if (keys.length === 0 || isFolded || defects.includes('header-too-long')) return new Uint8Array()
  const bodyHash = base64(hashBody(raw, end, 'relaxed').digest)
  const header = raw.subarray(0, end)
  const signing = keys.map((key) => signatureField(header, namesOf(fields), bodyHash, key, nowMs))
  return latin1Bytes((await Promise.all(signing)).join(''))
}

async function signatureField(
  header: Uint8Array,
  names: string[],
  bodyHash: string,
  { domain, selector, algorithm, key }: SigningKey,
  nowMs: number,
): Promise<string> {
  const tags = `v=1; a=${algorithm}; c=relaxed/relaxed; d=${domain}; s=${selector}; t=${Math.floor(nowMs / 1000)};`
  const unsigned = `DKIM-Signature: ${tags}\r\n\th=${folded(names, ':')};\r\n\tbh=${bodyHash};\r\n\tb=`
  // Read back, so that what is signed is what a verifier will find.
  const bytes = concat(latin1Bytes(`${unsigned}\r\n`), header)
  const { fields } = parseHeaderBlock(bytes)
  const own = fields[0] as HeaderField
  const data = signedData(signedHeaderOf(bytes, fields), own, names, 'relaxed')
  return `${unsigned}${folded(base64(await sign(algorithm, key, data)).match(/.{1,70}/g) ?? [], '')}\r\n`
}

/** The signature over `data`, as a verifier wants it (key.ts, isSignedBy). */
export async function sign(
  algorithm: DkimAlgorithm,
  key: CryptoKey,
  data: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  if (algorithm === 'rsa-sha256') return new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, data))
  // RFC 8463 §3: Ed25519 signs the digest of the data.
  return new Uint8Array(await crypto.subtle.sign('Ed25519', key, await crypto.subtle.digest('SHA-256', data)))
}

/** h=: each name as often as it stands there, and once more where none may be added. */
function namesOf(fields: readonly HeaderField[]): string[] {
  const counts = new Map<string, number>()
  for (const { key } of fields) counts.set(key, (counts.get(key) ?? 0) + 1)
  const times = (name: string, more: number) => Math.min((counts.get(name) ?? 0) + more, FIELDS_MAX)
  return [
    ...OVERSIGNED.flatMap((name) => Array<string>(times(name, 1)).fill(name)),
    ...SIGNED.flatMap((name) => Array<string>(times(name, 0)).fill(name)),
  ]
}

/** Pieces with a separator between them, on lines of a length that survives. */
function folded(pieces: readonly string[], separator: string): string {
  let text = ''
  let line = 0
  for (const [n, piece] of pieces.entries()) {
    const written = n < pieces.length - 1 ? piece + separator : piece
    if (line > 0 && line + written.length > LINE_CHARS_MAX) {
      text += '\r\n\t'
      line = 0
    }
    text += written
    line += written.length
  }
  return text
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
