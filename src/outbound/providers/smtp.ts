/**
 * Any SMTP server that takes mail from its users: the one provider that keeps to the envelope, and so to VERP, SRS and the null
 * sender, and whose mail is signed here with the domain's own key, since it signs nothing itself.
 *
 * A call's key is not used: SMTP knows none, so a message that may have been taken is never repeated.
 */
import type { Outgoing, Provider, SendOutcome } from '../provider.ts'
import { type Connect, Connections } from './smtp/connections.ts'
import { isAddress } from './smtp/envelope.ts'
import type { SmtpServer } from './smtp/server.ts'
import { TIMEOUTS, type Timeouts } from './smtp/timeouts.ts'
import { inWireForm } from './smtp/wire-form.ts'

/** RFC 5321 §4.5.3.1.8: what every server takes. */
const RECIPIENTS_MAX = 100
/** What a Worker's memory bears, with the copies that are made of it. Most servers say less in SIZE, and are asked. */
const BYTES_MAX = 40 * 1024 * 1024

export type Smtp = {
  server: SmtpServer
  /** Throws `Broken` where no connection comes about. */
  connect: Connect
  /** The domain's signatures, to be put on top of the message; empty where the domain has no key. */
  sign(raw: Uint8Array, domain: string): Promise<Uint8Array>
  timeouts?: Timeouts
}

export function smtpProvider({ server, connect, sign, timeouts = TIMEOUTS }: Smtp): Provider {
  const connections = new Connections(server, connect, timeouts)
  return {
    name: 'smtp',
    recipientsMax: RECIPIENTS_MAX,
    bytesMax: BYTES_MAX,
    hasEnvelope: true,
    hasSmtpUtf8: true,
    idempotentSeconds: 0,
    send: (message) => send(connections, sign, message),
  }
}

async function send(connections: Connections, sign: Smtp['sign'], message: Outgoing): Promise<SendOutcome[]> {
  const { sender, recipients, domain } = message
  const forAll = (outcome: SendOutcome) => recipients.map(() => outcome)
  if (message.raw.length > BYTES_MAX) return forAll(permanent('5.3.4', `A message has ${BYTES_MAX} bytes at most.`))
  if (sender !== '' && !isAddress(sender))
    return forAll(permanent('5.1.7', 'The sender is no address that SMTP knows.'))
  const named = recipients.filter(isAddress)
  if (named.length === 0) return forAll(NO_ADDRESS)
  // Signed as it goes over the wire: what is changed afterwards is not what was signed.
  const raw = inWireForm(message.raw)
  const signatures = await sign(raw, domain).catch(() => null)
  if (signatures === null) return forAll(UNSIGNED)
  const outcomes = await connections.send({ sender, recipients: named, signatures, raw, domain })
  let next = 0
  return recipients.map((to) => (isAddress(to) ? (outcomes[next++] as SendOutcome) : NO_ADDRESS))
}

const NO_ADDRESS = permanent('5.1.3', 'It is no address that SMTP knows.')
/** The keys could not be read: the database is away, or POSTERN_SECRET is another. */
const UNSIGNED: SendOutcome = {
  kind: 'temporary',
  code: '4.7.5',
  detail: 'The message could not be signed for now.',
  isProviders: true,
}

function permanent(code: string, detail: string): SendOutcome {
  return { kind: 'permanent', code, detail }
}
