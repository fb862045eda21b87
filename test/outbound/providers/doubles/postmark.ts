/** A double of Postmark's POST /email and of its search of what was sent. */
import { postmarkProvider } from '../../../../src/outbound/providers/postmark.ts'
import {
  type Double,
  ELSEWHERE,
  type Json,
  json,
  LATER,
  PERMANENT,
  readMailboxTexts,
  type Seen,
  strictBase64,
  TEMPORARY,
} from '../double.ts'

const TOKEN = 'postmark-secret-of-the-tests'
const refuse = (status: number, ErrorCode: number, Message: string) => json(status, { ErrorCode, Message })
const invalid = (message: string) => refuse(422, 300, message)

const FIELDS = [
  ...['From', 'To', 'Cc', 'Bcc', 'Subject', 'HtmlBody', 'TextBody', 'ReplyTo', 'Headers', 'Attachments', 'Metadata'],
  ...['TrackOpens', 'TrackLinks', 'MessageStream', 'Tag'],
]

const found: { metadata: { [name: string]: string }; MessageID: string; Recipients: string[] }[] = []

export const postmark: Double = {
  name: 'postmark',
  secret: TOKEN,
  keepsMessageId: true,
  isFound: true,
  make: (tools, token) => postmarkProvider({ token, stream: 'outbound' }, tools),
  async handle(request, sent) {
    const url = new URL(request.url)
    if (url.origin !== 'https://api.postmarkapp.com' || request.headers.get('accept') !== 'application/json')
      return new Response('Not found', { status: 404 })
    if (request.headers.get('x-postmark-server-token') !== TOKEN)
      return refuse(401, 10, 'No Account or Server API tokens were supplied in the HTTP headers.')
    if (request.method === 'GET' && url.pathname === '/messages/outbound') return search(url.searchParams)
    if (request.method !== 'POST' || url.pathname !== '/email') return new Response('Not found', { status: 404 })
    const body: Json = await request.json()
    const seen = read(body)
    if (seen instanceof Response) return seen
    sent.push(seen)
    const MessageID = crypto.randomUUID()
    found.push({ metadata: body.Metadata, MessageID, Recipients: seen.recipients })
    return json(200, { To: body.To, SubmittedAt: '2026-03-01T12:00:00Z', MessageID, ErrorCode: 0, Message: 'OK' })
  },
  errors: [
    { status: 401, code: 10, outcome: LATER },
    { status: 422, code: 300, outcome: PERMANENT },
    { status: 422, code: 400, outcome: ELSEWHERE },
    { status: 422, code: 401, outcome: ELSEWHERE },
    { status: 422, code: 405, outcome: LATER },
    { status: 422, code: 406, outcome: PERMANENT },
    { status: 422, code: 411, outcome: ELSEWHERE },
    { status: 422, code: 412, outcome: ELSEWHERE },
    { status: 422, code: 413, outcome: LATER },
    { status: 422, code: 1235, outcome: LATER },
    { status: 422, code: 9999, outcome: PERMANENT },
    { status: 429, code: 429, outcome: TEMPORARY },
    { status: 500, code: 700, outcome: TEMPORARY },
    { status: 503, code: 100, outcome: TEMPORARY },
  ].map(({ status, code, outcome }) => ({
    name: `${status} ErrorCode ${code}`,
    answer: () => refuse(status, code, 'why'),
    outcome: { ...outcome, code: String(code), detail: 'why' },
  })),
}

function search(query: URLSearchParams): Response {
  if (!query.has('count') || !query.has('offset')) return refuse(422, 600, 'count and offset are required.')
  const wanted = [...query].filter(([name]) => name.startsWith('metadata_'))
  const Messages = found.filter(({ metadata }) =>
    wanted.every(([name, value]) => metadata[name.slice('metadata_'.length)] === value),
  )
  return json(200, { TotalCount: Messages.length, Messages: Messages.map((one) => ({ ...one, Status: 'Sent' })) })
}

function read(body: Json): Seen | Response {
  const unknown = Object.keys(body).find((name) => !FIELDS.includes(name))
  if (unknown) return refuse(422, 403, `Unknown field ${unknown}.`)
  const from = readMailboxTexts(String(body.From))?.[0]
  const [to, cc, bcc, replyTo] = [body.To, body.Cc, body.Bcc, body.ReplyTo].map((list) => readMailboxTexts(list ?? ''))
  if (!from || !to || !cc || !bcc || !replyTo) return invalid('Invalid address.')
  if (to.length === 0 || to.length + cc.length + bcc.length > 50) return invalid('1 to 50 recipients.')
  if (!body.HtmlBody && !body.TextBody) return invalid('Provide either email TextBody or HtmlBody or both.')
  for (const [name, value] of Object.entries(body.Metadata ?? {}))
    if (name.length > 20 || String(value).length > 80) return invalid('Invalid metadata content.')
  const files = (body.Attachments ?? []).map((one: Json) => ({
    filename: one.Name,
    bytes: strictBase64(one.Content),
    contentId: one.ContentID?.replace(/^cid:/, '') ?? null,
  }))
  if (files.some(({ filename, bytes }: Json) => !filename || bytes === null)) return invalid('Invalid attachment.')
  const headers = Object.fromEntries((body.Headers ?? []).map((one: Json) => [one.Name.toLowerCase(), one.Value]))
  if (headers['x-pm-keepid'] !== 'true') delete headers['message-id']
  const { Bcc: _hidden, Metadata: _metadata, ...shown } = body
  const addresses = (list: { address: string }[]) => list.map(({ address }) => address)
  return {
    ...{ recipients: addresses([...to, ...cc, ...bcc]), from, to: addresses(to), cc: addresses(cc) },
    ...{ replyTo: addresses(replyTo), subject: body.Subject, text: body.TextBody ?? null, html: body.HtmlBody ?? null },
    ...{ headers, files, shown: JSON.stringify(shown), reference: body.Metadata?.postern_reference ?? null },
  }
}
