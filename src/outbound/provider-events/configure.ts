/**
 * The environment -> what providers' events are believed by. Each is a Worker secret or a name; a provider without its own sends
 * no events here.
 */
export const EVENT_SETTINGS = [
  'POSTERN_RESEND_EVENTS_SECRET',
  'POSTERN_POSTMARK_EVENTS_LOGIN',
  'POSTERN_MAILGUN_EVENTS_KEY',
  'POSTERN_SES_EVENTS_TOPIC',
  'POSTERN_SENDGRID_EVENTS_KEY',
  'POSTERN_MAILCHANNELS_EVENTS_ACCOUNT',
] as const

export type EventEnv = { [Name in (typeof EVENT_SETTINGS)[number]]?: string }

export type EventSettings = {
  /** Signing secrets (whsec_...) of the webhook; two with a blank between them while one is exchanged for another. */
  resend: string | null
  /** name:password, as they stand in the webhook's URL. */
  postmark: string | null
  /** The HTTP webhook signing key. */
  mailgun: string | null
  /** The topic's ARN; several with blanks between them. */
  ses: string | null
  /** The verification key, as it is shown: base64. */
  sendgrid: string | null
  /** The account's id (customer_handle). */
  mailchannels: string | null
}

export function eventSettings(env: EventEnv): EventSettings {
  const of = (name: keyof EventEnv) => String(env[name] ?? '').trim() || null
  return {
    resend: of('POSTERN_RESEND_EVENTS_SECRET'),
    postmark: of('POSTERN_POSTMARK_EVENTS_LOGIN'),
    mailgun: of('POSTERN_MAILGUN_EVENTS_KEY'),
    ses: of('POSTERN_SES_EVENTS_TOPIC'),
    sendgrid: of('POSTERN_SENDGRID_EVENTS_KEY'),
    mailchannels: of('POSTERN_MAILCHANNELS_EVENTS_ACCOUNT'),
  }
}
