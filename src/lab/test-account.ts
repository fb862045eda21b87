/**
 * An account without a database: mail is scored for it and taught to it by the functions that the pipeline calls, and what
 * these take is timed.
 */
import type { ParsedMessage } from '../mime/message.ts'
import { parseMessage } from '../mime/parse.ts'
import { featuresOf } from '../spam/learned/features.ts'
import { emptyLearned, learn } from '../spam/learned/learned.ts'
import type { SpamReport } from '../spam/report.ts'
import { scoreMessage } from '../spam/score.ts'
import { archivedInput } from './archived.ts'
import type { LabelledMail } from './mail-list.ts'

export type ScoredMail = { mail: LabelledMail; report: SpamReport }

export class TestAccount {
  readonly scored: ScoredMail[] = []
  /** Nanoseconds. */
  readonly spent = { parse: 0, score: 0, learn: 0, lessons: 0 }
  readonly #learned = emptyLearned()
  readonly #withShipped: boolean

  constructor({ withShipped }: { withShipped: boolean }) {
    this.#withShipped = withShipped
  }

  /** Scores the message. True where the verdict is not its label. */
  async score(mail: LabelledMail): Promise<boolean> {
    const message = await this.#parse(mail)
    const report = this.#timed('score', () =>
      scoreMessage({ ...archivedInput(message), lists: [], learned: this.#learned, withShipped: this.#withShipped }),
    )
    this.scored.push({ mail, report })
    return (report.verdict !== 'inbox') !== (mail.label === 'spam')
  }

  async report(mail: LabelledMail): Promise<void> {
    const message = await this.#parse(mail)
    this.#timed('learn', () =>
      learn(this.#learned, { id: 0, as: mail.label, kind: 'report', features: featuresOf(message) }),
    )
    this.spent.lessons++
  }

  async #parse(mail: LabelledMail): Promise<ParsedMessage> {
    const bytes = mail.bytes()
    const start = process.hrtime.bigint()
    const message = await parseMessage(bytes)
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
