/** Signing as providers sign, with keys of a test's own. */
import type { EventSettings } from '../../src/outbound/provider-events/configure.ts'
import { derOf } from './der.ts'

export const TOPIC = 'arn:aws:sns:eu-west-1:123456789012:bounces'
export const CERT_URL = 'https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-01.pem'

const encoder = new TextEncoder()
export const base64 = (bytes: ArrayBuffer | Uint8Array) => btoa(String.fromCharCode(...new Uint8Array(bytes)))

export type Keys = { ecdsa: CryptoKeyPair; rsa: CryptoKeyPair; ed25519: CryptoKeyPair }

export async function makeKeys(): Promise<Keys> {
  const ecdsa = await pair({ name: 'ECDSA', namedCurve: 'P-256' })
  const rsa = await pair({
    ...{ name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048 },
    publicExponent: Uint8Array.of(1, 0, 1),
  })
  const ed25519 = await pair({ name: 'Ed25519' })
  return { ecdsa, rsa, ed25519 }
}

export async function settingsFor({ ecdsa }: Keys): Promise<EventSettings> {
  return {
    resend: `whsec_${base64(encoder.encode('resend secret'))}`,
    postmark: 'post:mark',
    mailgun: 'mailgun key',
    ses: TOPIC,
    sendgrid: base64(await spki(ecdsa)),
    mailchannels: 'abc123',
  }
}

export const pair = (algorithm: object) =>
  crypto.subtle.generateKey(algorithm as SubtleCryptoGenerateKeyAlgorithm, true, [
    'sign',
    'verify',
  ]) as Promise<CryptoKeyPair>
export const spki = async ({ publicKey }: CryptoKeyPair) =>
  new Uint8Array((await crypto.subtle.exportKey('spki', publicKey)) as ArrayBuffer)

export type Signed = { headers: Record<string, string>; text: string }
export type Signing = { ageSeconds?: number; id?: string }

async function hmac(secret: Uint8Array, text: string): Promise<Uint8Array> {
  const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)))
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
const secondsAgo = (nowMs: number, age = 0) => Math.floor(nowMs / 1000) - age

/** DER of r and s, as SendGrid sends them. */
export function derSignature(raw: Uint8Array): Uint8Array {
  const integer = (bytes: Uint8Array) => {
    const start = bytes.findIndex((byte) => byte !== 0)
    const short = bytes.subarray(start)
    return derOf(0x02, (short[0] ?? 0) >= 0x80 ? Uint8Array.of(0, ...short) : short)
  }
  return derOf(0x30, integer(raw.subarray(0, 32)), integer(raw.subarray(32)))
}

type Signer = (event: unknown, signing: Signing) => Promise<Signed>

export function signersOf(keys: Keys, nowMs: number): Record<string, Signer> {
  const { ecdsa, ed25519 } = keys
  return {
    async resend(event, { ageSeconds, id = `msg_${crypto.randomUUID()}` }) {
      const text = JSON.stringify(event)
      const at = secondsAgo(nowMs, ageSeconds)
      const mac = base64(await hmac(encoder.encode('resend secret'), `${id}.${at}.${text}`))
      return { text, headers: { 'svix-id': id, 'svix-timestamp': String(at), 'svix-signature': `v1,AAAA v1,${mac}` } }
    },
    postmark: async (event) => ({
      text: JSON.stringify(event),
      headers: { authorization: `Basic ${btoa('post:mark')}` },
    }),
    async mailgun(event, { ageSeconds, id = crypto.randomUUID() }) {
      const timestamp = String(secondsAgo(nowMs, ageSeconds))
      const signature = hex(await hmac(encoder.encode('mailgun key'), timestamp + id))
      return {
        text: JSON.stringify({ signature: { timestamp, token: id, signature }, 'event-data': event }),
        headers: {},
      }
    },
    ses: (event, signing) => snsMessage(keys, nowMs, { Message: JSON.stringify(event) }, signing),
    async sendgrid(event, { ageSeconds }) {
      const text = JSON.stringify([event])
      const at = String(secondsAgo(nowMs, ageSeconds))
      const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
      const raw = new Uint8Array(await crypto.subtle.sign(algorithm, ecdsa.privateKey, encoder.encode(at + text)))
      return {
        text,
        headers: {
          'x-twilio-email-event-webhook-timestamp': at,
          'x-twilio-email-event-webhook-signature': base64(derSignature(raw)),
        },
      }
    },
    async mailchannels(event, { ageSeconds }) {
      const text = JSON.stringify([{ customer_handle: 'abc123', ...(event as object) }])
      const digest = `sha-256=:${base64(await crypto.subtle.digest('SHA-256', encoder.encode(text)))}:`
      const params = `("content-digest");created=${secondsAgo(nowMs, ageSeconds)};alg="ed25519";keyid="mckey"`
      const signed = encoder.encode(`"content-digest": ${digest}\n"@signature-params": ${params}`)
      const signature = base64(await crypto.subtle.sign('Ed25519', ed25519.privateKey, signed))
      return {
        text,
        headers: { 'content-digest': digest, 'signature-input': `sig_1=${params}`, signature: `sig_1=:${signature}:` },
      }
    },
  }
}

/** A message of SNS. What is given replaces what stands there before it is signed. */
export async function snsMessage(
  { rsa }: Keys,
  nowMs: number,
  over: Record<string, string>,
  { ageSeconds, id = crypto.randomUUID() }: Signing = {},
): Promise<Signed> {
  const message: Record<string, string> = {
    Type: 'Notification',
    MessageId: id,
    TopicArn: TOPIC,
    Timestamp: new Date(secondsAgo(nowMs, ageSeconds) * 1000).toISOString(),
    SignatureVersion: '2',
    SigningCertURL: CERT_URL,
    ...over,
  }
  const names = ['Message', 'MessageId', 'SubscribeURL', 'Subject', 'Timestamp', 'Token', 'TopicArn', 'Type']
  const signed = names.flatMap((name) => (message[name] === undefined ? [] : `${name}\n${message[name]}\n`)).join('')
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', rsa.privateKey)
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: message.SignatureVersion === '1' ? 'SHA-1' : 'SHA-256' }
  const key = await crypto.subtle.importKey('pkcs8', pkcs8 as ArrayBuffer, algorithm, false, ['sign'])
  const signature = await crypto.subtle.sign(algorithm.name, key, encoder.encode(signed))
  return { text: JSON.stringify({ ...message, Signature: base64(signature) }), headers: {} }
}
