/** Resend's events: signed by Svix, as Standard Webhooks are. */
import { type Failure, fail } from '../../errors.ts'
import { speaksOfAddress } from '../../mime/report-codes.ts'
import { REFERENCE_NAME } from '../correlation.ts'
import type { Reported } from '../record.ts'
import { bytesOfBase64 } from './der.ts'
import type { EventRequest, ProviderEvent, Receiver, Tools } from './event.ts'
import { list, object, parseJson, RECIPIENTS_MAX, said, second, text } from './fields.ts'

/** Standard Webhooks: either way, for clocks that differ. */
const TOLERANCE_SECONDS = 300
const SIGNATURES_MAX = 10

const STATUSES: Readonly<Record<string, Reported>> = {
  'email.delivered': 'delivered',
  'email.delivery_delayed': 'deferred',
  'email.bounced': 'bounced',
  'email.complained': 'complained',
  'email.failed': 'failed',
  'email.suppressed': 'suppressed',
}

export const receiveResend: Receiver = async (tools, request) => {
  const { resend: secrets } = tools.settings
  if (secrets === null) return fail('not-found', 'No signing secret of Resend is set.')
  const id = await verified(tools, request, secrets.split(/\s+/))
  return typeof id === 'string' ? eventsOf(id, parseJson(request.body)) : id
}

/** The id of the message that was signed. */
async function verified({ now }: Tools, { headers, body }: EventRequest, secrets: string[]): Promise<string | Failure> {
  const id = headers.get('svix-id') ?? headers.get('webhook-id') ?? ''
  const timestamp = headers.get('svix-timestamp') ?? headers.get('webhook-timestamp') ?? ''
  const given = headers.get('svix-signature') ?? headers.get('webhook-signature') ?? ''
  if (!/^[\x21-\x7e]{1,200}$/.test(id) || !/^\d{1,12}$/.test(timestamp) || id.includes('.')) return unsigned()
  if (Math.abs(now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return unsigned()
  const head = new TextEncoder().encode(`${id}.${timestamp}.`)
  const signed = new Uint8Array(head.length + body.length)
  signed.set(head)
  signed.set(body, head.length)
  const signatures = given.split(' ', SIGNATURES_MAX).flatMap((one) => (one.startsWith('v1,') ? one.slice(3) : []))
  for (const secret of secrets.slice(0, 2)) {
    const bytes = bytesOfBase64(secret.replace(/^whsec_/, ''))
    if (!bytes || bytes.length === 0) continue
    const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify'])
    for (const signature of signatures) {
      const mac = bytesOfBase64(signature)
      if (mac && (await crypto.subtle.verify('HMAC', key, mac, signed))) return id
    }
  }
  return unsigned()
}

function unsigned(): Failure {
  return fail('unauthenticated', 'This is not signed by Resend, or was signed too long ago.')
}

function eventsOf(id: string, body: unknown): ProviderEvent[] {
  const { type, created_at: at, data: given } = object(body)
  const status = STATUSES[text(type) ?? '']
  if (status === undefined) return []
  const data = object(given)
  const bounce = object(data.bounce)
  const isTransient = text(bounce.type) === 'Transient'
  const isSuppressed = text(bounce.subType) === 'Suppressed' || text(bounce.subType) === 'OnAccountSuppressionList'
  const detail = text(bounce.message) ?? text(object(data.failed).reason) ?? text(object(data.suppressed).message)
  const words = said(detail)
  return recipientsOf(data.to, detail).map((recipient) => ({
    id,
    providers: ['resend'],
    reference: referenceIn(data.tags),
    providerIds: [data.email_id].flatMap((one) => text(one) ?? []),
    recipient,
    status: status === 'bounced' && isSuppressed ? 'suppressed' : status,
    at: second(at),
    ...words,
    isHard: status === 'bounced' && !isTransient && speaksOfAddress({ ...words, text: detail }),
  }))
}

// An event names all to whom the message went. Of several, only who stands in the words is known to be meant.
function recipientsOf(to: unknown, detail: string | null): string[] {
  const all = list(to, RECIPIENTS_MAX).flatMap((one) => text(one) ?? [])
  if (all.length <= 1) return all
  const words = (detail ?? '').toLowerCase()
  return all.filter((address) => words.includes(address.toLowerCase()))
}

// An object of names and values; in older events a list of both.
function referenceIn(tags: unknown): string | null {
  const listed = list(tags, 20).map(object)
  return text(object(tags)[REFERENCE_NAME]) ?? text(listed.find(({ name }) => name === REFERENCE_NAME)?.value)
}
