/** What stands between the tags: references decoded, visible characters counted, words that something unseen breaks. */

/** Characters counted of one run: the rules ask whether there is little. */
const COUNTED_CHARS_MAX = 4_000

/**
 * A word with what has no width inside: between Latin letters neither joiners nor the marks of direction have a use. A soft
 * hyphen has, but not before and behind the same letter.
 */
const SPLIT_WORD = /[a-z](?:[\u200b-\u200f\u2060-\u2064\ufeff]+[a-z]|\u00ad[a-z]\u00ad)/gi

const UNSEEN = /[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/

export function countSplitWords(text: string): number {
  return UNSEEN.test(text) ? (text.match(SPLIT_WORD)?.length ?? 0) : 0
}

/** References to characters; named ones that matter for what is read. */
const REFERENCE =
  /&(?:(amp|(?:lt|gt|quot|nbsp|shy|zwnj|zwj)(?=;))|([a-z])(?:acute|grave|circ|tilde|uml|cedil|ring)(?=;)|#(\d{1,7})|#x([0-9a-f]{1,6}));?/gi
const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  nbsp: '\u00a0',
  shy: '\u00ad',
  zwnj: '\u200c',
  zwj: '\u200d',
}

/** The text with its references decoded, and how many of them stood for a plain letter or digit. */
export function decodeReferences(raw: string): { text: string; letters: number } {
  if (!raw.includes('&')) return { text: raw, letters: 0 }
  let letters = 0
  const text = raw.replace(REFERENCE, (whole, name?: string, letter?: string, decimal?: string, hex?: string) => {
    if (name !== undefined) return NAMED[name.toLowerCase()] ?? whole
    // Without its accent: the rules read letters.
    if (letter !== undefined) return letter
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    if (isPlainLetter(code)) letters++
    return code > 0 && code <= 0x10ffff && !(code >= 0xd800 && code <= 0xdfff) ? String.fromCodePoint(code) : whole
  })
  return { text, letters }
}

/** Neither blanks nor what has no width: newsletters pad their first line with hundreds of both. */
export function visibleChars(text: string): number {
  let count = 0
  const end = Math.min(text.length, COUNTED_CHARS_MAX)
  for (let at = 0; at < end; at++) if (isVisible(text.charCodeAt(at))) count++
  return count
}

const TOO_SMALL =
  /font-size\s{0,9}:\s{0,9}(?:0(?:\.\d{1,4})?|[01](?:px|pt))\s{0,9}(?:px|pt|em|rem|%)?\s{0,9}(?:!important\s{0,9})?[;"'>]/i
const TRANSPARENT = /[\s;"']opacity\s{0,9}:\s{0,9}0(?:\.0\d?)?\s{0,9}[;"'>]/i
const COLOUR = /[\s;"']color\s{0,9}[:=]\s{0,9}["']?(#[0-9a-f]{3,6}|[a-z]{3,12})/i
const BACKGROUND = /(?:background|background-color|bgcolor)\s{0,9}[:=]\s{0,9}["']?(#[0-9a-f]{3,6}|[a-z]{3,12})/i

/** Whether a tag makes the text behind it too small to see, transparent, or of the colour that is behind it. */
export function hidesItsText(tag: string): boolean {
  if (!tag.includes('=')) return false
  if (tag.includes('ont-') && TOO_SMALL.test(tag)) return true
  if (tag.includes('opacity') && TRANSPARENT.test(tag)) return true
  if (!tag.includes('ackground') && !tag.includes('bgcolor')) return false
  const colour = COLOUR.exec(tag)?.[1]?.toLowerCase()
  return colour !== undefined && colour === BACKGROUND.exec(tag)?.[1]?.toLowerCase()
}

function isPlainLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || (code >= 48 && code <= 57)
}

function isVisible(code: number): boolean {
  if (code <= 0x20 || code === 0xa0 || code === 0xad || code === 0x34f || code === 0xfeff) return false
  // Spaces and joiners of the general punctuation block.
  return (
    !(code >= 0x2000 && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202f) && !(code >= 0x205f && code <= 0x206f)
  )
}
