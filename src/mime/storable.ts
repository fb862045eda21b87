/** Strings that SQLite, JSON and UTF-8 all carry unchanged: no NUL and no half of a surrogate pair. */

export function storable(text: string): string {
  const whole = text.isWellFormed() ? text : text.toWellFormed()
  return whole.includes('\0') ? whole.replaceAll('\0', '') : whole
}

/** The first `charsMax` UTF-16 units of a text, one fewer where the cut would halve a pair. */
export function clip(text: string, charsMax: number): string {
  if (text.length <= charsMax) return text
  const last = text.charCodeAt(charsMax - 1)
  const halved = last >= 0xd800 && last <= 0xdbff
  return text.slice(0, halved ? charsMax - 1 : charsMax)
}
