/**
 * Teaching: what the account's model and its history of senders become when something new is said of a message. Pure but for
 * the statements that it returns; report.ts and teach.ts commit them with `messages.taught`, all or nothing.
 *
 * Invariant: what was taught of a message before is taken back first, so that however often somebody changes his mind, the
 * message is one example at the most and its sender has one report at the most.
 */
import type { SaidOf } from '../events.ts'
import type { Address, Envelope } from '../mime/message.ts'
import type { Features } from '../spam/learned/features.ts'
import { type Learned, type Lesson, learn, unlearn } from '../spam/learned/learned.ts'
import type { Statement } from '../store/database.ts'
import type { MessageRow } from '../store/schema.ts'
import type { TeachableRow } from '../store/teaching-read.ts'
import { countSenders, type SenderDelta } from '../store/teaching-write.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import { type Sender, senderKeys, senderOf } from './sender-keys.ts'

/** What was taught of a message, or is to be; null: nothing. */
export type Taught = SaidOf | null

/** A stored message as teaching needs it. */
export type Example = {
  id: number
  taught: Taught
  sender: Sender | null
  judged: Lesson['judged']
  features: Features
}

export function exampleOf(row: Omit<TeachableRow, 'placed'>, features: Features): Example {
  return { id: row.id, taught: row.taught, sender: senderOfRow(row), judged: judgedOf(row), features }
}

export function senderOfRow(row: Pick<MessageRow, 'envelope' | 'auth'>): Sender | null {
  const { from } = JSON.parse(row.envelope) as Envelope
  return senderOf(from as Address[], JSON.parse(row.auth) as SenderVerdict)
}

/** Changes the model from what was taught of the message to what is to be. */
export function reteach(learned: Learned, example: Example, to: Taught): void {
  const { id, taught, features, judged } = example
  const lessonOf = (word: SaidOf): Lesson => ({
    id,
    as: opinionOf(word),
    kind: kindOf(word),
    features,
    judged: judged ?? null,
  })
  if (taught !== null) unlearn(learned, lessonOf(taught))
  if (to !== null) learn(learned, lessonOf(to))
}

/** The statements that change what is known of the sender in the same way. */
export function recount(accountId: number, { sender, taught }: Example, to: Taught, now: number): Statement[] {
  const delta: SenderDelta = {}
  for (const [word, by] of [
    [taught, -1],
    [to, 1],
  ] as const) {
    if (word === null) continue
    const name = word === 'implicit-ham' ? 'implicit' : word
    delta[name] = (delta[name] ?? 0) + by
  }
  return countSenders(accountId, senderKeys(sender), delta, now)
}

function opinionOf(word: SaidOf): 'spam' | 'ham' {
  return word === 'spam' ? 'spam' : 'ham'
}

function kindOf(word: SaidOf): Lesson['kind'] {
  return word === 'implicit-ham' ? 'implicit' : 'report'
}

// Null for what nobody judged, such as an import.
function judgedOf({ verdict }: Pick<MessageRow, 'verdict'>): Lesson['judged'] {
  if (verdict === null) return null
  return verdict === 'junk' || verdict === 'quarantine' || verdict === 'reject' ? 'junk' : 'inbox'
}
