/**
 * HTTP Message Signatures (RFC 9421) of a request, as far as MailChannels uses them: ed25519 over the body's digest (RFC 9530)
 * and the signature's own parameters. A signature that covers something else, or does not cover the digest, is none.
 */
import { bytesOfBase64 } from './der.ts'

const FRESH_SECONDS = 300
/** A dictionary of one member: its label, its components, its parameters. */
const INPUT =
  /^([a-z*][a-z0-9_.*-]{0,63})=(\(("[a-z0-9@-]{1,64}"(?: "[a-z0-9@-]{1,64}"){0,9})\)((?:;[a-z]{1,20}=(?:"[^"\\]{0,200}"|\d{1,15})){0,10}))$/
const DIGEST_NAMES: Readonly<Record<string, string>> = { 'sha-256': 'SHA-256', 'sha-512': 'SHA-512' }

export type HttpSignature = { keyId: string; signed: Uint8Array<ArrayBuffer>; signature: Uint8Array<ArrayBuffer> }

/** What is to be verified with the key that it names; null where it is not fresh, or the digest is not the body's. */
export async function readSignature(
  headers: Headers,
  body: Uint8Array<ArrayBuffer>,
  nowMs: number,
): Promise<HttpSignature | null> {
  const digest = headers.get('content-digest')?.trim() ?? ''
  const [, label, params, covered, parameters] = INPUT.exec(headers.get('signature-input')?.trim() ?? '') ?? []
  if (label === undefined || params === undefined || covered !== '"content-digest"') return null
  const given = new Map(
    [...(parameters ?? '').matchAll(/;([a-z]+)=(?:"([^"]*)"|(\d+))/g)].map(([, name, word, number]) => [
      name,
      word ?? number ?? '',
    ]),
  )
  const age = nowMs / 1000 - Number(given.get('created') ?? Number.NaN)
  const expires = given.get('expires')
  if (!(Math.abs(age) <= FRESH_SECONDS) || (expires !== undefined && Number(expires) * 1000 < nowMs)) return null
  if ((given.get('alg') ?? 'ed25519') !== 'ed25519') return null
  const prefix = `${label}=:`
  const value = headers.get('signature')?.trim() ?? ''
  const signature =
    value.startsWith(prefix) && value.endsWith(':') ? bytesOfBase64(value.slice(prefix.length, -1)) : null
  const keyId = given.get('keyid')
  if (!signature || keyId === undefined || !(await isDigestOf(digest, body))) return null
  const signed = Uint8Array.from(
    new TextEncoder().encode(`"content-digest": ${digest}\n"@signature-params": ${params}`),
  )
  return { keyId, signed, signature }
}

/** Every digest that is named must be the body's, and one that is known must be. */
async function isDigestOf(header: string, body: Uint8Array<ArrayBuffer>): Promise<boolean> {
  const members = header.split(',', 5).map((one) => /^([a-z0-9-]{1,20})=:([A-Za-z0-9+/=]{1,100}):$/.exec(one.trim()))
  let known = 0
  for (const member of members) {
    const name = DIGEST_NAMES[member?.[1] ?? '']
    if (!member || name === undefined) continue
    known++
    const digest = new Uint8Array(await crypto.subtle.digest(name, body))
    const given = bytesOfBase64(member[2] ?? '')
    if (given?.length !== digest.length || given.some((byte, n) => byte !== digest[n])) return false
  }
  return known > 0
}
