/**
 * How well scores tell spam from ham: the measures that the field compares filters by.
 */
export type Scored = { score: number; isSpam: boolean }

/**
 * 100 x (1 - area under the ROC curve), the measure of the TREC spam track: the chance in percent that a ham scores above a
 * spam, ties counted half. NaN where either is missing.
 */
export function areaAboveRoc(all: readonly Scored[]): number {
  const sorted = [...all].sort((a, b) => a.score - b.score)
  let spamBelow = 0
  let inversions = 0
  let hams = 0
  for (let at = 0; at < sorted.length; ) {
    const score = (sorted[at] as Scored).score
    const tied = { spam: 0, ham: 0 }
    for (; at < sorted.length && (sorted[at] as Scored).score === score; at++)
      tied[(sorted[at] as Scored).isSpam ? 'spam' : 'ham']++
    inversions += tied.ham * (spamBelow + tied.spam / 2)
    spamBelow += tied.spam
    hams += tied.ham
  }
  return (100 * inversions) / (spamBelow * hams)
}

/** The share of spam, in percent, that is caught where at most `lossMax` (a share) of the ham is lost with it. */
export function recallAtLoss(all: readonly Scored[], lossMax: number): number {
  const hams = all.filter((one) => !one.isSpam).sort((a, b) => b.score - a.score)
  const spams = all.filter((one) => one.isSpam)
  const allowed = Math.floor(hams.length * lossMax)
  const best = hams[allowed]?.score ?? Number.NEGATIVE_INFINITY
  return (100 * spams.filter((one) => one.score > best).length) / spams.length
}
