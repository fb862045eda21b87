/** What an evaluation prints: the measures of the field, what the default threshold does, and the time that it took. */
import { areaAboveRoc, recallAtLoss, type Scored } from './measures.ts'
import type { ScoredMail, TestAccount } from './test-account.ts'

export type Figures = {
  ham: number
  spam: number
  /** Null where one of the two is missing. */
  one_minus_roca_percent: number | null
  recall_percent: { at_0_1: number; at_0_5: number; at_1: number } | null
  at_threshold: {
    ham_lost: number
    ham_lost_percent: number | null
    spam_missed: number
    spam_missed_percent: number | null
    accuracy_percent: number | null
  }
  lessons: { reported: number; implicit: number }
  microseconds: { parse: number | null; features: number | null; score: number | null; learn: number | null }
}

export function figuresOf({ scored, spent, lessons }: TestAccount): Figures {
  const all: Scored[] = scored.map(({ mail, report }) => ({ score: report.score, isSpam: mail.label === 'spam' }))
  const spam = all.filter((one) => one.isSpam).length
  const ham = all.length - spam
  const taught = lessons.reported + lessons.implicit
  const isBoth = ham > 0 && spam > 0
  const hamLost = scored.filter(({ mail, report }) => mail.label === 'ham' && report.verdict !== 'inbox').length
  const spamMissed = scored.filter(({ mail, report }) => mail.label === 'spam' && report.verdict === 'inbox').length
  return {
    ham,
    spam,
    one_minus_roca_percent: isBoth ? areaAboveRoc(all) : null,
    recall_percent: isBoth
      ? { at_0_1: recallAtLoss(all, 0.001), at_0_5: recallAtLoss(all, 0.005), at_1: recallAtLoss(all, 0.01) }
      : null,
    at_threshold: {
      ham_lost: hamLost,
      ham_lost_percent: ham > 0 ? (100 * hamLost) / ham : null,
      spam_missed: spamMissed,
      spam_missed_percent: spam > 0 ? (100 * spamMissed) / spam : null,
      accuracy_percent: all.length > 0 ? (100 * (all.length - hamLost - spamMissed)) / all.length : null,
    },
    lessons,
    microseconds: {
      parse: microsecondsEach(spent.parse, spent.parsed),
      features: microsecondsEach(spent.features, all.length),
      score: microsecondsEach(spent.score, all.length),
      learn: microsecondsEach(spent.learn, taught),
    },
  }
}

/** Null where nothing was done. */
function microsecondsEach(nanoseconds: number, times: number): number | null {
  return times > 0 ? nanoseconds / 1_000 / times : null
}

export function figuresText(figures: Figures): string {
  const { recall_percent: recall, at_threshold: at, microseconds } = figures
  const percent = (value: number | null, digits = 2) => (value === null ? '-' : `${value.toFixed(digits)} %`)
  const whole = (value: number | null) => value?.toFixed(0) ?? '-'
  return [
    `messages            ${figures.ham} ham, ${figures.spam} spam; lessons: ${figures.lessons.reported} reported, ${figures.lessons.implicit} from what was kept`,
    `1-ROCA              ${percent(figures.one_minus_roca_percent, 4)}`,
    `spam recall         ${percent(recall?.at_0_1 ?? null)} at 0.1 % ham loss, ${percent(recall?.at_0_5 ?? null)} at 0.5 %, ${percent(recall?.at_1 ?? null)} at 1 %`,
    `at the threshold    ham lost ${at.ham_lost} (${percent(at.ham_lost_percent)}), spam missed ${at.spam_missed} (${percent(at.spam_missed_percent)}), accuracy ${percent(at.accuracy_percent)}`,
    `microseconds each   parse ${whole(microseconds.parse)}, features ${whole(microseconds.features)}, score ${whole(microseconds.score)}, lesson ${whole(microseconds.learn)}`,
  ].join('\n')
}

/** A line a message: path, label, score, verdict, tags with their points. */
export function scoresText(scored: readonly ScoredMail[]): string {
  const lines = scored.map(({ mail, report }) => {
    const tags = report.tags.map(({ name, points }) => `${name}=${points}`).join(',')
    return [mail.path, mail.label, report.score, report.verdict, tags].join('\t')
  })
  return `${lines.join('\n')}\n`
}
