/**
 * Characters that a reader does not see and a program does: what has no width, marks that turn the reading order around,
 * fillers, selectors and tags of Unicode, in which whole sentences can be written. Taken out where text is for a program.
 *
 * Some have honest uses (joiners in Persian and in emoji, selectors of an emoji's colours); the words stay readable without.
 */

/** Line ends of every kind, among them those that only some programs take for one. */
const LINE_ENDS = /\r\n|[\n\v\f\r\x85\u2028\u2029]/g
/** C0, DEL and C1, but for the tab and the line feed. */
const CONTROLS = /[\0-\x08\x0b-\x1f\x7f-\x9f]/g
/** What Unicode says is drawn as nothing, what is no character at all, the empty cell of braille and marks of annotation. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\ufff9-\ufffb]/gu

/** The text without them, every line end a line feed; and how many were taken out. */
export function withoutUnseen(text: string): { text: string; removed: number } {
  const lines = text.toWellFormed().replace(LINE_ENDS, '\n').replace(CONTROLS, '')
  const seen = lines.replace(UNSEEN, '')
  return { text: seen, removed: lines.length - seen.length }
}
