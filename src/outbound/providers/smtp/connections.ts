/**
 * The connections to one server: a session that has served its message is kept for the next one, which may be for another
 * recipient of the same, and a server that cannot be reached is not waited for again and again.
 *
 * Of one invocation: no other may use its sockets.
 */

import type { SendOutcome } from '../../provider.ts'
import type { Mail } from './envelope.ts'
import { Refusal } from './refusal.ts'
import type { SmtpServer } from './server.ts'
import { closeSession, isReady, openSession, type Session } from './session.ts'
import type { ByteStream } from './stream.ts'
import type { Timeouts } from './timeouts.ts'
import { lostOutcome, transact } from './transaction.ts'
import { Broken } from './wire.ts'

/** Servers close one that goes on for too long, some after a hundred. */
const MESSAGES_MAX = 50
/** Sessions in a row that did not come about: after so many, the invocation's other mail gets the same answer at once. */
const FAILURES_MAX = 2

export type Connect = (server: SmtpServer) => Promise<ByteStream>

type Kept = { session: Session; messages: number; timer: ReturnType<typeof setTimeout> }

export class Connections {
  readonly #server: SmtpServer
  readonly #connect: Connect
  readonly #timeouts: Timeouts
  #kept: Kept | null = null
  #failures: SendOutcome[] = []

  constructor(server: SmtpServer, connect: Connect, timeouts: Timeouts) {
    this.#server = server
    this.#connect = connect
    this.#timeouts = timeouts
  }

  /** An outcome for each recipient. Never throws. */
  async send(mail: Mail): Promise<SendOutcome[]> {
    const forAll = (outcome: SendOutcome) => mail.recipients.map(() => outcome)
    const [failure] = this.#failures
    if (failure && this.#failures.length >= FAILURES_MAX) return forAll(failure)
    let taken: { session: Session; messages: number }
    try {
      taken = (await this.#takeKept()) ?? { session: await this.#open(mail.domain), messages: 0 }
      this.#failures = []
    } catch (error) {
      const outcome = outcomeOf(error)
      this.#failures.unshift(outcome)
      return forAll(outcome)
    }
    const { outcomes, isWhole } = await transact(taken.session, mail, this.#timeouts)
    await this.#release(taken.session, taken.messages + 1, isWhole)
    return outcomes
  }

  async #open(domain: string): Promise<Session> {
    const stream = await this.#connect(this.#server).catch((cause) => {
      throw new NotConnected(cause instanceof Broken ? cause.message : 'The SMTP server cannot be reached.', { cause })
    })
    return await openSession(stream, this.#server, domain, this.#timeouts)
  }

  async #takeKept(): Promise<{ session: Session; messages: number } | null> {
    const kept = this.#kept
    if (!kept) return null
    this.#kept = null
    clearTimeout(kept.timer)
    if (await isReady(kept.session, this.#timeouts)) return kept
    kept.session.wire.stream.close()
    return null
  }

  async #release(session: Session, messages: number, isWhole: boolean): Promise<void> {
    if (!isWhole || messages >= MESSAGES_MAX || this.#kept) return await closeSession(session, this.#timeouts)
    const timer = setTimeout(() => {
      this.#kept = null
      void closeSession(session, this.#timeouts)
    }, this.#timeouts.idleMs)
    this.#kept = { session, messages, timer }
  }
}

class NotConnected extends Error {
  override name = 'NotConnected'
}

function outcomeOf(error: unknown): SendOutcome {
  if (error instanceof Refusal) return error.outcome
  if (error instanceof NotConnected)
    return { kind: 'temporary', code: '4.4.1', detail: error.message, isProviders: true }
  return lostOutcome(error instanceof Broken ? error.message : 'Something went wrong here.', false)
}
