/**
 * An account without a database: mail is scored for it and taught to it by the functions that the pipeline calls, with the
 * same history of senders and the same rules for what counts as ham without a word; and what these take is timed.
 */
import { historyOf, type SenderCounts } from '../junk/history.ts'
import { mayTeachHam } from '../junk/implicit-ham.ts'
import { KEPT_BEFORE_SECONDS, LOOKED_AT_BEFORE_MAX, TAUGHT_BEFORE_MAX } from '../junk/kept-and-read.ts'
import { type Sender, senderKeys, senderOf } from '../junk/sender-keys.ts'
import type { ParsedMessage } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { featuresOf } from '../spam/learned/features.ts'
import { emptyLearned, isShortOfHam, type Lesson, learn } from '../spam/learned/learned.ts'
import type { SpamReport } from '../spam/report.ts'
import { scoreMessage } from '../spam/score.ts'
import { archivedInput } from './archived.ts'
import type { LabelledMail } from './mail-list.ts'

export type ScoredMail = { mail: LabelledMail; report: SpamReport }

/** A message as the account's database would hold it. */
type Arrived = { mail: LabelledMail; sender: Sender | null; row: { recipient: string }; atMs: number }

type Counts = SenderCounts & { account_id: number; implicit: number }

export class TestAccount {
  readonly scored: ScoredMail[] = []
  /** Nanoseconds, and how many messages they were spent on. */
  readonly spent = { parse: 0, parsed: 0, features: 0, score: 0, learn: 0 }
  readonly lessons = { reported: 0, implicit: 0 }
  readonly #learned = emptyLearned()
  readonly #senders = new Map<string, Counts>()
  /** Ham that was read, stands in the Inbox and was never spoken of, oldest first. */
  #kept: Arrived[] = []
  readonly #withShipped: boolean

  constructor({ withShipped }: { withShipped: boolean }) {
    this.#withShipped = withShipped
  }

  /** Scores the message, and delivers it. True where the verdict is not its label. */
  async score(mail: LabelledMail): Promise<boolean> {
    const message = await this.#parse(mail)
    const input = { ...archivedInput(message), bytes: mail.bytes(), lists: [], withShipped: this.#withShipped }
    const sender = senderOf(message.envelope.from, input.verdict)
    const history = sender && historyOf(sender, this.#known(sender), false)
    const features = this.#timed('features', () => featuresOf(message))
    const report = this.#timed('score', () => scoreMessage({ ...input, learned: this.#learned, features, history }))
    this.scored.push({ mail, report })
    this.#count(sender, 'seen')
    return (report.verdict !== 'inbox') !== (mail.label === 'spam')
  }

  /** Teaches what its user says of a message; with spam also what he read before it and left where it was. */
  async report(mail: LabelledMail): Promise<void> {
    const message = await this.#parse(mail)
    const arrived = arrivedOf(mail, message)
    this.lessons.reported++
    this.#learn(mail, message, 'report')
    this.#count(arrived.sender, mail.label)
    if (mail.label === 'spam' && isShortOfHam(this.#learned)) await this.#learnKeptBefore(arrived)
  }

  /** Notes that a ham was read, and left in the Inbox without a word. */
  async keep(mail: LabelledMail): Promise<void> {
    this.#kept.push(arrivedOf(mail, await this.#parse(mail)))
  }

  async #learnKeptBefore({ sender, atMs }: Arrived): Promise<void> {
    const isOlder = (one: Arrived) => one.atMs <= atMs - KEPT_BEFORE_SECONDS * 1000
    const newest = this.#kept.filter(isOlder).slice(-LOOKED_AT_BEFORE_MAX).reverse()
    const others = newest.filter((one) => one.sender !== null && one.sender.address !== sender?.address)
    const oneOfEach = others.filter(
      (one, at) => others.findIndex((o) => o.sender?.address === one.sender?.address) === at,
    )
    const chosen = oneOfEach.slice(0, TAUGHT_BEFORE_MAX)
    for (const one of mayTeachHam(
      chosen,
      chosen.flatMap(({ sender }) => (sender ? this.#known(sender) : [])),
    )) {
      this.lessons.implicit++
      this.#learn(one.mail, await this.#parse(one.mail), 'implicit')
      this.#count(one.sender, 'implicit')
      this.#kept = this.#kept.filter((other) => other !== one)
    }
  }

  #learn(mail: LabelledMail, message: ParsedMessage, kind: Lesson['kind']): void {
    this.#timed('learn', () => learn(this.#learned, { id: 0, as: mail.label, kind, features: featuresOf(message) }))
  }

  #known(sender: Sender): Counts[] {
    return senderKeys(sender).flatMap((key) => this.#senders.get(key) ?? [])
  }

  #count(sender: Sender | null, what: 'seen' | 'ham' | 'spam' | 'implicit'): void {
    for (const key of senderKeys(sender)) {
      const none = { account_id: 0, key, seen: 0, ham: 0, spam: 0, implicit: 0, written: 0, last_at: 0 }
      const counts = this.#senders.get(key) ?? none
      counts[what]++
      this.#senders.set(key, counts)
    }
  }

  async #parse(mail: LabelledMail): Promise<ParsedMessage> {
    const bytes = mail.bytes()
    const start = process.hrtime.bigint()
    const message = await parseMessage(bytes)
    this.spent.parsed++
    this.spent.parse += Number(process.hrtime.bigint() - start)
    return message
  }

  #timed<T>(what: 'features' | 'score' | 'learn', work: () => T): T {
    const start = process.hrtime.bigint()
    const result = work()
    this.spent[what] += Number(process.hrtime.bigint() - start)
    return result
  }
}

function arrivedOf(mail: LabelledMail, message: ParsedMessage): Arrived {
  const { verdict, envelope, nowMs } = archivedInput(message)
  return { mail, sender: senderOf(message.envelope.from, verdict), row: { recipient: envelope.to }, atMs: nowMs }
}
