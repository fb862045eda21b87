/**
 * Mailgun: POST /v3/<domain>/messages.mime, the raw message as a file of a form. It keeps our Message-ID and names it in its
 * events, and can be asked for those; it knows no idempotency key.
 *
 * What it does not carry: the envelope sender. Its variables, and with them the reference, stand in a field of the message that
 * recipients can see.
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
  textOf,
  type Verdict,
  verdictOf,
} from './call.ts'
import type { ProviderTools } from './configure.ts'
import { forAll, withinLimits } from './limits.ts'

const HOSTS = { us: 'https://api.mailgun.net', eu: 'https://api.eu.mailgun.net' } as const
const LIMITS = { name: 'mailgun', recipientsMax: 1_000, bytesMax: 25 * 1000 * 1000 } as const
/** Events are read of one page: some for each recipient. */
const EVENTS_MAX = 300

/** It has no codes of its own: only the HTTP status says what it means. */
const ERRORS: { [status: number]: Verdict } = {
  401: NOT_NOW, // the key
  402: NOT_NOW, // the plan
  403: NOT_NOW, // the account, or the domain, may not send
  404: BUSY, // a domain that was just made, or is in the other region
  413: NOT_HERE,
  429: BUSY,
}

export type MailgunSettings = { key: string; domain: string; region: keyof typeof HOSTS }

export function mailgunProvider(settings: MailgunSettings, tools: ProviderTools): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: 0,
    send: withinLimits(LIMITS, async (message) => forAll(message, await post(settings, tools, message))),
    lookUp: (message) => lookUp(settings, tools, message),
  }
}

async function post(settings: MailgunSettings, tools: ProviderTools, message: Outgoing): Promise<SendOutcome> {
  const form = new FormData()
  for (const to of message.recipients) form.append('to', to)
  const raw = message.raw as Uint8Array<ArrayBuffer>
  form.append('message', new Blob([raw], { type: 'message/rfc822' }), 'message.mime')
  form.append(`v:${REFERENCE_NAME}`, message.reference)
  // Who writes a letter does not watch its reader.
  form.append('o:tracking', 'no')
  const answer = await callProvider(tools, {
    url: `${baseOf(settings)}/messages.mime`,
    method: 'POST',
    headers: headersFor(settings),
    body: form,
    secrets: [settings.key, basicOf(settings.key)],
  })
  return answer.kind === 'lost' ? answer.outcome : read(answer)
}

function baseOf({ domain, region }: MailgunSettings): string {
  return `${HOSTS[region]}/v3/${encodeURIComponent(domain)}`
}

function headersFor({ key }: MailgunSettings): Record<string, string> {
  return { authorization: `Basic ${basicOf(key)}` }
}

function basicOf(key: string): string {
  return btoa(`api:${key}`)
}

function read(answer: Answer): SendOutcome {
  const { status, json } = answer
  if (status >= 200 && status < 300) {
    const id = textOf(json?.id)
    return id === null ? oddSuccess(answer) : { kind: 'delivered', providerId: id.replace(/^<|>$/g, '') }
  }
  const words = textOf(json?.message)
  return failure(ERRORS[status] ?? verdictOf(answer, words !== null), answer, null, words ?? answer.text)
}

/** What its events say of the message, by its Message-ID. Not to be found means little: its events lag behind. */
async function lookUp(
  settings: MailgunSettings,
  tools: ProviderTools,
  message: Omit<Outgoing, 'raw'>,
): Promise<SendOutcome[] | null> {
  const query = new URLSearchParams({ 'message-id': message.messageId, limit: String(EVENTS_MAX) })
  const answer = await callProvider(tools, {
    url: `${baseOf(settings)}/events?${query}`,
    method: 'GET',
    headers: headersFor(settings),
    secrets: [settings.key, basicOf(settings.key)],
  })
  if (answer.kind === 'lost' || answer.status !== 200) return null
  const taken = new Set<string>()
  for (const event of listOf(answer.json?.items)) {
    const recipient = textOf(member(event, 'recipient'))
    // One that failed later was taken too: its own event tells the rest.
    const isTaken = ['accepted', 'delivered', 'failed'].includes(String(member(event, 'event')))
    if (recipient !== null && isTaken) taken.add(recipient.toLowerCase())
  }
  if (taken.size === 0) return null
  return message.recipients.map((to) =>
    taken.has(to.toLowerCase()) ? { kind: 'delivered', providerId: message.messageId } : NOT_FOUND,
  )
}

const NOT_FOUND: SendOutcome = { kind: 'unknown', code: null, detail: 'Mailgun has no event of it.' }
