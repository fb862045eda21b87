/** A double of Mailgun's POST /v3/<domain>/messages.mime and of its events, in its European region. */
import { mailgunProvider } from '../../../../src/outbound/providers/mailgun.ts'
import { type Double, ELSEWHERE, json, LATER, PERMANENT, seenInRaw, TEMPORARY } from '../double.ts'

const KEY = 'key-secret-of-the-tests'
const BASE = 'https://api.eu.mailgun.net/v3/mg.a.example'

const events: { event: string; recipient: string; messageId: string }[] = []

export const mailgun: Double = {
  name: 'mailgun',
  secret: KEY,
  keepsMessageId: true,
  isFound: true,
  make: (tools, key) => mailgunProvider({ key, domain: 'mg.a.example', region: 'eu' }, tools),
  async handle(request, sent) {
    if (request.headers.get('authorization') !== `Basic ${btoa(`api:${KEY}`)}`)
      return new Response('Forbidden', { status: 401 })
    const url = new URL(request.url)
    if (request.method === 'GET' && request.url.startsWith(`${BASE}/events?`)) {
      const wanted = url.searchParams.get('message-id')
      return json(200, { items: events.filter(({ messageId }) => messageId === wanted), paging: {} })
    }
    if (request.method !== 'POST' || request.url !== `${BASE}/messages.mime`)
      return json(404, { message: 'Domain not found' })
    const form = await request.formData()
    const file = form.get('message')
    const to = form.getAll('to').map(String)
    if (!(file instanceof File)) return json(400, { message: 'message parameter is missing' })
    if (to.length === 0) return json(400, { message: 'to parameter is missing' })
    const reference = form.get('v:postern_reference')
    const seen = await seenInRaw(new Uint8Array(await file.arrayBuffer()), to, reference && String(reference))
    sent.push(seen)
    const messageId = (seen.headers['message-id'] ?? '').replace(/^<|>$/g, '')
    for (const recipient of to) events.push({ event: 'accepted', recipient, messageId })
    return json(200, { id: `<${messageId}>`, message: 'Queued. Thank you.' })
  },
  errors: [
    { status: 400, outcome: PERMANENT },
    { status: 401, outcome: LATER },
    { status: 402, outcome: LATER },
    { status: 403, outcome: LATER },
    { status: 404, outcome: TEMPORARY },
    { status: 413, outcome: ELSEWHERE },
    { status: 429, outcome: TEMPORARY },
    { status: 500, outcome: TEMPORARY },
    { status: 503, outcome: TEMPORARY },
  ].map(({ status, outcome }) => ({
    name: String(status),
    answer: () => json(status, { message: 'why' }),
    outcome: { ...outcome, code: `http-${status}`, detail: 'why' },
  })),
}
