/**
 * An account without a database: mail is scored for it and taught to it by the functions that the pipeline calls, and what
 * these take is timed.
 */
import type { ParsedMessage } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { featuresOf } from '../spam/learned/features.ts'
import { emptyLearned, isShortOfHam, type Lesson, learn } from '../spam/learned/learned.ts'
import type { SpamReport } from '../spam/report.ts'
import { scoreMessage } from '../spam/score.ts'
import { archivedInput } from './archived.ts'
import type { LabelledMail } from './mail-list.ts'

/** Messages kept after one before it counts as kept itself: its reader has gone on. */
const KEPT_FOR = 10
/** Kept messages that are taught with one report. */
const IMPLICIT_MAX = 2

export type ScoredMail = { mail: LabelledMail; report: SpamReport }

export class TestAccount {
  readonly scored: ScoredMail[] = []
  /** Nanoseconds, and how many messages they were spent on. */
  readonly spent = { parse: 0, parsed: 0, score: 0, learn: 0 }
  readonly lessons = { reported: 0, implicit: 0 }
  readonly #learned = emptyLearned()
  /** Ham that stands in the Inbox and was not reported, oldest first. */
  readonly #kept: LabelledMail[] = []
  readonly #withShipped: boolean

  constructor({ withShipped }: { withShipped: boolean }) {
    this.#withShipped = withShipped
  }

  /** Scores the message. True where the verdict is not its label. */
  async score(mail: LabelledMail): Promise<boolean> {
    const message = await this.#parse(mail)
    const input = { ...archivedInput(message), bytes: mail.bytes(), lists: [] }
    const report = this.#timed('score', () =>
      scoreMessage({ ...input, learned: this.#learned, withShipped: this.#withShipped }),
    )
    this.scored.push({ mail, report })
    return (report.verdict !== 'inbox') !== (mail.label === 'spam')
  }

  /** Teaches what its user says of a message; after spam also some of what he read before it and left where it was. */
  async report(mail: LabelledMail): Promise<void> {
    this.lessons.reported++
    await this.#learn(mail, 'report')
    for (let i = 0; mail.label === 'spam' && i < IMPLICIT_MAX; i++) await this.#learnKept()
  }

  /** Notes that a ham was left in the Inbox without a word. */
  keep(mail: LabelledMail): void {
    this.#kept.push(mail)
  }

  async #learnKept(): Promise<void> {
    if (this.#kept.length <= KEPT_FOR || !isShortOfHam(this.#learned)) return
    this.lessons.implicit++
    await this.#learn(this.#kept.shift() as LabelledMail, 'implicit')
  }

  async #learn(mail: LabelledMail, kind: Lesson['kind']): Promise<void> {
    const message = await this.#parse(mail)
    this.#timed('learn', () => learn(this.#learned, { id: 0, as: mail.label, kind, features: featuresOf(message) }))
  }

  async #parse(mail: LabelledMail): Promise<ParsedMessage> {
    const bytes = mail.bytes()
    const start = process.hrtime.bigint()
    const message = await parseMessage(bytes)
    this.spent.parsed++
    this.spent.parse += Number(process.hrtime.bigint() - start)
    return message
  }

  #timed<T>(what: 'score' | 'learn', work: () => T): T {
    const start = process.hrtime.bigint()
    const result = work()
    this.spent[what] += Number(process.hrtime.bigint() - start)
    return result
  }
}
