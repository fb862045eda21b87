/** A double of Resend's POST /emails, with its idempotency keys. */
import { resendProvider } from '../../../../src/outbound/providers/resend.ts'
import {
  type Double,
  ELSEWHERE,
  type Json,
  json,
  LATER,
  PERMANENT,
  readMailboxText,
  type Seen,
  strictBase64,
  TEMPORARY,
  UNKNOWN,
} from '../double.ts'

const KEY = 're_secret_of_the_tests'
const refuse = (statusCode: number, name: string, message: string) => json(statusCode, { statusCode, name, message })
const invalid = (message: string) => refuse(422, 'validation_error', message)

const FIELDS = ['from', 'to', 'cc', 'bcc', 'reply_to', 'subject', 'html', 'text', 'headers', 'attachments', 'tags']

/** Of each key: the body that it came with, and the answer. */
const answered = new Map<string, { body: string; id: string }>()

export const resend: Double = {
  name: 'resend',
  secret: KEY,
  keepsMessageId: false,
  make: (tools, key) => resendProvider({ key }, tools),
  async handle(request, sent) {
    if (request.method !== 'POST' || request.url !== 'https://api.resend.com/emails')
      return refuse(404, 'not_found', 'The requested endpoint does not exist.')
    const key = request.headers.get('authorization')
    if (key === null) return refuse(401, 'missing_api_key', 'Missing API Key')
    if (key !== `Bearer ${KEY}`) return refuse(401, 'validation_error', 'API key is invalid')
    const idempotencyKey = request.headers.get('idempotency-key') ?? ''
    if (idempotencyKey.length < 1 || idempotencyKey.length > 256)
      return refuse(400, 'invalid_idempotency_key', 'The key must be between 1-256 chars.')
    const text = await request.text()
    const before = answered.get(idempotencyKey)
    if (before && before.body !== text)
      return refuse(409, 'invalid_idempotent_request', 'Same idempotency key used with a different request payload.')
    if (before) return json(200, { id: before.id })
    const seen = read(JSON.parse(text))
    if (seen instanceof Response) return seen
    sent.push(seen)
    const id = crypto.randomUUID()
    answered.set(idempotencyKey, { body: text, id })
    return json(200, { id })
  },
  errors: [
    { name: 'rate_limit_exceeded', status: 429, outcome: TEMPORARY },
    { name: 'daily_quota_exceeded', status: 429, outcome: LATER },
    { name: 'monthly_quota_exceeded', status: 429, outcome: LATER },
    { name: 'missing_api_key', status: 401, outcome: LATER },
    { name: 'restricted_api_key', status: 401, outcome: LATER },
    { name: 'invalid_api_key', status: 403, outcome: LATER },
    { name: 'validation_error', status: 400, outcome: PERMANENT },
    { name: 'validation_error', status: 401, outcome: LATER },
    { name: 'validation_error', status: 403, outcome: ELSEWHERE },
    { name: 'invalid_from_address', status: 422, outcome: ELSEWHERE },
    { name: 'invalid_attachment', status: 422, outcome: ELSEWHERE },
    { name: 'missing_required_field', status: 422, outcome: PERMANENT },
    { name: 'security_error', status: 451, outcome: ELSEWHERE },
    { name: 'concurrent_idempotent_requests', status: 409, outcome: UNKNOWN },
    { name: 'invalid_idempotent_request', status: 409, outcome: UNKNOWN },
    { name: 'application_error', status: 500, outcome: TEMPORARY },
    { name: 'internal_server_error', status: 500, outcome: TEMPORARY },
    { name: 'service_unavailable', status: 503, outcome: TEMPORARY },
    { name: 'what_nobody_documented', status: 418, outcome: PERMANENT },
  ].map(({ name, status, outcome }) => ({
    name: `${status} ${name}`,
    answer: () => refuse(status, name, 'why'),
    outcome: { ...outcome, code: name, detail: 'why' },
  })),
}

function read(body: Json): Seen | Response {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name))
  if (unknown) return invalid(`Unknown field ${unknown}.`)
  const lists = [body.to, body.cc ?? [], body.bcc ?? [], body.reply_to ?? []]
  const from = readMailboxText(String(body.from))
  if (!from) return invalid('Invalid `from` field.')
  const [to, cc, bcc, replyTo] = lists.map((list: string[]) => list.map((one) => readMailboxText(one)?.address ?? ''))
  if (!to || !cc || !bcc || !replyTo || [to, cc, bcc, replyTo].flat().includes('')) return invalid('Invalid address.')
  if (to.length < 1 || to.length > 50) return invalid('`to` has 1 to 50 addresses.')
  if (typeof body.subject !== 'string') return refuse(422, 'missing_required_field', 'Missing `subject` field.')
  if (!body.html && !body.text) return refuse(422, 'missing_required_field', 'Missing `html` or `text` field.')
  for (const { name, value } of body.tags ?? [])
    if (!/^[A-Za-z0-9_-]{1,256}$/.test(name) || !/^[A-Za-z0-9_-]{1,256}$/.test(value)) return invalid('Invalid tag.')
  const files = (body.attachments ?? []).map((one: Json) => ({
    filename: one.filename,
    bytes: strictBase64(one.content),
    contentId: one.content_id ?? null,
  }))
  if (files.some(({ filename, bytes }: Json) => !filename || bytes === null)) return invalid('Invalid attachment.')
  const { bcc: _hidden, tags: _tags, ...shown } = body
  return {
    ...{ recipients: [...to, ...cc, ...bcc], from, to, cc, replyTo, subject: body.subject },
    ...{ text: body.text ?? null, html: body.html ?? null, files, shown: JSON.stringify(shown) },
    headers: Object.fromEntries(Object.entries(body.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    reference: body.tags?.find((tag: Json) => tag.name === 'postern_reference')?.value ?? null,
  } as Seen
}
