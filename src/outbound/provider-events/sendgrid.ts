/** SendGrid's events: a list in each call, signed with ECDSA over a timestamp and the body. */
import { type Failure, fail } from '../../errors.ts'
import { speaksOfAddress } from '../../mime/report-codes.ts'
import { REFERENCE_NAME } from '../correlation.ts'
import type { Reported } from '../record.ts'
import { bytesOfBase64, rawSignature } from './der.ts'
import type { EventRequest, ProviderEvent, Receiver, Tools } from './event.ts'
import { EVENTS_MAX, type Json, list, object, parseJson, said, second, text } from './fields.ts'

/** It repeats for a day what was not answered; whether it then signs anew is not said. */
const OLD_SECONDS = 2 * 86_400
const AHEAD_SECONDS = 300
const P256 = { name: 'ECDSA', namedCurve: 'P-256' }

export const receiveSendgrid: Receiver = async (tools, request) => {
  const { sendgrid: key } = tools.settings
  if (key === null) return fail('not-found', 'No verification key of SendGrid is set.')
  if (!(await isSigned(tools, request, key))) return unsigned()
  return list(parseJson(request.body), EVENTS_MAX).flatMap((one) => eventOf(object(one)) ?? [])
}

function unsigned(): Failure {
  return fail('unauthenticated', 'This is not signed by SendGrid, or was signed too long ago.')
}

async function isSigned({ now }: Tools, { headers, body }: EventRequest, given: string): Promise<boolean> {
  const timestamp = headers.get('x-twilio-email-event-webhook-timestamp') ?? ''
  const der = bytesOfBase64(headers.get('x-twilio-email-event-webhook-signature') ?? '')
  const signature = der && rawSignature(der, 32)
  const spki = bytesOfBase64(given)
  const age = now() / 1000 - Number(timestamp)
  if (!signature || !spki || !/^\d{1,12}$/.test(timestamp) || age > OLD_SECONDS || age < -AHEAD_SECONDS) return false
  const signed = new Uint8Array(timestamp.length + body.length)
  signed.set(new TextEncoder().encode(timestamp))
  signed.set(body, timestamp.length)
  try {
    const key = await crypto.subtle.importKey('spki', spki, P256, false, ['verify'])
    return await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, signature, signed)
  } catch {
    // A key that is none: the operator sees that nothing is let in.
    return false
  }
}

function eventOf(event: Json): ProviderEvent | null {
  const status = statusOf(event)
  const id = text(event.sg_event_id)
  if (status === null || id === null) return null
  const detail = text(event.reason) ?? text(event.response)
  const words = said(detail, { code: event.status })
  const messageId = text(event.sg_message_id)
  return {
    id,
    providers: ['sendgrid'],
    reference: text(event[REFERENCE_NAME]),
    // What the call was answered with, followed by a dot and where it went through.
    providerIds: messageId === null ? [] : [messageId, messageId.split('.')[0] as string],
    recipient: text(event.email),
    status,
    at: second(event.timestamp),
    ...words,
    // 'blocked' is a refusal of the message.
    isHard: status === 'bounced' && event.type !== 'blocked' && speaksOfAddress({ ...words, text: detail }),
  }
}

function statusOf({ event, reason }: Json): Reported | null {
  if (event === 'delivered' || event === 'deferred') return event
  if (event === 'bounce') return 'bounced'
  if (event === 'spamreport') return 'complained'
  if (event !== 'dropped') return null
  return /bounced|spam|unsubscrib|suppress/i.test(text(reason) ?? '') ? 'suppressed' : 'failed'
}
