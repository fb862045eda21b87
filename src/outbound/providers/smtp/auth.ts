/** AUTH (RFC 4954) by PLAIN (RFC 4616), else by LOGIN, which some know alone. Never in clear but to this machine. */
import type { Capabilities } from './capabilities.ts'
import { Refusal, refused } from './refusal.ts'
import type { SmtpServer } from './server.ts'
import type { Reply, Wire } from './wire.ts'

export async function authenticate(
  wire: Wire,
  { credentials, tls }: SmtpServer,
  offered: Capabilities,
  limitMs: number,
): Promise<void> {
  if (!credentials) return
  if (!wire.stream.isSecure && tls !== 'none') throw new Error('a password would have gone in clear')
  const reply = offered.auth.has('PLAIN')
    ? await plain(wire, credentials, limitMs)
    : offered.auth.has('LOGIN')
      ? await login(wire, credentials, limitMs)
      : null
  if (reply === null) {
    const detail = 'The SMTP server knows neither AUTH PLAIN nor AUTH LOGIN.'
    throw new Refusal({ kind: 'later', code: '4.7.4', detail, isProviders: true })
  }
  // RFC 4954 §4: a mechanism that asks for more than we have is left by a star.
  const final = reply.code === 334 ? await wire.command('*', limitMs) : reply
  if (final.code !== 235) throw new Refusal(refused(final, 'session'))
}

type Credentials = NonNullable<SmtpServer['credentials']>

async function plain(wire: Wire, { user, password }: Credentials, limitMs: number): Promise<Reply> {
  const response = base64(`\0${user}\0${password}`)
  const reply = await wire.command(`AUTH PLAIN ${response}`, limitMs)
  // Some do not read what comes with the command, and ask for it.
  return reply.code === 334 ? await wire.command(response, limitMs) : reply
}

async function login(wire: Wire, { user, password }: Credentials, limitMs: number): Promise<Reply> {
  let reply = await wire.command('AUTH LOGIN', limitMs)
  for (const answer of [user, password]) {
    if (reply.code !== 334) return reply
    reply = await wire.command(base64(answer), limitMs)
  }
  return reply
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}
