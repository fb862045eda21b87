/** Each provider's own events, in its own form, for the same things that may happen to a recipient. */
import { REFERENCE_NAME } from '../../src/outbound/correlation.ts'

export const ann = 'ann@remote.example'
const UNKNOWN = '550 5.1.1 User unknown'
const FULL = '552 5.2.2 mailbox full'

export type EventForms = Record<string, Record<string, () => unknown>>

/** About a submission by its reference, at a second. */
export function eventForms(reference: string, now: number): EventForms {
  const resend = (type: string, data: object = {}) => ({
    type,
    created_at: '2026-03-01T12:00:00.000Z',
    data: { email_id: 'e', to: [ann], tags: { [REFERENCE_NAME]: reference }, ...data },
  })
  const postmark = (record: object) => ({
    MessageID: crypto.randomUUID(),
    ID: 1,
    Metadata: { [REFERENCE_NAME]: reference },
    ...record,
  })
  const mailgun = (data: object) => ({
    ...{ recipient: ann, timestamp: now, 'user-variables': { [REFERENCE_NAME]: reference } },
    ...data,
  })
  const ses = (eventType: string, event: object) => ({
    ...{ eventType, mail: { messageId: 'm', destination: [ann], tags: { [REFERENCE_NAME]: [reference] } } },
    ...event,
  })
  const bounced = (bounceType: string, bounceSubType: string, diagnosticCode: string) => ({
    ...{
      bounceType,
      bounceSubType,
      bouncedRecipients: [{ emailAddress: ann, diagnosticCode: `smtp; ${diagnosticCode}` }],
    },
  })
  const sendgrid = (event: object) => ({
    ...{ email: ann, timestamp: now, sg_event_id: crypto.randomUUID(), [REFERENCE_NAME]: reference },
    ...event,
  })
  const mailchannels = (event: object) => ({
    ...{ email: 'us@postern.test', recipients: [ann], timestamp: now, request_id: crypto.randomUUID() },
    ...{ campaign_id: reference, ...event },
  })
  return {
    resend: {
      hard: () => resend('email.bounced', { bounce: { type: 'Permanent', subType: 'General', message: UNKNOWN } }),
      soft: () => resend('email.bounced', { bounce: { type: 'Permanent', subType: 'General', message: FULL } }),
      complaint: () => resend('email.complained'),
      delivered: () => resend('email.delivered'),
      delayed: () => resend('email.delivery_delayed'),
      suppressed: () =>
        resend('email.bounced', { bounce: { type: 'Permanent', subType: 'Suppressed', message: 'listed' } }),
      other: () => resend('email.opened'),
    },
    postmark: {
      hard: () => postmark({ RecordType: 'Bounce', Type: 'HardBounce', Details: UNKNOWN, Email: ann }),
      soft: () => postmark({ RecordType: 'Bounce', Type: 'SoftBounce', Details: FULL, Email: ann }),
      complaint: () => postmark({ RecordType: 'SpamComplaint', Type: 'SpamComplaint', Email: ann }),
      delivered: () => postmark({ RecordType: 'Delivery', Recipient: ann }),
      delayed: () => postmark({ RecordType: 'Bounce', Type: 'Transient', Email: ann }),
      other: () => postmark({ RecordType: 'Bounce', Type: 'AutoResponder', Email: ann }),
    },
    mailgun: {
      hard: () =>
        mailgun({ event: 'failed', severity: 'permanent', 'delivery-status': { code: 550, message: UNKNOWN } }),
      soft: () => mailgun({ event: 'failed', severity: 'permanent', 'delivery-status': { code: 552, message: FULL } }),
      complaint: () => mailgun({ event: 'complained' }),
      delivered: () => mailgun({ event: 'delivered' }),
      delayed: () => mailgun({ event: 'failed', severity: 'temporary' }),
      suppressed: () => mailgun({ event: 'failed', severity: 'permanent', reason: 'suppress-bounce' }),
      other: () => mailgun({ event: 'clicked' }),
    },
    ses: {
      hard: () => ses('Bounce', { bounce: bounced('Permanent', 'General', UNKNOWN) }),
      soft: () => ses('Bounce', { bounce: bounced('Transient', 'MailboxFull', FULL) }),
      complaint: () => ses('Complaint', { complaint: { complainedRecipients: [{ emailAddress: ann }] } }),
      delivered: () => ses('Delivery', { delivery: { recipients: [ann] } }),
      delayed: () => ses('DeliveryDelay', { deliveryDelay: { delayedRecipients: [{ emailAddress: ann }] } }),
      suppressed: () => ses('Bounce', { bounce: bounced('Permanent', 'OnAccountSuppressionList', UNKNOWN) }),
      other: () => ses('Open', {}),
    },
    sendgrid: {
      hard: () => sendgrid({ event: 'bounce', type: 'bounce', reason: UNKNOWN, status: '5.1.1' }),
      soft: () => sendgrid({ event: 'bounce', type: 'blocked', reason: FULL }),
      complaint: () => sendgrid({ event: 'spamreport' }),
      delivered: () => sendgrid({ event: 'delivered' }),
      delayed: () => sendgrid({ event: 'deferred' }),
      suppressed: () => sendgrid({ event: 'dropped', reason: 'Bounced Address' }),
      other: () => sendgrid({ event: 'open' }),
    },
    mailchannels: {
      hard: () => mailchannels({ event: 'hard-bounced', status: '550', reason: UNKNOWN }),
      soft: () => mailchannels({ event: 'hard-bounced', status: '552', reason: FULL }),
      complaint: () => mailchannels({ event: 'complained' }),
      delivered: () => mailchannels({ event: 'delivered' }),
      delayed: () => mailchannels({ event: 'soft-bounced', reason: '421 later' }),
      suppressed: () => mailchannels({ event: 'dropped' }),
      other: () => mailchannels({ event: 'open' }),
    },
  }
}
