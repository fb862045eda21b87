/**
 * What stands below the sender's words: the signature below '-- ', what a phone adds, a list's footer, a lawyer's.
 * Only at the end of a run of own lines, so that a paragraph about secrecy in the middle of a mail stays.
 */
import type { Lines } from './reply-text-lines.ts'
import { APP_SIGNATURE, APP_SIGNATURE_NAMES, LEGAL, LEGAL_HEADING, LIST_FOOTER } from './reply-text-words.ts'

/** Lines below '-- ': business signatures carry addresses, slogans and a disclaimer. */
const SIGNATURE_LINES_MAX = 60
/** Lines below a '--' whose space was lost, or a dash instead. It is also a line that people draw. */
const BARE_SIGNATURE_LINES_MAX = 15
/** Lines of a mailing list's footer. */
const LIST_FOOTER_LINES_MAX = 12
/** Characters of a legal paragraph without a heading: 'This mail is confidential, Bob.' is shorter. */
const LEGAL_CHARS_MIN = 150
/** Characters of a paragraph that are looked at. */
const PARAGRAPH_CHARS_MAX = 600
const APP_SIGNATURE_CHARS_MAX = 160

const RULE = /^[-_=*#~]{10,}$/

export function markFooters(lines: Lines): void {
  let start = 0
  while (start < lines.count) {
    while (start < lines.count && lines.isDropped(start)) start++
    let end = start
    while (end < lines.count && !lines.isDropped(end)) end++
    markRun(lines, start, end)
    start = end
  }
}

function markRun(lines: Lines, start: number, runEnd: number): void {
  // A list's footer may stand below the signature, a lawyer's above it.
  const above = withoutFooters(lines, start, runEnd)
  const signature = signatureStart(lines, start, above)
  lines.drop(signature < above ? withoutFooters(lines, start, signature) : above, runEnd)
}

function withoutFooters(lines: Lines, start: number, runEnd: number): number {
  let end = runEnd
  for (let before = -1; before !== end; ) {
    before = end
    end = withoutBlank(lines, start, end)
    end = footerStart(lines, start, end)
  }
  return end
}

/** RFC 3676 §4.3: two hyphens and a space. The first that is near enough to the end, or `end`. */
function signatureStart(lines: Lines, start: number, end: number): number {
  for (let index = Math.max(start, end - SIGNATURE_LINES_MAX); index < end; index++) {
    const line = lines.exactly(index)
    if (line === '-- ') return index
    if (/^(?:--|—)\s?$/.test(line) && end - index <= BARE_SIGNATURE_LINES_MAX) return index
  }
  return end
}

function withoutBlank(lines: Lines, start: number, end: number): number {
  let last = end
  while (last > start && lines.isBlank(last - 1)) last--
  return last
}

/** Where the footer that ends at `end` starts, or `end`. */
function footerStart(lines: Lines, start: number, end: number): number {
  if (end <= start) return end
  const last = lines.at(end - 1)
  if (isAppSignature(last) || isFlatListFooter(last)) return end - 1
  const list = listFooterStart(lines, start, end)
  if (list < end) return list
  const paragraph = paragraphStart(lines, start, end)
  return isFooterParagraph(lines, paragraph, end) ? paragraph : end
}

function isAppSignature(line: string): boolean {
  if (line.length > APP_SIGNATURE_CHARS_MAX) return false
  return APP_SIGNATURE.test(line) && APP_SIGNATURE_NAMES.test(line)
}

/** A list's footer that lost its line ends on the way through HTML. */
function isFlatListFooter(line: string): boolean {
  return /^[-_=*#~]{10,} /.test(line) && LIST_FOOTER.test(line)
}

/** A line drawn across, and how to unsubscribe below it. */
function listFooterStart(lines: Lines, start: number, end: number): number {
  let below = ''
  for (let index = end - 1; index >= Math.max(start, end - LIST_FOOTER_LINES_MAX); index--) {
    const line = lines.at(index)
    if (RULE.test(line) && LIST_FOOTER.test(below)) return closedAbove(lines, start, index)
    below = `${line}\n${below}`
  }
  return end
}

/** Some footers are drawn in a box: a rule above the text too. */
function closedAbove(lines: Lines, start: number, rule: number): number {
  for (let index = rule - 1; index >= Math.max(start, rule - 4); index--) if (RULE.test(lines.at(index))) return index
  return rule
}

function paragraphStart(lines: Lines, start: number, end: number): number {
  let first = end - 1
  while (first > start && !lines.isBlank(first - 1)) first--
  return first
}

function isFooterParagraph(lines: Lines, start: number, end: number): boolean {
  let text = ''
  for (let index = start; index < end && text.length < PARAGRAPH_CHARS_MAX; index++) {
    text += `${lines.exactly(index).slice(0, PARAGRAPH_CHARS_MAX).trim()} `
  }
  return LEGAL_HEADING.test(text) || (text.length >= LEGAL_CHARS_MIN && LEGAL.test(text))
}
