/**
 * Amazon SES, version 2 of its API: POST /v2/email/outbound-emails with the raw message, signed with AWS Signature Version 4.
 *
 * What it does not carry: the envelope sender, which is an address of its own; the Message-ID, which it replaces (references.ts
 * keeps the thread). It knows no idempotency key, and cannot be asked for a message whose id was lost.
 */
import { AwsV4Signer } from 'aws4fetch'
import { REFERENCE_NAME } from '../correlation.ts'
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import {
  type Answer,
  BUSY,
  callProvider,
  failure,
  NOT_HERE,
  NOT_NOW,
  oddSuccess,
  REFUSED,
  textOf,
  type Verdict,
  verdictOf,
} from './call.ts'
import type { ProviderTools } from './configure.ts'
import { senderOf } from './envelope-from.ts'
import { Base64, jsonBytes } from './json.ts'
import { forAll, withinLimits } from './limits.ts'
import { referToItself } from './references.ts'

/** It counts 40 MB after base64, which adds a third. */
const LIMITS = { name: 'ses', recipientsMax: 50, bytesMax: 30 * 1000 * 1000 } as const

/** By the name of its exceptions, without the word. What has no line here goes by its HTTP status. */
const ERRORS: { [name: string]: Verdict } = {
  TooManyRequests: BUSY,
  Throttling: BUSY,
  InternalFailure: BUSY,
  InternalServiceError: BUSY,
  ServiceUnavailable: BUSY,
  LimitExceeded: NOT_NOW,
  SendingPaused: NOT_NOW,
  AccountSuspended: NOT_NOW,
  NotFound: NOT_NOW, // the configuration set
  AccessDenied: NOT_NOW,
  UnrecognizedClient: NOT_NOW,
  InvalidClientTokenId: NOT_NOW,
  InvalidSignature: NOT_NOW,
  SignatureDoesNotMatch: NOT_NOW,
  IncompleteSignature: NOT_NOW,
  MissingAuthenticationToken: NOT_NOW,
  ExpiredToken: NOT_NOW,
  OptInRequired: NOT_NOW,
  MailFromDomainNotVerified: NOT_HERE,
  MessageRejected: REFUSED,
  BadRequest: REFUSED,
}

export type SesSettings = { keyId: string; secret: string; region: string; configurationSet: string | null }

export function sesProvider(settings: SesSettings, tools: ProviderTools): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: 0,
    send: withinLimits(LIMITS, async (message) => forAll(message, await post(settings, tools, message))),
  }
}

async function post(settings: SesSettings, tools: ProviderTools, message: Outgoing): Promise<SendOutcome> {
  const { keyId, secret, region } = settings
  const body = jsonBytes(bodyOf(settings, message))
  const signer = new AwsV4Signer({
    url: `https://email.${region}.amazonaws.com/v2/email/outbound-emails`,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
    accessKeyId: keyId,
    secretAccessKey: secret,
    service: 'ses',
    region,
    // 20260301T120000Z
    datetime: new Date(tools.now()).toISOString().replace(/[-:]|\.\d{3}/g, ''),
  })
  const signed = await signer.sign()
  const answer = await callProvider(tools, {
    url: signed.url.href,
    method: 'POST',
    headers: Object.fromEntries(signed.headers),
    body,
    secrets: [secret],
  })
  return answer.kind === 'lost' ? answer.outcome : read(answer)
}

function bodyOf({ configurationSet }: SesSettings, message: Outgoing): object {
  return {
    FromEmailAddress: senderOf(message),
    // With a raw message this is the envelope alone.
    Destination: { ToAddresses: message.recipients },
    Content: { Raw: { Data: new Base64(referToItself(message.raw, message.messageId)) } },
    EmailTags: [{ Name: REFERENCE_NAME, Value: message.reference }],
    ...(configurationSet !== null && { ConfigurationSetName: configurationSet }),
  }
}

function read(answer: Answer): SendOutcome {
  const { status, json, headers } = answer
  if (status >= 200 && status < 300) {
    const id = textOf(json?.MessageId)
    return id === null ? oddSuccess(answer) : { kind: 'delivered', providerId: id }
  }
  const name = nameOf(headers.get('x-amzn-errortype') ?? textOf(json?.__type) ?? textOf(json?.code))
  const words = textOf(json?.message) ?? textOf(json?.Message)
  return failure(verdictFor(answer, name, words ?? ''), answer, name, words)
}

// 'BadRequestException:http://internal.amazon.com/...' or 'com.amazonaws.sesv2#BadRequestException'.
function nameOf(type: string | null): string | null {
  const [name = ''] = (type?.slice(type.indexOf('#') + 1) ?? '').split(':')
  return name.replace(/Exception$/, '') || null
}

function verdictFor(answer: Answer, name: string | null, words: string): Verdict {
  if (/daily (message|sending) quota exceeded/i.test(words)) return NOT_NOW
  // So it says that the sender, or in its sandbox the recipient, is not verified.
  if (name === 'MessageRejected' && /not verified/i.test(words)) return NOT_HERE
  return (name !== null && Object.hasOwn(ERRORS, name) && ERRORS[name]) || verdictOf(answer, name !== null)
}
