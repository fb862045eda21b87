/**
 * Postmark: POST /email, a JSON message; ErrorCode says what became of it. It knows no idempotency key, but can be asked for
 * what it has by our metadata.
 *
 * What it does not carry: the envelope sender. It keeps our Message-ID (X-PM-KeepID).
 */
import { REFERENCE_NAME } from '../correlation.ts'
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import {
  type Answer,
  BUSY,
  callProvider,
  failure,
  listOf,
  member,
  NOT_HERE,
  NOT_NOW,
  oddSuccess,
  REFUSED,
  textOf,
  type Verdict,
  verdictOf,
} from './call.ts'
import type { ProviderTools } from './configure.ts'
import { type Group, mailboxText, sendGroups } from './groups.ts'
import { Base64, jsonBytes } from './json.ts'
import { callKey } from './keys.ts'
import { forAll, withinLimits } from './limits.ts'
import { type Rebuilt, type RebuiltFile, rebuild } from './rebuild.ts'
import { idList, referencesOf } from './references.ts'

const HOST = 'https://api.postmarkapp.com'
const LIMITS = { name: 'postmark', recipientsMax: 50, bytesMax: 10 * 1000 * 1000 } as const
/** Of a call, in its metadata: their names have at most 20 characters. */
const CALL_NAME = 'postern_call'
/** Messages that one call may have become: one for each recipient whom nobody sees. */
const FOUND_MAX = 50

/** By ErrorCode. What has no line here goes by its HTTP status. */
const ERRORS: { [code: number]: Verdict } = {
  10: NOT_NOW, // bad or missing token
  100: BUSY, // maintenance
  300: REFUSED, // invalid email request
  400: NOT_HERE, // no such sender signature
  401: NOT_HERE, // sender signature not confirmed
  402: REFUSED, // invalid JSON
  403: REFUSED, // incompatible JSON
  405: NOT_NOW, // no credits left
  406: REFUSED, // inactive recipient
  409: REFUSED, // JSON required
  411: NOT_HERE, // forbidden attachment type
  412: NOT_HERE, // account is pending: only to its own domain
  413: NOT_NOW, // account may not send
  429: BUSY,
  1235: NOT_NOW, // no such message stream
}

export type PostmarkSettings = { token: string; stream: string | null }

export function postmarkProvider(settings: PostmarkSettings, tools: ProviderTools): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: 0,
    send: withinLimits(LIMITS, async (message) => {
      const rebuilt = await rebuild(message)
      if ('refused' in rebuilt) return forAll(message, rebuilt.refused)
      return await sendGroups(message, rebuilt.groups, (group) => post(settings, tools, message, rebuilt, group))
    }),
    lookUp: (message) => lookUp(settings, tools, message),
  }
}

async function post(
  settings: PostmarkSettings,
  tools: ProviderTools,
  message: Outgoing,
  rebuilt: Rebuilt,
  group: Group,
): Promise<SendOutcome | ((recipient: string) => SendOutcome)> {
  const answer = await callProvider(tools, {
    url: `${HOST}/email`,
    method: 'POST',
    headers: { ...headersFor(settings), 'content-type': 'application/json' },
    body: jsonBytes(bodyOf(settings, message, rebuilt, group, await callKey(message))),
    secrets: [settings.token],
  })
  return answer.kind === 'lost' ? answer.outcome : read(answer)
}

function headersFor({ token }: PostmarkSettings): Record<string, string> {
  return { 'x-postmark-server-token': token, accept: 'application/json' }
}

