/**
 * MailChannels: POST /tx/v1/send, a JSON message with one personalization for each that is to be made of it, and a result for
 * each of these. It knows no idempotency key, and cannot be asked.
 *
 * What it does not carry: the null sender; the Message-ID, which it makes itself (references.ts keeps the thread); more than one
 * Reply-To. Its events come with the reference as their campaign_id.
 */
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import {
  type Answer,
  callProvider,
  failure,
  listOf,
  member,
  NOT_HERE,
  NOT_NOW,
  oddSuccess,
  REFUSED,
  refusal,
  textOf,
  type Verdict,
  verdictOf,
} from './call.ts'
import type { ProviderTools } from './configure.ts'
import { Base64, jsonBytes } from './json.ts'
import { forAll, withinLimits } from './limits.ts'
import { contentOf, headersOf, personalizations, plainPerson } from './personalizations.ts'
import { type Rebuilt, type RebuiltFile, rebuild } from './rebuild.ts'
import { idList, referencesWith } from './references.ts'

const ENDPOINT = 'https://api.mailchannels.net/tx/v1/send'
/** 30 MB of the message that it makes, which is about as large as ours. */
const LIMITS = { name: 'mailchannels', recipientsMax: 1_000, bytesMax: 30 * 1000 * 1000 } as const
/** Fields that it refuses to be given; the others of this kind are not passed on anyway. */
const RESERVED = new Set(['authentication-results', 'received'])
const CONTENT_ID_CHARS_MAX = 255

/** It has no codes: only the HTTP status says what it means. */
const ERRORS: { [status: number]: Verdict } = {
  400: REFUSED,
  401: NOT_NOW,
  403: NOT_NOW,
  413: NOT_HERE,
}

export function mailchannelsProvider(settings: { key: string }, tools: ProviderTools): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: 0,
    send: withinLimits(LIMITS, async (message) => {
      const rebuilt = await rebuild(message)
      if ('refused' in rebuilt) return forAll(message, rebuilt.refused)
      if (rebuilt.replyTo.length > 1) return forAll(message, ONE_REPLY_TO)
      return await post(settings.key, tools, message, rebuilt)
    }),
  }
}

const ONE_REPLY_TO = refusal('5.6.1', 'MailChannels takes one Reply-To address, and this message has more.')

async function post(key: string, tools: ProviderTools, message: Outgoing, rebuilt: Rebuilt): Promise<SendOutcome[]> {
  const answer = await callProvider(tools, {
    url: ENDPOINT,
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: jsonBytes(bodyOf(message, rebuilt)),
    secrets: [key],
  })
  if (answer.kind === 'lost') return forAll(message, answer.outcome)
  const byGroup = read(answer, rebuilt.groups.length)
  return message.recipients.map((_, n) => {
    const group = rebuilt.groups.findIndex(({ members }) => members.includes(n))
    return byGroup[group] ?? oddSuccess(answer)
  })
}

function bodyOf(message: Outgoing, rebuilt: Rebuilt): object {
  const references = idList(referencesWith(rebuilt.fields, message.messageId))
  return {
    personalizations: personalizations(rebuilt.groups, plainPerson),
    from: plainPerson(rebuilt.from),
    ...(rebuilt.replyTo[0] && { reply_to: plainPerson(rebuilt.replyTo[0]) }),
    subject: rebuilt.subject,
    content: contentOf(rebuilt),
    headers: headersOf(rebuilt, RESERVED, [['References', references]]),
    ...(rebuilt.files.length > 0 && { attachments: rebuilt.files.map(attachment) }),
    campaign_id: message.reference,
    tracking_settings: { click_tracking: { enable: false }, open_tracking: { enable: false } },
  }
}

function attachment({ filename, contentType, bytes, contentId }: RebuiltFile): object {
  return {
    content: new Base64(bytes),
    type: contentType,
    filename,
    ...(contentId !== null && contentId.length <= CONTENT_ID_CHARS_MAX && { content_id: contentId }),
  }
}

/** An outcome for each personalization. */
function read(answer: Answer, groups: number): SendOutcome[] {
  const { status, json } = answer
  // It has taken the message and makes up its mind later.
  if (status === 202) {
    const providerId = textOf(json?.request_id)
    return Array.from({ length: groups }, () => ({ kind: 'delivered', providerId }))
  }
  if (status !== 200) {
    const words = wordsOf(answer)
    const verdict = ERRORS[status] ?? verdictOf(answer, words !== null)
    return Array.from({ length: groups }, () => failure(verdict, answer, null, words))
  }
  const outcomes: SendOutcome[] = []
  for (const result of listOf(json?.results)) {
    const index = member(result, 'index')
    if (typeof index !== 'number' || index < 0 || index >= groups) continue
    outcomes[index] = resultOf(answer, result)
  }
  return outcomes
}

function wordsOf({ json }: Answer): string | null {
  const errors = listOf(json?.errors).filter((error) => typeof error === 'string')
  return errors.length > 0 ? errors.join(' ') : (textOf(json?.message) ?? textOf(json?.error))
}

function resultOf(answer: Answer, result: unknown): SendOutcome {
  const status = member(result, 'status')
  if (status === 'sent') return { kind: 'delivered', providerId: textOf(member(result, 'message_id')) }
  if (status === 'failed') return failure(NOT_HERE, answer, 'failed', member(result, 'reason'))
  return oddSuccess(answer)
}
