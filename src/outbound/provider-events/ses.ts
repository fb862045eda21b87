/** Amazon SES's events, by SNS (sns.ts): of a configuration set, or the older notifications of an identity. */
import { fail, isFailure } from '../../errors.ts'
import { isAboutSomethingElse } from '../../mime/report-codes.ts'
import { REFERENCE_NAME } from '../correlation.ts'
import type { Reported } from '../record.ts'
import type { ProviderEvent, Receiver } from './event.ts'
import { type Json, list, object, parseJson, RECIPIENTS_MAX, said, second, text } from './fields.ts'
import { confirmSubscription, readSns } from './sns.ts'

export const receiveSes: Receiver = async (tools, { body }) => {
  const { ses: topics } = tools.settings
  if (topics === null) return fail('not-found', 'No topic of SNS is set.')
  const message = await readSns(tools, body, topics.split(/\s+/))
  if (isFailure(message)) return message
  if (message.type === 'SubscriptionConfirmation') return (await confirmSubscription(tools, message)) ?? []
  if (message.type !== 'Notification') return []
  return eventsOf(message.id, object(parseJson(new TextEncoder().encode(message.message))))
}

type About = { status: Reported; at: unknown; recipients: Json[]; detail: string | null; isHard: boolean }

function eventsOf(id: string, event: Json): ProviderEvent[] {
  const about = aboutOf(event)
  if (about === null) return []
  const mail = object(event.mail)
  const messageId = text(mail.messageId)
  const reference = text(list(object(mail.tags)[REFERENCE_NAME], 1)[0])
  return about.recipients.map((recipient) => {
    const detail = text(recipient.diagnosticCode)?.replace(/^smtp;\s*/i, '') ?? about.detail
    return {
      id,
      providers: ['ses'],
      reference,
      providerIds: messageId === null ? [] : [messageId],
      recipient: text(recipient.emailAddress),
      status: about.status,
      at: second(about.at ?? mail.timestamp),
      ...said(detail, { code: recipient.status }),
      isHard: about.isHard && !isAboutSomethingElse(detail ?? ''),
    }
  })
}

function aboutOf(event: Json): About | null {
  const [bounce, complaint, delivery, delay] = ['bounce', 'complaint', 'delivery', 'deliveryDelay'].map((name) =>
    object(event[name]),
  ) as [Json, Json, Json, Json]
  const destination = list(object(event.mail).destination, RECIPIENTS_MAX).map((emailAddress) => ({ emailAddress }))
  const known = { detail: null, isHard: false }
  switch (text(event.eventType) ?? text(event.notificationType)) {
    case 'Delivery': {
      const recipients = list(delivery.recipients, RECIPIENTS_MAX).map((emailAddress) => ({ emailAddress }))
      return { ...known, status: 'delivered', at: delivery.timestamp, recipients, detail: text(delivery.smtpResponse) }
    }
    case 'Bounce': {
      const sub = text(bounce.bounceSubType) ?? ''
      const isPermanent = bounce.bounceType === 'Permanent'
      return {
        status: /suppress/i.test(sub) ? 'suppressed' : 'bounced',
        at: bounce.timestamp,
        recipients: objects(bounce.bouncedRecipients),
        detail: `${text(bounce.bounceType) ?? 'Unknown'}: ${sub}`,
        isHard: isPermanent && (sub === 'General' || sub === 'NoEmail'),
      }
    }
    case 'Complaint': {
      const isOwnList = /suppress/i.test(text(complaint.complaintSubType) ?? '')
      const recipients = objects(complaint.complainedRecipients)
      // A domain's feedback names nobody: several recipients of one call are then all that is known, and none of them.
      const status = isOwnList ? 'suppressed' : 'complained'
      const detail = text(complaint.complaintFeedbackType)
      return recipients.length > 1 ? null : { ...known, status, at: complaint.timestamp, recipients, detail }
    }
    case 'DeliveryDelay':
      return {
        ...known,
        status: 'deferred',
        at: delay.timestamp,
        recipients: objects(delay.delayedRecipients),
        detail: text(delay.delayType),
      }
    case 'Reject':
      return {
        ...known,
        status: 'failed',
        at: null,
        recipients: destination,
        detail: text(object(event.reject).reason),
      }
    default:
      return null
  }
}

function objects(value: unknown): Json[] {
  return list(value, RECIPIENTS_MAX).map(object)
}