function bodyOf(
  { stream }: PostmarkSettings,
  message: Outgoing,
  rebuilt: Rebuilt,
  { to, cc, bcc }: Group,
  call: string,
): object {
  const list = (mailboxes: Group['to']) => mailboxes.map(mailboxText).join(', ')
  const references = idList(referencesOf(rebuilt.fields))
  const headers = [
    ...rebuilt.headers,
    { name: 'Message-ID', value: `<${message.messageId}>` },
    { name: 'X-PM-KeepID', value: 'true' },
    ...(references === '' ? [] : [{ name: 'References', value: references }]),
  ]
  return {
    From: mailboxText(rebuilt.from),
    To: list(to),
    ...(cc.length > 0 && { Cc: list(cc) }),
    ...(bcc.length > 0 && { Bcc: list(bcc) }),
    ...(rebuilt.replyTo.length > 0 && { ReplyTo: list(rebuilt.replyTo) }),
    Subject: rebuilt.subject,
    ...(rebuilt.html !== null && { HtmlBody: rebuilt.html }),
    // It takes no message without a body.
    ...((rebuilt.text !== null || rebuilt.html === null) && { TextBody: rebuilt.text || ' ' }),
    Headers: headers.map(({ name, value }) => ({ Name: name, Value: value })),
    ...(rebuilt.files.length > 0 && { Attachments: rebuilt.files.map(attachment) }),
    Metadata: { [REFERENCE_NAME]: message.reference, [CALL_NAME]: call },
    // Who writes a letter does not watch its reader.
    TrackOpens: false,
    TrackLinks: 'None',
    ...(stream !== null && { MessageStream: stream }),
  }
}

function attachment({ filename, contentType, bytes, contentId }: RebuiltFile): object {
  return {
    Name: filename,
    Content: new Base64(bytes),
    ContentType: contentType,
    ...(contentId !== null && { ContentID: `cid:${contentId}` }),
  }
}

function read(answer: Answer): SendOutcome | ((recipient: string) => SendOutcome) {
  const { status, json } = answer
  const code = typeof json?.ErrorCode === 'number' ? json.ErrorCode : null
  if (status >= 200 && status < 300) {
    const id = textOf(json?.MessageID)
    if (code !== 0 || id === null) return oddSuccess(answer)
    const inactive = inactiveIn(json?.Message)
    const suppressed = failure(REFUSED, answer, '406', json?.Message)
    return (to) => (inactive.has(to.toLowerCase()) ? suppressed : { kind: 'delivered', providerId: id })
  }
  const verdict = (code !== null && ERRORS[code]) || verdictOf(answer, code !== null)
  return failure(verdict, answer, code === null ? null : String(code), json?.Message)
}

/** Those of several recipients whom it leaves out, since they have bounced or complained before: its words name them, in lower case. */
function inactiveIn(words: unknown): Set<string> {
  const list = /inactive addresses:([^\n]*?)\.(?: |$)/.exec(textOf(words) ?? '')?.[1] ?? ''
  return new Set(list.split(',').map((address) => address.trim().toLowerCase()))
}

/** What it has with the metadata of this call. Not to be found means little: its search lags behind. */
async function lookUp(
  settings: PostmarkSettings,
  tools: ProviderTools,
  message: Omit<Outgoing, 'raw'>,
): Promise<SendOutcome[] | null> {
  const query = new URLSearchParams({ count: String(FOUND_MAX), offset: '0' })
  query.set(`metadata_${CALL_NAME}`, await callKey(message))
  const answer = await callProvider(tools, {
    url: `${HOST}/messages/outbound?${query}`,
    method: 'GET',
    headers: headersFor(settings),
    secrets: [settings.token],
  })
  if (answer.kind === 'lost' || answer.status !== 200) return null
  const found = new Map<string, string>()
  for (const one of listOf(answer.json?.Messages)) {
    const id = textOf(member(one, 'MessageID'))
    if (id === null) continue
    for (const to of listOf(member(one, 'Recipients'))) if (typeof to === 'string') found.set(to.toLowerCase(), id)
  }
  const outcomes = message.recipients.map((to): SendOutcome => {
    const id = found.get(to.toLowerCase())
    return id === undefined ? NOT_FOUND : { kind: 'delivered', providerId: id }
  })
  return outcomes.every((one) => one === NOT_FOUND) ? null : outcomes
}

const NOT_FOUND: SendOutcome = {
  kind: 'unknown',
  code: null,
  detail: 'Postmark does not find it among what it has sent.',
}
