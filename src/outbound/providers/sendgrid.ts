/**
 * SendGrid: POST /v3/mail/send, a JSON message; it answers 202 and tells all else by events. It knows no idempotency key, and
 * what it can be asked for does not name a call.
 *
 * What it does not carry: the envelope sender. It keeps our Message-ID.
 */
import type { Address } from '../../mime/message.ts'
import { REFERENCE_NAME } from '../correlation.ts'
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import {
  type Answer,
  callProvider,
  failure,
  listOf,
  member,
  NOT_HERE,
  NOT_NOW,
  REFUSED,
  textOf,
  type Verdict,
  verdictOf,
} from './call.ts'
import type { ProviderTools } from './configure.ts'
import { Base64, jsonBytes } from './json.ts'
import { forAll, withinLimits } from './limits.ts'
import { contentOf, headersOf, personalizations, plainPerson } from './personalizations.ts'
import { type Rebuilt, type RebuiltFile, rebuild } from './rebuild.ts'
import { idList, referencesOf } from './references.ts'

const HOSTS = { global: 'https://api.sendgrid.com', eu: 'https://api.eu.sendgrid.com' } as const
/** 1,000 recipients and as many personalizations. */
const LIMITS = { name: 'sendgrid', recipientsMax: 1_000, bytesMax: 30 * 1000 * 1000 } as const
/** Fields that it refuses to be given. */
const RESERVED = new Set(['x-sg-id', 'x-sg-eid', 'received'])

export type SendgridSettings = { key: string; region: keyof typeof HOSTS }

export function sendgridProvider(settings: SendgridSettings, tools: ProviderTools): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: 0,
    send: withinLimits(LIMITS, async (message) => {
      const rebuilt = await rebuild(message)
      return forAll(message, 'refused' in rebuilt ? rebuilt.refused : await post(settings, tools, message, rebuilt))
    }),
  }
}

async function post(
  { key, region }: SendgridSettings,
  tools: ProviderTools,
  message: Outgoing,
  rebuilt: Rebuilt,
): Promise<SendOutcome> {
  const answer = await callProvider(tools, {
    url: `${HOSTS[region]}/v3/mail/send`,
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept: 'application/json' },
    body: jsonBytes(bodyOf(message, rebuilt)),
    secrets: [key],
  })
  return answer.kind === 'lost' ? answer.outcome : read(answer)
}

function bodyOf(message: Outgoing, rebuilt: Rebuilt): object {
  const references = idList(referencesOf(rebuilt.fields))
  return {
    personalizations: personalizations(rebuilt.groups, person),
    from: plainPerson(rebuilt.from),
    ...(rebuilt.replyTo.length > 0 && { reply_to_list: rebuilt.replyTo.map(plainPerson) }),
    // It takes no message without a subject or a body.
    subject: rebuilt.subject || ' ',
    content: contentOf(rebuilt),
    headers: headersOf(rebuilt, RESERVED, [
      ['Message-ID', `<${message.messageId}>`],
      ...(references === '' ? [] : [['References', references] as const]),
    ]),
    ...(rebuilt.files.length > 0 && { attachments: rebuilt.files.map(attachment) }),
    custom_args: { [REFERENCE_NAME]: message.reference },
    // Who writes a letter does not watch its reader.
    tracking_settings: {
      click_tracking: { enable: false, enable_text: false },
      open_tracking: { enable: false },
      subscription_tracking: { enable: false },
    },
  }
}

// It does not quote the names of recipients that hold a comma or a semicolon, and takes one that is quoted.
function person({ name, address }: Address): object {
  const needsQuotes = /[^\p{L}\p{M}\p{N} ]/u.test(name)
  const written = needsQuotes ? `"${name.replaceAll(/["\\]/g, '\\$&')}"` : name
  return { email: address, ...(name !== '' && { name: written }) }
}

function attachment({ filename, contentType, bytes, contentId }: RebuiltFile): object {
  return {
    content: new Base64(bytes),
    type: contentType,
    filename,
    ...(contentId === null ? { disposition: 'attachment' } : { disposition: 'inline', content_id: contentId }),
  }
}

function read(answer: Answer): SendOutcome {
  const { status, headers, json } = answer
  // 200 is what its sandbox says, which sends nothing.
  if (status === 202) return { kind: 'delivered', providerId: headers.get('x-message-id') }
  const words = listOf(json?.errors).map((error) => textOf(member(error, 'message')) ?? '')
  const text = words.filter((word) => word !== '').join(' ')
  return failure(verdictFor(answer, text), answer, null, text)
}

/** It has no codes: what its statuses leave open is in its words. */
function verdictFor(answer: Answer, words: string): Verdict {
  const { status } = answer
  if (status === 403 && /verified sender|from address|sender identity/i.test(words)) return NOT_HERE
  if (status === 400 && /credits|authorization grant/i.test(words)) return NOT_NOW
  return status === 400 && words !== '' ? REFUSED : verdictOf(answer, words !== '')
}
