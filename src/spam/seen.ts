/**
 * A stranger's text, fit to stand in a report: short, on one line, and without characters that hide, reorder or break
 * what stands around them.
 */

/** Characters of a stranger's text that a report repeats: enough to recognise it. */
const SEEN_CHARS_MAX = 80

export function showSeen(text: string): string {
  // Cut first: the text may be as long as a message. Two units a character, and one for what is cut.
  const start = text.slice(0, (SEEN_CHARS_MAX + 1) * 2).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd')
  const characters = Array.from(start.replace(/\s+/g, ' ').trim())
  return characters.length > SEEN_CHARS_MAX
    ? `${characters.slice(0, SEEN_CHARS_MAX - 1).join('')}…`
    : characters.join('')
}
