/**
 * A session with an SMTP server (RFC 5321 §3.1), from its greeting to the point where mail may be sent, and its end:
 *
 *   greeting -> EHLO -> STARTTLS, EHLO -> AUTH -> [a transaction, RSET] ... -> QUIT
 *
 * Invariant: nothing but EHLO and STARTTLS is said before TLS, where the server is not this machine.
 */
import { authenticate } from './auth.ts'
import { type Capabilities, NONE, readCapabilities } from './capabilities.ts'
import { Refusal, refused } from './refusal.ts'
import type { SmtpServer } from './server.ts'
import type { ByteStream } from './stream.ts'
import type { Timeouts } from './timeouts.ts'
import { Wire } from './wire.ts'

export type Session = { wire: Wire; offered: Capabilities }

/** Throws `Refusal` or `Broken`, and lets go of the stream then. `domain`: the name that we go by. */
export async function openSession(
  stream: ByteStream,
  server: SmtpServer,
  domain: string,
  timeouts: Timeouts,
): Promise<Session> {
  const wire = new Wire(stream)
  try {
    return { wire, offered: await greet(wire, server, domain, timeouts) }
  } catch (error) {
    if (error instanceof Refusal) await closeSession({ wire }, timeouts)
    else stream.close()
    throw error
  }
}

/** Whether another message may be sent: RSET undoes what the one before has left, and shows that somebody is still there. */
export async function isReady({ wire }: Session, { lastWordMs }: Timeouts): Promise<boolean> {
  const reply = await wire.command('RSET', lastWordMs).catch(() => null)
  return reply?.code === 250
}

/** QUIT is a courtesy: what becomes of the mail is known by now. */
export async function closeSession({ wire }: Pick<Session, 'wire'>, { quitMs }: Timeouts): Promise<void> {
  await wire.command('QUIT', quitMs).catch(() => undefined)
  wire.stream.close()
}

async function greet(wire: Wire, server: SmtpServer, domain: string, timeouts: Timeouts): Promise<Capabilities> {
  const greeting = await wire.reply(timeouts.greetingMs)
  if (greeting.code !== 220) throw new Refusal(refused(greeting, 'session'))
  const inClear = await hello(wire, server, domain, timeouts)
  const offered = server.tls === 'starttls' ? await upgrade(wire, server, domain, inClear, timeouts) : inClear
  await authenticate(wire, server, offered, timeouts.commandMs)
  return offered
}

async function hello(wire: Wire, { tls }: SmtpServer, domain: string, { commandMs }: Timeouts): Promise<Capabilities> {
  const reply = await wire.command(`EHLO ${domain}`, commandMs)
  if (reply.code === 250) return readCapabilities(reply.lines)
  // RFC 5321 §3.2: a server that does not know EHLO knows HELO, and then no STARTTLS.
  if (reply.code < 500 || tls === 'starttls') throw new Refusal(refused(reply, 'session'))
  const plain = await wire.command(`HELO ${domain}`, commandMs)
  if (plain.code !== 250) throw new Refusal(refused(plain, 'session'))
  return NONE
}

async function upgrade(
  wire: Wire,
  server: SmtpServer,
  domain: string,
  { startTls }: Capabilities,
  timeouts: Timeouts,
): Promise<Capabilities> {
  // Who takes the word out of the answer wants us to go on in clear.
  if (!startTls) throw new Refusal(withoutTls('The SMTP server offers no STARTTLS.'))
  const reply = await wire.command('STARTTLS', timeouts.commandMs)
  if (reply.code !== 220) throw new Refusal(refused(reply, 'session'))
  await wire.startTls(timeouts.commandMs)
  if (!wire.stream.isSecure) throw new Refusal(withoutTls('No TLS came about after STARTTLS.'))
  // RFC 3207 §4.2: what was said before counts for nothing.
  return await hello(wire, server, domain, timeouts)
}

function withoutTls(detail: string) {
  return { kind: 'later', code: '4.7.4', detail, isProviders: true } as const
}
