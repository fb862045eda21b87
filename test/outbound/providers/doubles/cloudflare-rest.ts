/** A double of Cloudflare's POST /accounts/<id>/email/sending/send_raw. */
import { cloudflareRestProvider } from '../../../../src/outbound/providers/cloudflare-rest.ts'
import { type Double, ELSEWHERE, type Json, json, LATER, PERMANENT, seenInRaw, TEMPORARY, UNKNOWN } from '../double.ts'

const TOKEN = 'cloudflare-secret-of-the-tests'
const ACCOUNT = '0123456789abcdef0123456789abcdef'

const refuse = (status: number, code: number, message: string) =>
  json(status, { success: false, errors: [{ code, message }], messages: [], result: null })
const accept = (over: object) =>
  json(200, {
    ...{ success: true, errors: [], messages: [] },
    result: { delivered: [], queued: [], permanent_bounces: [], suppressed_recipients: [], message_id: 'm', ...over },
  })

export const cloudflareRest: Double = {
  name: 'cloudflare-rest',
  secret: TOKEN,
  keepsMessageId: false,
  make: (tools, token) => cloudflareRestProvider({ account: ACCOUNT, token }, tools),
  async handle(request, sent) {
    const url = `https://api.cloudflare.com/client/v4/accounts/${ACCOUNT}/email/sending/send_raw`
    if (request.method !== 'POST' || request.url !== url) return refuse(404, 10000, 'email.sending.error.not_found')
    if (request.headers.get('authorization') !== `Bearer ${TOKEN}`)
      return refuse(401, 10101, 'email.sending.error.authentication.unauthorized')
    const { from, recipients, mime_message: text, ...unknown }: Json = await request.json()
    const isWhole = typeof from === 'string' && typeof text === 'string' && Array.isArray(recipients)
    if (!isWhole || Object.keys(unknown).length > 0 || !/^[^@\s]+@[^@\s]+$/.test(from))
      return refuse(400, 10001, 'email.sending.error.invalid_request_schema')
    const raw = new TextEncoder().encode(text)
    if (raw.length > 5 * 1024 * 1024) return refuse(400, 10200, 'email.sending.error.email.too_big')
    if (recipients.length < 1 || recipients.length > 50) return refuse(400, 10001, 'recipients')
    const seen = await seenInRaw(raw, recipients, null)
    if (Object.values(seen.headers).some((value) => value.length > 2_048)) return refuse(400, 10202, 'a header')
    sent.push(seen)
    return accept({ delivered: recipients.slice(0, 1), queued: recipients.slice(1) })
  },
  errors: [
    ...[
      { status: 400, code: 10001, outcome: PERMANENT },
      { status: 400, code: 10200, outcome: ELSEWHERE },
      { status: 400, code: 10201, outcome: ELSEWHERE },
      { status: 400, code: 10202, outcome: PERMANENT },
      { status: 401, code: 10101, outcome: LATER },
      { status: 401, code: 10103, outcome: LATER },
      { status: 403, code: 10102, outcome: LATER },
      { status: 403, code: 10105, outcome: LATER },
      { status: 403, code: 10203, outcome: LATER },
      { status: 404, code: 10000, outcome: LATER },
      { status: 429, code: 10004, outcome: TEMPORARY },
      { status: 500, code: 10002, outcome: TEMPORARY },
      { status: 500, code: 10003, outcome: ELSEWHERE },
      { status: 503, code: 10100, outcome: TEMPORARY },
    ].map(({ status, code, outcome }) => ({
      name: `${status} ${code}`,
      answer: () => refuse(status, code, 'why'),
      outcome: { ...outcome, code: String(code), detail: 'why' },
    })),
    {
      name: '200 with a bounce',
      answer: () => accept({ permanent_bounces: ['X@b.example'] }),
      outcome: { ...PERMANENT, code: 'permanent_bounce' },
    },
    {
      name: '200 with a suppressed recipient',
      answer: () => accept({ suppressed_recipients: ['x@b.example'] }),
      outcome: { ...PERMANENT, code: 'suppressed' },
    },
    { name: '200 without the recipient', answer: () => accept({}), outcome: UNKNOWN },
  ],
}
