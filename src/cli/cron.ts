/**
 * Cron triggers on this machine. wrangler does not fire them in development, and without them nothing sweeps up what a
 * queue missed: so `npm start` does, at the minutes that wrangler.toml names.
 */

/** The five fields, each with its lowest and highest value. */
const FIELDS: [low: number, high: number][] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
]

/** Whether an expression of numbers, lists, ranges and steps names this minute (UTC). Names of days are not read. */
export function isDue(cron: string, now: Date): boolean {
  const fields = cron.trim().split(/\s+/)
  const at = [now.getUTCMinutes(), now.getUTCHours(), now.getUTCDate(), now.getUTCMonth() + 1, now.getUTCDay()]
  return FIELDS.every(([low, high], i) => {
    const value = at[i] ?? 0
    const values = i === 4 && value === 0 ? [0, 7] : [value]
    return values.some((v) => (fields[i] ?? '').split(',').some((part) => isIn(part, v, low, high)))
  })
}

function isIn(part: string, value: number, low: number, high: number): boolean {
  const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part)
  if (!match) return false
  const first = match[1] === undefined ? low : Number(match[1])
  const step = Number(match[3] ?? 1)
  const last = Number(match[2] ?? (match[1] === undefined || match[3] !== undefined ? high : first))
  return step > 0 && value >= first && value <= last && (value - first) % step === 0
}
