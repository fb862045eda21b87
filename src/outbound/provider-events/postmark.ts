/**
 * Postmark's events. It signs nothing: a name and a password in the webhook's URL come as Basic authentication. What is not let in
 * is answered with 401: after a 403 Postmark gives the event up.
 */
import { sameSecret } from '../../access/secrets.ts'
import { fail } from '../../errors.ts'
import { isAboutSomethingElse } from '../../mime/report-codes.ts'
import { REFERENCE_NAME } from '../correlation.ts'
import type { Reported } from '../record.ts'
import type { ProviderEvent, Receiver } from './event.ts'
import { object, parseJson, said, second, text } from './fields.ts'

const HARD = new Set(['HardBounce', 'BadEmailAddress'])
/** What comes back and is no failure: answers, and words about subscriptions. */
const NO_FAILURE = new Set([
  ...['AutoResponder', 'AddressChange', 'Subscribe', 'Unsubscribe', 'ChallengeVerification', 'OpenRelayTest'],
  ...['Unconfirmed', 'ManuallyDeactivated'],
])

export const receivePostmark: Receiver = async ({ settings }, { headers, body }) => {
  if (settings.postmark === null) return fail('not-found', 'No login of Postmark is set.')
  const wanted = `Basic ${btoa(String.fromCharCode(...new TextEncoder().encode(settings.postmark)))}`
  if (!(await sameSecret(headers.get('authorization') ?? '', wanted)))
    return fail('unauthenticated', 'The name or the password is not the one that is set.')
  const event = eventOf(parseJson(body))
  return event ? [event] : []
}

function eventOf(body: unknown): ProviderEvent | null {
  const record = object(body)
  const kind = text(record.RecordType)
  const type = text(record.Type) ?? ''
  const status = statusOf(kind, type)
  if (status === null) return null
  const detail = text(record.Details) ?? text(record.Description)
  const at = record.BouncedAt ?? record.DeliveredAt
  const messageId = text(record.MessageID)
  return {
    id: [kind, messageId, text(record.ID) ?? text(record.Recipient) ?? text(record.Email), text(at)].join(' '),
    providers: ['postmark'],
    reference: text(object(record.Metadata)[REFERENCE_NAME]),
    providerIds: messageId === null ? [] : [messageId],
    recipient: text(record.Email) ?? text(record.Recipient),
    status,
    at: second(at),
    ...said(detail),
    isHard: HARD.has(type) && !isAboutSomethingElse(detail ?? ''),
  }
}

function statusOf(kind: string | null, type: string): Reported | null {
  if (kind === 'Delivery') return 'delivered'
  if (kind === 'SpamComplaint') return 'complained'
  if (kind !== 'Bounce' || NO_FAILURE.has(type)) return null
  if (type === 'SpamComplaint') return 'complained'
  return type === 'Transient' ? 'deferred' : 'bounced'
}
