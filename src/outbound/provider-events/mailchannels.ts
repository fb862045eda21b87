/** MailChannels' events: a list in each call, signed by RFC 9421 with a key that its API gives. */
import { guardedFetch } from '../../egress/guarded-fetch.ts'
import { type Failure, fail, isFailure } from '../../errors.ts'
import { speaksOfAddress } from '../../mime/report-codes.ts'
import type { Reported } from '../record.ts'
import { bytesOfBase64 } from './der.ts'
import type { ProviderEvent, Receiver, Tools } from './event.ts'
import { EVENTS_MAX, type Json, list, object, parseJson, RECIPIENTS_MAX, said, second, text } from './fields.ts'
import { readSignature } from './http-signature.ts'

const KEYS_URL = 'https://api.mailchannels.net/tx/v1/webhook/public-key?id='
const KEY_ID = /^[\w.-]{1,64}$/
const KEYS_MAX = 10

const STATUSES: Readonly<Record<string, Reported>> = {
  delivered: 'delivered',
  'soft-bounced': 'deferred',
  'hard-bounced': 'bounced',
  bounced: 'bounced',
  dropped: 'suppressed',
  complained: 'complained',
}

/** This isolate's, by their names. */
const keys = new Map<string, Uint8Array<ArrayBuffer>>()

export const receiveMailchannels: Receiver = async (tools, { headers, body }) => {
  const { mailchannels: account } = tools.settings
  if (account === null) return fail('not-found', 'No account of MailChannels is set.')
  const events = list(parseJson(body), EVENTS_MAX).map(object)
  // All its customers' events are signed with one key: what is another's is refused before a key is asked for.
  if (events.some((event) => event.customer_handle !== account)) return unsigned()
  const signature = await readSignature(headers, body, tools.now())
  if (!signature || !KEY_ID.test(signature.keyId)) return unsigned()
  const key = await keyOf(tools, signature.keyId)
  if (isFailure(key)) return key
  if (!(await isSigned(key, signature.signature, signature.signed))) return unsigned()
  return events.flatMap(eventsOf)
}

function unsigned(): Failure {
  return fail(
    'unauthenticated',
    'This is not signed by MailChannels for the account that is set, or was signed too long ago.',
  )
}

async function keyOf(tools: Tools, id: string): Promise<Uint8Array<ArrayBuffer> | Failure> {
  const known = keys.get(id)
  if (known) return known
  const answer = await guardedFetch(tools, KEYS_URL + id, { method: 'GET' })
  if (isFailure(answer) || answer.status >= 500) return fail('unavailable', 'The key could not be had for now.')
  const key = bytesOfBase64(text(object(parseJson(answer.bytes)).key) ?? '')
  if (answer.status !== 200 || !key) return unsigned()
  if (keys.size >= KEYS_MAX) keys.clear()
  keys.set(id, key)
  return key
}

async function isSigned(spki: BufferSource, signature: BufferSource, signed: BufferSource): Promise<boolean> {
  try {
    const key = await crypto.subtle.importKey('spki', spki, { name: 'Ed25519' }, false, ['verify'])
    return await crypto.subtle.verify('Ed25519', key, signature, signed)
  } catch {
    return false
  }
}

function eventsOf(event: Json): ProviderEvent[] {
  const name = text(event.event) ?? ''
  const status = STATUSES[name]
  if (status === undefined) return []
  const detail = text(event.reason)
  const words = said(detail, { smtp: event.status, code: event.status })
  const requestId = text(event.request_id)
  const recipients = list(event.recipients, RECIPIENTS_MAX).flatMap((one) => text(one) ?? [])
  return (recipients.length > 0 ? recipients : [null]).map((recipient) => ({
    id: [requestId, name, text(event.timestamp), recipient].join(' '),
    providers: ['mailchannels'],
    reference: text(event.campaign_id),
    providerIds: [requestId, text(event.smtp_id)].filter((one) => one !== null),
    recipient,
    status,
    at: second(event.timestamp),
    ...words,
    isHard: status === 'bounced' && speaksOfAddress({ ...words, text: detail }),
  }))
}
