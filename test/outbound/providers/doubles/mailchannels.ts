/** A double of MailChannels' POST /tx/v1/send. */
import { mailchannelsProvider } from '../../../../src/outbound/providers/mailchannels.ts'
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
  UNKNOWN,
} from '../double.ts'

const KEY = 'mailchannels-secret-of-the-tests'
const refuse = (status: number, message: string) => json(status, { errors: [message] })
const invalid = (message: string) => refuse(400, message)

const FIELDS = [
  ...['personalizations', 'from', 'reply_to', 'subject', 'content', 'headers', 'attachments', 'campaign_id'],
  'tracking_settings',
]
const RESERVED = [
  ...['authentication-results', 'bcc', 'cc', 'content-transfer-encoding', 'content-type', 'dkim-signature', 'from'],
  ...['message-id', 'received', 'reply-to', 'subject', 'to'],
]

export const mailchannels: Double = {
  name: 'mailchannels',
  secret: KEY,
  keepsMessageId: false,
  make: (tools, key) => mailchannelsProvider({ key }, tools),
  async handle(request, sent) {
    if (request.method !== 'POST' || request.url !== 'https://api.mailchannels.net/tx/v1/send')
      return new Response('Not Found', { status: 404 })
    if (request.headers.get('x-api-key') !== KEY) return new Response('Forbidden', { status: 403 })
    const seen = read(await request.json())
    if (seen instanceof Response) return seen
    sent.push(...seen)
    const results = seen.map((_, index) => ({ index, message_id: `<${crypto.randomUUID()}@mc>`, status: 'sent' }))
    return json(200, { request_id: crypto.randomUUID(), results })
  },
  errors: [
    ...[
      { status: 400, outcome: PERMANENT },
      { status: 401, outcome: LATER },
      { status: 403, outcome: LATER },
      { status: 413, outcome: ELSEWHERE },
      { status: 429, outcome: TEMPORARY },
      { status: 500, outcome: TEMPORARY },
      { status: 503, outcome: TEMPORARY },
    ].map(({ status, outcome }) => ({
      name: String(status),
      answer: () => refuse(status, 'why'),
      outcome: { ...outcome, code: `http-${status}`, detail: 'why' },
    })),
    {
      name: '200 with a result that failed',
      answer: () =>
        json(200, { request_id: 'r', results: [{ index: 0, message_id: 'm', status: 'failed', reason: 'why' }] }),
      outcome: { ...ELSEWHERE, code: 'failed', detail: 'why' },
    },
    { name: '200 without results', answer: () => json(200, { request_id: 'r', results: [] }), outcome: UNKNOWN },
  ],
}

/** A message for each personalization. */
function read(body: Json): Seen[] | Response {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name))
  if (unknown) return invalid(`Unknown field ${unknown}.`)
  if (body.personalizations.length < 1 || body.personalizations.length > 1_000) return invalid('personalizations')
  const all = body.personalizations.flatMap(({ to, cc = [], bcc = [] }: Json) => [...to, ...cc, ...bcc])
  if (all.some(({ email }: Json) => !/^[^@\s]+@[^@\s]+$/.test(email))) return invalid('email')
  if (body.personalizations.some(({ to }: Json) => to.length === 0)) return invalid('to is required')
  if (typeof body.subject !== 'string' || body.content.length === 0) return invalid('subject and content are required')
  const headers = Object.fromEntries(Object.entries(body.headers ?? {}).map(([name, one]) => [name.toLowerCase(), one]))
  if (Object.keys(headers).some((name) => RESERVED.includes(name))) return invalid('a reserved header')
  if (body.campaign_id.length > 48 || /\s/.test(body.campaign_id)) return invalid('campaign_id')
  const files = (body.attachments ?? []).map((one: Json) => ({
    filename: one.filename,
    bytes: strictBase64(one.content),
    contentId: one.content_id ?? null,
  }))
  if (files.some(({ filename, bytes }: Json) => !filename || bytes === null)) return invalid('attachments')
  const ids = files.flatMap(({ contentId }: Json) => contentId ?? [])
  if (new Set(ids).size < ids.length || ids.some((id: string) => id.length > 255)) return invalid('content_id')
  const value = (type: string) => body.content.find((one: Json) => one.type === type)?.value ?? null
  const list = (people: Json[] = []) => people.map(({ email }) => email)
  return body.personalizations.map(({ to, cc, bcc }: Json) => ({
    recipients: [...list(to), ...list(cc), ...list(bcc)],
    from: { name: body.from.name ?? '', address: body.from.email },
    ...{ to: list(to), cc: list(cc), replyTo: body.reply_to ? [body.reply_to.email] : [], subject: body.subject },
    ...{ text: value('text/plain'), html: value('text/html'), headers, files },
    shown: JSON.stringify({ ...body, personalizations: { to, cc }, campaign_id: null }),
    reference: body.campaign_id ?? null,
  }))
}
