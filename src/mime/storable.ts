/**
 * Strings that SQLite, JSON and UTF-8 all carry unchanged (no NUL and no half of a surrogate pair), of a header also
 * harmless where they are shown, and cut to length.
 */

/** What a shell or an API's user takes for the end of a line or a jump within it. */
const BREAKS = /[\t-\r\x85\u2028\u2029]+/g
const CONTROLS = /[\0-\x1f\x7f-\x9f]/g
const ANY_CONTROL = /[\0-\x1f\x7f-\x9f\u2028\u2029]/

/** Characters at the end of a file name that no cut takes: the longest extension that runs is '.application'. */
export const EXTENSION_CHARS_MAX = 16

export function storable(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole
}

/**
 * Decoded header text as it is shown: one line, so that an encoded line end makes no second header in what we write,
 * and without controls (C0, DEL, C1), since ESC and BEL reach the terminal of whoever lists mail there. Marks that turn
 * the reading order around stay: they belong to some scripts, and what they hide is for spam/ to judge.
 */
export function headerLine(text: string): string {
  return storable(ANY_CONTROL.test(text) ? text.replace(BREAKS, ' ').replace(CONTROLS, '') : text)
}

/**
 * The same for an address, where a control but NUL becomes a replacement character: without it, what nobody can write to
 * would read as an address that somebody trusts.
 */
export function addressLine(text: string): string {
  return headerLine(text.replace(CONTROLS, (control) => (/[\0\s\x85]/.test(control) ? control : '\ufffd')))
}

/** The first `charsMax` UTF-16 units of a text, one fewer where the cut would halve a pair. */
export function clip(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  const last = text.charCodeAt(charsMax - 1)
  const halved = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, halved ? charsMax - 1 : charsMax)
}

/**
 * A file name cut in its middle to `charsMax` UTF-16 units: its end says what the file is, and a cut there would hide
 * an '.exe'. Dots and blanks at the end of a long name go first, as Windows drops them too.
 */
export function clipFilename(name: string, charsMax: number): string {
  if (name.length <= charsMax) return name
  let end = name.length
  while (end > 0 && /[\s.]/.test(name.charAt(end - 1))) end--
  if (end <= charsMax) return clip(name, charsMax)
  const tailStart = end - Math.min(EXTENSION_CHARS_MAX, charsMax)
  const first = name.charCodeAt(tailStart)
  const halved = first >= 0xdc00 && first <= 0xdfff
  const tail = name.slice(halved ? tailStart + 1 : tailStart, end)
  return clip(name, charsMax - tail.length) + tail
}
