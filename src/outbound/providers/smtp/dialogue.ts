/**
 * The client's side of SMTP (RFC 5321), for one message over one connection:
 *
 *   greeting -> EHLO -> STARTTLS -> AUTH -> MAIL, RCPT ... -> DATA or BDAT -> QUIT
 *
 * Invariants:
 *  - An outcome for each recipient, in their order, whatever the server does; it never throws.
 *  - What breaks before the last bytes of the message are on their way leaves it unsent: temporary. What breaks after leaves
 *    it unknown (RFC 5321 §4.2.5, RFC 1047), unless the server has said what became of it.
 *  - Nothing but EHLO and STARTTLS is said before TLS, where the server is not this machine.
 */
import type { SendOutcome } from '../../provider.ts'
import { authenticate } from './auth.ts'
import { type Capabilities, NONE, readCapabilities } from './capabilities.ts'
import { commandsOf, type Mail, paramsOf, sizeOf } from './envelope.ts'
import { Refusal, refused } from './refusal.ts'
import type { SmtpServer } from './server.ts'
import type { ByteStream } from './stream.ts'
import { Broken, type Reply, Wire } from './wire.ts'
import { dotStuffed, slicesOf } from './wire-form.ts'

/** RFC 5321 §4.5.3.2 has minutes for each; an invocation lives for 15 of them in all. Most of the time goes to the last one. */
export const TIMEOUTS = {
  greetingMs: 30_000,
  commandMs: 30_000,
  /** Servers look much up here, and some make strangers wait. */
  recipientMs: 60_000,
  /** One slice of the message. */
  sliceMs: 60_000,
  /** Content is scanned here. What is given up now is unknown for good. */
  acceptMs: 300_000,
  /** For a reply that may be lying there when the connection is lost. */
  lastWordMs: 1_000,
  quitMs: 1_000,
}
export type Timeouts = typeof TIMEOUTS

export async function transfer(
  stream: ByteStream,
  server: SmtpServer,
  mail: Mail,
  timeouts: Timeouts = TIMEOUTS,
): Promise<SendOutcome[]> {
  const wire = new Wire(stream)
  const said: (SendOutcome | undefined)[] = []
  const progress = { isHandedOver: false }
  try {
    const offered = await openSession(wire, server, mail, timeouts)
    const accepted = await sendEnvelope(wire, mail, offered, said, timeouts)
    if (accepted.length > 0) {
      const outcome = await sendContent(wire, mail, offered, progress, timeouts)
      for (const n of accepted) said[n] = outcome
    }
    await quit(wire, timeouts)
    return mail.recipients.map((_, n) => said[n] ?? lostOutcome('The server said nothing of it.', false))
  } catch (error) {
    const outcome =
      error instanceof Refusal ? error.outcome : lostOutcome(String((error as Error).message), progress.isHandedOver)
    if (error instanceof Refusal) await quit(wire, timeouts)
    return mail.recipients.map((_, n) => said[n] ?? outcome)
  } finally {
    stream.close()
  }
}

function lostOutcome(detail: string, isHandedOver: boolean): SendOutcome {
  return { kind: isHandedOver ? 'unknown' : 'temporary', code: '4.4.2', detail, isProviders: !isHandedOver }
}

