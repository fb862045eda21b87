/**
 * The Date field (RFC 5322 §3.3, obsolete forms of §4.3, and what clocks without a library write).
 *
 * Own reading rather than Date.parse, whose answer for anything but ISO 8601 is the runtime's business.
 */

/** Characters that are looked at: no date is longer, and the patterns stay cheap. */
const INPUT_CHARS_MAX = 200

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** Hours. RFC 5322 §4.3: what other letters mean is unknown, so they count as UTC. */
const ZONES: Record<string, number> = { est: -5, edt: -4, cst: -6, cdt: -5, mst: -7, mdt: -6, pst: -8, pdt: -7 }

const TIME = String.raw`(\d{1,2})[:.](\d{1,2})(?:[:.](\d{1,2}))?(?:[.,]\d+)?(?: ?([ap])m)?`
const ZONE = String.raw`(?: ?(?:([+-])(\d{1,2})[:-]?(\d{2})|(?:gmt|utc) ?([+-])(\d{1,2})(?::?(\d{2}))?|([a-z]{1,5})))?`
/** 'Mon, 1 Jan 2024 10:00:00 +0100', '1-Jan-24 10:00 EST' */
const DAY_FIRST = new RegExp(`(\\d{1,2})[ -]?([a-z]{3})[a-z]*\\.?[ ,-]{0,2}(\\d{2,4}),? ${TIME}${ZONE}`)
/** 'Mon Jan  1 10:00:00 2024', as ctime writes it, with the zone before or after the year. */
const MONTH_FIRST = new RegExp(`([a-z]{3})[a-z]*\\.? (\\d{1,2}),? ${TIME}${ZONE} (\\d{4})${ZONE}`)
/** '2024-01-01T10:00:00Z', '2024/01/01 10:00' */
const YEAR_FIRST = new RegExp(`(\\d{4})[-/](\\d{1,2})[-/](\\d{1,2})[t ]${TIME}${ZONE}`)

/** Epoch milliseconds, or null where no date can be read. */
export function parseDate(raw: string): number | null {
  const text = raw
    .slice(0, INPUT_CHARS_MAX)
    .toLowerCase()
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .replace(/ ?: ?/g, ':')
    .trim()
  return dayFirst(text) ?? monthFirst(text) ?? yearFirst(text)
}

function dayFirst(text: string): number | null {
  const match = DAY_FIRST.exec(text)
  if (!match) return null
  const [, day, month = '', year = '', ...rest] = match
  return instant(fullYear(year), MONTHS.indexOf(month), Number(day), rest.slice(0, 4), zoneMinutes(rest.slice(4)))
}

function monthFirst(text: string): number | null {
  const match = MONTH_FIRST.exec(text)
  if (!match) return null
  const [, month = '', day, ...rest] = match
  const [before, year, after] = [rest.slice(4, 11), rest[11], rest.slice(12)]
  const zone = before.some((group) => group !== undefined) ? before : after
  return instant(Number(year), MONTHS.indexOf(month), Number(day), rest.slice(0, 4), zoneMinutes(zone))
}

function yearFirst(text: string): number | null {
  const match = YEAR_FIRST.exec(text)
  if (!match) return null
  const [, year, month, day, ...rest] = match
  return instant(Number(year), Number(month) - 1, Number(day), rest.slice(0, 4), zoneMinutes(rest.slice(4)))
}

type Group = string | undefined

function instant(year: number, month: number, day: number, time: Group[], zone: number): number | null {
  const [hours, minute = 0, second = 0] = time.slice(0, 3).map((part) => Number(part ?? 0))
  const hour = time[3] === undefined ? Number(hours) : (Number(hours) % 12) + (time[3] === 'p' ? 12 : 0)
  if (month < 0 || month > 11 || day < 1 || day > 31) return null
  // 24:00 and leap seconds are written; Date.UTC carries them over.
  if (hour > 24 || minute > 59 || second > 60) return null
  const ms = Date.UTC(year, month, day, hour, minute, second) - zone * 60_000
  return Number.isNaN(ms) ? null : ms
}

/** RFC 5322 §4.3: two digits below 50 are of this century, three digits count from 1900. */
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length >= 4) return year
  return text.length === 2 && year < 50 ? 2000 + year : 1900 + year
}

function zoneMinutes(groups: Group[]): number {
  const [sign, hours, minutes, gmtSign, gmtHours, gmtMinutes, name] = groups
  const size = Number(hours ?? gmtHours ?? 0) * 60 + Number(minutes ?? gmtMinutes ?? 0)
  if (sign || gmtSign) return (sign ?? gmtSign) === '-' ? -size : size
  return (ZONES[name ?? ''] ?? 0) * 60
}
