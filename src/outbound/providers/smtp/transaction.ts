/**
 * One message in a session (RFC 5321 §3.3): MAIL, RCPT ..., then DATA or BDAT.
 *
 * Invariants:
 *  - An outcome for each recipient, in their order, whatever the server does; it never throws.
 *  - What breaks before the last bytes of the message are on their way leaves it unsent: temporary. What breaks after leaves
 *    it unknown (RFC 5321 §4.2.5, RFC 1047), unless the server has said what became of it.
 */
import type { SendOutcome } from '../../provider.ts'
import type { Capabilities } from './capabilities.ts'
import { commandsOf, type Mail, paramsOf, sizeOf } from './envelope.ts'
import { Refusal, refused } from './refusal.ts'
import type { Session } from './session.ts'
import type { Timeouts } from './timeouts.ts'
import { Broken, type Reply, type Wire } from './wire.ts'
import { dotStuffed, slicesOf } from './wire-form.ts'

/** `isWhole`: the server was heard to the end, and another message may follow. */
export type Transaction = { outcomes: SendOutcome[]; isWhole: boolean }

export async function transact({ wire, offered }: Session, mail: Mail, timeouts: Timeouts): Promise<Transaction> {
  const said: (SendOutcome | undefined)[] = []
  const progress = { isHandedOver: false }
  const outcomes = (others: SendOutcome) => mail.recipients.map((_, n) => said[n] ?? others)
  try {
    const accepted = await sendEnvelope(wire, mail, offered, said, timeouts)
    if (accepted.length > 0) {
      const outcome = await sendContent(wire, mail, offered, progress, timeouts)
      for (const n of accepted) said[n] = outcome
    }
    return { outcomes: outcomes(lostOutcome('The server said nothing of it.', false)), isWhole: true }
  } catch (error) {
    // After a refusal replies may be on their way to what was said in one breath with the command.
    if (error instanceof Refusal) return { outcomes: outcomes(error.outcome), isWhole: false }
    const detail = error instanceof Broken ? error.message : 'Something went wrong here.'
    return { outcomes: outcomes(lostOutcome(detail, progress.isHandedOver)), isWhole: false }
  }
}

/** What is lost with the connection. */
export function lostOutcome(detail: string, isHandedOver: boolean): SendOutcome {
  return { kind: isHandedOver ? 'unknown' : 'temporary', code: '4.4.2', detail, isProviders: !isHandedOver }
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
