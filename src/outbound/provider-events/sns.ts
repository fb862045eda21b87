/**
 * Amazon SNS: who signed a message, and what it says. The signature is of a key whose certificate the message names by its URL, so
 * that host decides everything: it must be SNS's own, in the region of the topic. And anybody may have a topic at SNS: only the
 * operator's is heard.
 */
import { guardedFetch } from '../../egress/guarded-fetch.ts'
import { type Failure, fail, isFailure } from '../../errors.ts'
import { bytesOfBase64, certificateOf, publicKeyOf } from './der.ts'
import type { Tools } from './event.ts'
import { object, parseJson, text } from './fields.ts'

/** SNS tries for an hour, or as long as the topic's owner has it try. */
const OLD_SECONDS = 7 * 86_400
const AHEAD_SECONDS = 300
/** Amazon exchanges its key once a year. */
const CERTIFICATES_MAX = 10

export type SnsMessage = { type: string; id: string; topic: string; message: string; subscribeUrl: string | null }

/** In the order in which they are signed; what is absent is left out. */
const SIGNED = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const
const HASHES: Readonly<Record<string, string>> = { '1': 'SHA-1', '2': 'SHA-256' }
const ARN = /^arn:aws[a-z-]*:sns:([a-z0-9-]{1,30}):\d{12}:[\w.-]{1,256}$/

/** This isolate's, by their URLs. */
const certificates = new Map<string, Uint8Array<ArrayBuffer>>()

export async function readSns(
  tools: Tools,
  body: Uint8Array,
  topics: readonly string[],
): Promise<SnsMessage | Failure> {
  const given = object(parseJson(body))
  const field = (name: string) => (typeof given[name] === 'string' ? (given[name] as string) : null)
  const [type, topic, id, timestamp] = ['Type', 'TopicArn', 'MessageId', 'Timestamp'].map(field)
  const region = ARN.exec(topic ?? '')?.[1]
  if (!type || !topic || !id || !timestamp || !region || !topics.includes(topic)) return refused()
  const age = tools.now() / 1000 - Date.parse(timestamp) / 1000
  if (!(age <= OLD_SECONDS && age >= -AHEAD_SECONDS)) return refused()
  const names = SIGNED[type as keyof typeof SIGNED]
  const hash = HASHES[text(given.SignatureVersion) ?? '']
  const signature = bytesOfBase64(field('Signature') ?? '')
  const url = field('SigningCertURL')
  if (!Object.hasOwn(SIGNED, type) || !hash || !signature || !url || !isOfSns(url, region)) return refused()
  const key = await keyAt(tools, url)
  if (isFailure(key)) return key
  const lines = names.flatMap((name) => (field(name) === null ? [] : `${name}\n${field(name)}\n`))
  if (!(await isSigned(key, hash, signature, lines.join('')))) return refused()
  return { type, id, topic, message: field('Message') ?? '', subscribeUrl: field('SubscribeURL') }
}

/** Confirms a subscription to the topic, by the URL that SNS sent with it. */
export async function confirmSubscription(tools: Tools, { subscribeUrl, topic }: SnsMessage): Promise<Failure | null> {
  const region = ARN.exec(topic)?.[1] ?? ''
  if (subscribeUrl === null || !isHost(subscribeUrl, region)) return refused()
  const answer = await guardedFetch(tools, subscribeUrl, { method: 'GET', wants: 'status' })
  if (isFailure(answer)) return fail('unavailable', answer.detail)
  return answer.status === 200 ? null : fail('unavailable', `SNS answered the confirmation with ${answer.status}.`)
}

function refused(): Failure {
  return fail('unauthenticated', 'This is not signed by SNS, or not of the topic that is set.')
}

// SNS's own file and nothing else: its API stands at the same host, and a query of it can be answered with anybody's own text.
function isOfSns(url: string, region: string): boolean {
  return isHost(url, region) && /^https:\/\/[^/]+\/SimpleNotificationService-\w{1,64}\.pem$/.test(url)
}

// Character by character: a URL that another reader would take otherwise is none of SNS's.
function isHost(url: string, region: string): boolean {
  const hosts = [`https://sns.${region}.amazonaws.com/`, `https://sns.${region}.amazonaws.com.cn/`]
  return /^[\x21-\x7e]{1,2000}$/.test(url) && !/[\\@]/.test(url) && hosts.some((host) => url.startsWith(host))
}

async function keyAt(tools: Tools, url: string): Promise<Uint8Array<ArrayBuffer> | Failure> {
  const known = certificates.get(url)
  if (known) return known
  const answer = await guardedFetch(tools, url, { method: 'GET' })
  if (isFailure(answer)) return fail('unavailable', 'The certificate could not be had for now.')
  const certificate = answer.status === 200 ? certificateOf(new TextDecoder().decode(answer.bytes)) : null
  const key = certificate && publicKeyOf(certificate)
  if (!key) return fail('unavailable', 'What should be the certificate is none.')
  if (certificates.size >= CERTIFICATES_MAX) certificates.clear()
  certificates.set(url, key)
  return key
}

async function isSigned(spki: Uint8Array<ArrayBuffer>, hash: string, signature: BufferSource, signed: string) {
  try {
    const key = await crypto.subtle.importKey('spki', spki, { name: 'RSASSA-PKCS1-v1_5', hash }, false, ['verify'])
    return await crypto.subtle.verify('RSASSA-PKCS1-v1_5', key, signature, new TextEncoder().encode(signed))
  } catch {
    // A key of another kind.
    return false
  }
}
