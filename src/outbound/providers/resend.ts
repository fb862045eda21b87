/**
 * Resend: POST /emails, a JSON message. Its Idempotency-Key lets a call whose answer was lost be repeated for a day.
 *
 * What it does not carry: the envelope sender; the Message-ID, which it replaces (references.ts keeps the thread). Where a call
 * has several recipients its events do not say which of them they are about. It is said to drop, silently, a message whose
 * attachment has another type than its name says, so that the type is left to the name wherever there is an extension.
 */
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
  UNKNOWN,
  type Verdict,
  verdictOf,
} from './call.ts'
import type { ProviderTools } from './configure.ts'
import { type Group, mailboxText, sendGroups } from './groups.ts'
import { Base64, jsonBytes } from './json.ts'
import { callKey } from './keys.ts'
import { forAll, withinLimits } from './limits.ts'
import { type Rebuilt, type RebuiltFile, rebuild } from './rebuild.ts'
import { idList, referencesWith } from './references.ts'

const ENDPOINT = 'https://api.resend.com/emails'
const LIMITS = { name: 'resend', recipientsMax: 50, bytesMax: 40 * 1000 * 1000 } as const
const IDEMPOTENT_SECONDS = 86_400

/** By the `name` of its errors. What has no line here goes by its HTTP status. */
const ERRORS: { [name: string]: Verdict } = {
  rate_limit_exceeded: BUSY,
  application_error: BUSY,
  internal_server_error: BUSY,
  service_unavailable: BUSY,
  daily_quota_exceeded: NOT_NOW,
  monthly_quota_exceeded: NOT_NOW,
  missing_api_key: NOT_NOW,
  invalid_api_key: NOT_NOW,
  restricted_api_key: NOT_NOW,
  suspended_api_key: NOT_NOW,
  invalid_access: NOT_NOW,
  not_found: NOT_NOW,
  method_not_allowed: NOT_NOW,
  invalid_from_address: NOT_HERE,
  invalid_attachment: NOT_HERE,
  security_error: NOT_HERE,
  validation_error: REFUSED,
  missing_required_field: REFUSED,
  invalid_parameter: REFUSED,
  invalid_idempotency_key: REFUSED,
  // The first call with this key is still under way, or was taken with other content: either way something may have been sent.
  concurrent_idempotent_requests: UNKNOWN,
  invalid_idempotent_request: UNKNOWN,
}

export function resendProvider(settings: { key: string }, tools: ProviderTools): Provider {
  return {
    ...LIMITS,
    hasEnvelope: false,
    idempotentSeconds: IDEMPOTENT_SECONDS,
    send: withinLimits(LIMITS, async (message) => {
      const rebuilt = await rebuild(message)
      if ('refused' in rebuilt) return forAll(message, rebuilt.refused)
      return await sendGroups(message, rebuilt.groups, (group) => post(settings.key, tools, message, rebuilt, group))
    }),
  }
}

async function post(
  key: string,
  tools: ProviderTools,
  message: Outgoing,
  rebuilt: Rebuilt,
  group: Group,
): Promise<SendOutcome> {
  // One who is seen by nobody has a call of his own, and his address in its key.
  const own = group.isHidden ? group.to.map(({ address }) => address) : []
  const answer = await callProvider(tools, {
    url: ENDPOINT,
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': await callKey(message, ...own),
    },
    body: jsonBytes(bodyOf(message, rebuilt, group)),
    secrets: [key],
  })
  return answer.kind === 'lost' ? answer.outcome : read(answer)
}

function bodyOf(message: Outgoing, rebuilt: Rebuilt, { to, cc, bcc }: Group): object {
  const references = idList(referencesWith(rebuilt.fields, message.messageId))
  const headers = rebuilt.headers.map(({ name, value }) => [name, value] as const)
  return {
    from: mailboxText(rebuilt.from),
    to: to.map(mailboxText),
    ...(cc.length > 0 && { cc: cc.map(mailboxText) }),
    ...(bcc.length > 0 && { bcc: bcc.map(mailboxText) }),
    ...(rebuilt.replyTo.length > 0 && { reply_to: rebuilt.replyTo.map(mailboxText) }),
    subject: rebuilt.subject,
    ...(rebuilt.html !== null && { html: rebuilt.html }),
    // One of the two must be there.
    ...((rebuilt.text !== null || rebuilt.html === null) && { text: rebuilt.text || ' ' }),
    headers: Object.fromEntries([...headers, ['References', references]]),
    ...(rebuilt.files.length > 0 && { attachments: rebuilt.files.map(attachment) }),
    tags: [{ name: REFERENCE_NAME, value: message.reference }],
  }
}

function attachment({ filename, contentType, bytes, contentId }: RebuiltFile): object {
  const saysItsType = /\.[A-Za-z0-9]{1,10}$/.test(filename)
  return {
    filename,
    content: new Base64(bytes),
    ...(!saysItsType && { content_type: contentType }),
    ...(contentId !== null && { content_id: contentId }),
  }
}

function read(answer: Answer): SendOutcome {
  const { status, json } = answer
  if (status >= 200 && status < 300) {
    const id = textOf(json?.id)
    return id === null ? oddSuccess(answer) : { kind: 'delivered', providerId: id }
  }
  const name = textOf(json?.name)
  return failure(verdictFor(answer, name), answer, name, json?.message)
}

// 'validation_error' is also its word for a key that does not exist (401) and a domain that is not verified (403).
function verdictFor(answer: Answer, name: string | null): Verdict {
  const isItsWord = name !== null
  if (name === 'validation_error' && answer.status === 401) return NOT_NOW
  if (name === 'validation_error' && answer.status === 403) return NOT_HERE
  if (name === 'validation_error' && /API key is invalid/i.test(answer.text)) return NOT_NOW
  return (name !== null && Object.hasOwn(ERRORS, name) && ERRORS[name]) || verdictOf(answer, isItsWord)
}
