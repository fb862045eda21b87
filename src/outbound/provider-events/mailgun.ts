/**
 * Mailgun's events. The signature covers a timestamp and a token, not the event, and is the same when the event is sent again: so
 * a token is good once (receive.ts keeps it), and for a day, in which Mailgun repeats what was not answered.
 *
 * What is not signed is answered with 401, and not with the 406 that ends Mailgun's attempts: a key that is set wrong here would
 * then lose the events of the time until somebody notices.
 */
import { fail } from '../../errors.ts'
import { speaksOfAddress } from '../../mime/report-codes.ts'
import { REFERENCE_NAME } from '../correlation.ts'
import type { Reported } from '../record.ts'
import type { ProviderEvent, Receiver } from './event.ts'
import { type Json, object, parseJson, said, second, text } from './fields.ts'

const OLD_SECONDS = 86_400
const AHEAD_SECONDS = 300

export const receiveMailgun: Receiver = async ({ settings, now }, { body }) => {
  const { mailgun: key } = settings
  if (key === null) return fail('not-found', 'No signing key of Mailgun is set.')
  const given = object(parseJson(body))
  const signature = object(given.signature)
  const [timestamp, token, mac] = [signature.timestamp, signature.token, signature.signature].map(text)
  const age = now() / 1000 - Number(timestamp ?? Number.NaN)
  const isTimely = age <= OLD_SECONDS && age >= -AHEAD_SECONDS
  // Digits alone: `1700000000e0` is the same time, and would take its e0 from the token, which is then one not seen yet.
  const isDigits = /^\d{1,12}$/.test(timestamp ?? '')
  if (!timestamp || !token || !mac || !isDigits || !isTimely || !(await isSigned(key, timestamp + token, mac)))
    return fail('unauthenticated', 'This is not signed by Mailgun, or was signed too long ago.')
  const event = eventOf(token, object(given['event-data']))
  return event ? [event] : []
}

async function isSigned(secret: string, signed: string, hex: string): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/i.test(hex)) return false
  const encoder = new TextEncoder()
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(secret), algorithm, false, ['verify'])
  const mac = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
  return await crypto.subtle.verify('HMAC', key, mac, encoder.encode(signed))
}

function eventOf(token: string, data: Json): ProviderEvent | null {
  const status = statusOf(data)
  if (status === null) return null
  const delivery = object(data['delivery-status'])
  const detail = text(delivery.message) ?? text(delivery.description)
  const words = said(detail, { smtp: delivery.code, code: delivery['enhanced-code'] })
  const messageId = text(object(object(data.message).headers)['message-id'])
  return {
    id: token,
    providers: ['mailgun'],
    reference: text(object(data['user-variables'])[REFERENCE_NAME]),
    providerIds: messageId === null ? [] : [messageId.replace(/^<|>$/g, '')],
    recipient: text(data.recipient),
    status,
    at: second(data.timestamp),
    ...words,
    isHard: status === 'bounced' && speaksOfAddress({ ...words, text: detail }),
  }
}

function statusOf({ event, severity, reason }: Json): Reported | null {
  if (event === 'delivered') return 'delivered'
  if (event === 'complained') return 'complained'
  if (event === 'rejected') return 'failed'
  if (event !== 'failed') return null
  if (severity === 'temporary') return 'deferred'
  // It did not even try: the address stands in its own lists.
  return /^suppress/.test(text(reason) ?? '') ? 'suppressed' : 'bounced'
}