/** Gives what the server can do, once all is said that stands before mail. */
async function openSession(
  wire: Wire,
  server: SmtpServer,
  { domain }: Mail,
  timeouts: Timeouts,
): Promise<Capabilities> {
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

/** Names sender and recipients; gives the recipients that were accepted, and writes what became of the others into `said`. */
async function sendEnvelope(
  wire: Wire,
  mail: Mail,
  offered: Capabilities,
  said: (SendOutcome | undefined)[],
  timeouts: Timeouts,
): Promise<number[]> {
  const params = paramsOf(mail, offered)
  if ('refusal' in params) throw new Refusal(params.refusal)
  const [from, ...to] = commandsOf(mail, params.text)
  const commands = [from as string, ...to]
  const replies = offered.pipelining ? pipelined(wire, commands, timeouts) : oneByOne(wire, commands, timeouts)
  const accepted: number[] = []
  let place = -1
  for await (const reply of replies) {
    // RFC 5321 §3.8: it closes, whatever it was asked.
    if (reply.code === 421) throw new Refusal(refused(reply, 'session'))
    if (place < 0 && reply.code !== 250) throw new Refusal(refused(reply, 'sender'))
    // 251: it sends it on itself.
    if (place >= 0 && (reply.code === 250 || reply.code === 251)) accepted.push(place)
    else if (place >= 0) said[place] = refused(reply, 'recipient')
    place++
  }
  return accepted
}

async function* oneByOne(wire: Wire, commands: string[], { recipientMs }: Timeouts): AsyncGenerator<Reply> {
  for (const command of commands) yield await wire.command(command, recipientMs)
}

/** RFC 2920: all at once; the replies come in order. */
async function* pipelined(wire: Wire, commands: string[], { recipientMs }: Timeouts): AsyncGenerator<Reply> {
  await wire.write(new TextEncoder().encode(commands.map((command) => `${command}\r\n`).join('')), recipientMs)
  for (const _ of commands) yield await wire.reply(recipientMs)
}

/** Hands the message over: the outcome of all recipients that were accepted. */
async function sendContent(
  wire: Wire,
  mail: Mail,
  offered: Capabilities,
  progress: { isHandedOver: boolean },
  timeouts: Timeouts,
): Promise<SendOutcome> {
  const reply = offered.chunking
    ? await finalReply(wire, chunked(mail), progress, timeouts)
    : await afterData(wire, mail, progress, timeouts)
  if (reply.code === 250) return { kind: 'delivered', providerId: queueIdOf(reply) }
  if (reply.code < 400) throw new Broken('The server did not say whether it took the message.')
  return refused(reply, 'content')
}

async function afterData(
  wire: Wire,
  mail: Mail,
  progress: { isHandedOver: boolean },
  timeouts: Timeouts,
): Promise<Reply> {
  const reply = await wire.command('DATA', timeouts.recipientMs)
  if (reply.code !== 354) throw new Refusal(refused(reply, 'content'))
  return await finalReply(wire, stuffed(mail), progress, timeouts)
}

function* stuffed({ signatures, raw }: Mail): Generator<Uint8Array> {
  yield* dotStuffed(signatures)
  yield* dotStuffed(raw)
  yield new TextEncoder().encode('.\r\n')
}

/** RFC 3030: one chunk, whose length says where it ends. */
function* chunked(mail: Mail): Generator<Uint8Array> {
  yield new TextEncoder().encode(`BDAT ${sizeOf(mail)} LAST\r\n`)
  yield* slicesOf(mail.signatures)
  yield* slicesOf(mail.raw)
}

/**
 * Writes all, and reads what the server makes of it. A server that has heard enough may say so and close in the middle: its
 * word counts, where it can still be read.
 */
async function finalReply(
  wire: Wire,
  slices: Iterable<Uint8Array>,
  progress: { isHandedOver: boolean },
  { sliceMs, acceptMs, lastWordMs }: Timeouts,
): Promise<Reply> {
  try {
    let held: Uint8Array | null = null
    for (const slice of slices) {
      if (held) await wire.write(held, sliceMs)
      held = slice
    }
    // From here on the server may have all of it, whatever we hear.
    progress.isHandedOver = true
    if (held) await wire.write(held, sliceMs)
  } catch (error) {
    const reply = await wire.reply(lastWordMs).catch(() => null)
    if (reply && reply.code >= 400) return reply
    throw error
  }
  return await wire.reply(acceptMs)
}

/** What the server calls the message in its own log, where it says so in one of the usual ways. */
function queueIdOf({ text }: Reply): string | null {
  return /\b(?:queued as|id=)\s*([\w.+-]{1,100})/i.exec(text)?.[1] ?? null
}

/** A courtesy: what becomes of the mail is known by now. */
async function quit(wire: Wire, { quitMs }: Timeouts): Promise<void> {
  await wire.command('QUIT', quitMs).catch(() => undefined)
}
