/** A double of SendGrid's POST /v3/mail/send. */
import { sendgridProvider } from '../../../../src/outbound/providers/sendgrid.ts'
import {
  type Double,
  ELSEWHERE,
  type Json,
  json,
  LATER,
  PERMANENT,
  type Seen,
  strictBase64,
  TEMPORARY,
} from '../double.ts'

const KEY = 'SG.secret-of-the-tests'
const refuse = (status: number, message: string, field: string | null = null) =>
  json(status, { errors: [{ message, field, help: null }] })
const invalid = (message: string) => refuse(400, message)

const FIELDS = [
  ...['personalizations', 'from', 'reply_to_list', 'subject', 'content', 'headers', 'attachments', 'custom_args'],
  'tracking_settings',
]
const RESERVED = [
  ...['x-sg-id', 'x-sg-eid', 'received', 'dkim-signature', 'content-type', 'content-transfer-encoding', 'to', 'from'],
  ...['subject', 'reply-to', 'cc', 'bcc'],
]

export const sendgrid: Double = {
  name: 'sendgrid',
  secret: KEY,
  keepsMessageId: true,
  make: (tools, key) => sendgridProvider({ key, region: 'eu' }, tools),
  async handle(request, sent) {
    if (request.method !== 'POST' || request.url !== 'https://api.eu.sendgrid.com/v3/mail/send')
      return refuse(404, 'not found')
    if (request.headers.get('authorization') !== `Bearer ${KEY}`)
      return refuse(401, 'The provided authorization grant is invalid, expired, or revoked')
    const seen = read(await request.json())
    if (seen instanceof Response) return seen
    sent.push(...seen)
    return new Response(null, { status: 202, headers: { 'x-message-id': crypto.randomUUID() } })
  },
  errors: [
    { status: 400, outcome: PERMANENT },
    { status: 401, outcome: LATER },
    { status: 401, words: 'Maximum credits exceeded', outcome: LATER },
    { status: 403, words: 'The from address does not match a verified Sender Identity.', outcome: ELSEWHERE },
    { status: 403, words: 'access forbidden', outcome: LATER },
    { status: 406, outcome: LATER },
    { status: 413, outcome: ELSEWHERE },
    { status: 429, outcome: TEMPORARY },
    { status: 500, outcome: TEMPORARY },
    { status: 503, outcome: TEMPORARY },
  ].map(({ status, words = 'why', outcome }) => ({
    name: `${status} (${words})`,
    answer: () => refuse(status, words),
    outcome: { ...outcome, code: `http-${status}`, detail: words },
  })),
}

/** A message for each personalization. */
function read(body: Json): Seen[] | Response {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name))
  if (unknown) return invalid(`Unknown field ${unknown}.`)
  if (body.personalizations.length < 1 || body.personalizations.length > 1_000) return invalid('personalizations')
  const all = body.personalizations.flatMap(({ to, cc = [], bcc = [] }: Json) => [...to, ...cc, ...bcc])
  const emails: string[] = all.map(({ email }: Json) => email.toLowerCase())
  if (emails.some((email) => !/^[^@\s]+@[^@\s]+$/.test(email))) return invalid('Does not contain a valid address.')
  if (new Set(emails).size < emails.length) return invalid('Each email address should be unique.')
  if (emails.length > 1_000) return invalid('There is a limit of 1000 total recipients.')
  if (body.personalizations.some(({ to }: Json) => to.length === 0)) return invalid('The to array is required.')
  // The API writes these names into the field as they come: one with a comma makes two recipients of it.
  if (all.some(({ name = '' }: Json) => /[,;<>]/.test(name.replace(/"(?:[^"\\]|\\.)*"/, '')))) return invalid('name')
  if (!body.subject) return invalid('The subject is required.')
  const types = body.content.map(({ type }: Json) => type).join()
  if (!['text/plain', 'text/html', 'text/plain,text/html'].includes(types)) return invalid('content')
  if (body.content.some(({ value }: Json) => !value))
    return invalid('The content value must be a string of one character')
  const headers = Object.fromEntries(Object.entries(body.headers ?? {}).map(([name, one]) => [name.toLowerCase(), one]))
  if (Object.keys(headers).some((name) => RESERVED.includes(name))) return invalid('The header is reserved.')
  if (Object.values(headers).some((value) => typeof value !== 'string')) return invalid('headers')
  if (Object.values(body.custom_args ?? {}).some((value) => typeof value !== 'string')) return invalid('custom_args')
  const files = (body.attachments ?? []).map((one: Json) => ({
    filename: one.filename,
    bytes: strictBase64(one.content),
    contentId: one.disposition === 'inline' ? (one.content_id ?? null) : null,
  }))
  if (files.some(({ filename, bytes }: Json) => !filename || bytes === null)) return invalid('attachments')
  if ((body.attachments ?? []).some(({ type }: Json) => /[;\r\n]/.test(type))) return invalid('attachment type')
  const value = (type: string) => body.content.find((one: Json) => one.type === type)?.value ?? null
  const list = (people: Json[] = []) => people.map(({ email }) => email)
  return body.personalizations.map(({ to, cc, bcc }: Json) => ({
    recipients: [...list(to), ...list(cc), ...list(bcc)],
    from: { name: body.from.name ?? '', address: body.from.email },
    ...{ to: list(to), cc: list(cc), replyTo: list(body.reply_to_list), subject: body.subject },
    ...{ text: value('text/plain'), html: value('text/html'), headers, files },
    shown: JSON.stringify({ ...body, personalizations: { to, cc }, custom_args: null }),
    reference: body.custom_args?.postern_reference ?? null,
  }))
}
