/**
 * What a text quotes: lines marked with '>', the attribution above them ('On ... wrote:'), and all that follows a header
 * block, a separator ('-----Original Message-----') or an attribution whose quote has no marks.
 */
import { BLOCK_END, BLOCK_START, type Lines } from './reply-text-lines.ts'
import { FORWARD_OPENERS, headerLabel, OPENER, SEPARATORS, VERB } from './reply-text-words.ts'

/** Lines over which mailers wrap an attribution. */
const ATTRIBUTION_LINES_MAX = 4
/** Characters of an attribution. */
const ATTRIBUTION_CHARS_MAX = 500
/** Blank lines between an attribution and its quote. */
const GAP_LINES_MAX = 2
/** Lines of a header block, wrapped lists of recipients included. */
const HEADER_LINES_MAX = 24
/** Lines of a header block since its last label. */
const CONTINUATION_LINES_MAX = 8
/** Lines below an attribution within which a '>' shows that its quote is marked, after a '[...]' perhaps. */
const MARK_WITHIN_LINES = 6

const DATE = /\b(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}/
const TIME = /\d{1,2}(?:[:.h時]|시 ?)\d{2}/
/** Not only behind a bracket: Spanish mailers write (<ann@example.org>), others (ann@example.org). */
const ADDRESS = /[<([][^\s<>()[\]]{1,100}@[^\s<>()[\]]{1,100}[>)\]]/
const ENDS_IN_COLON = /[:：]\s{0,3}[*_]{0,2}$/
const ENDS_IN_ADDRESS = /[>)\]]\s{0,3}[:：]\s{0,3}[*_]{0,2}$/
/** Yahoo on phones: the quote's first words on the attribution's line. */
const RUNS_ON = /^(.{10,250}?[:：])\s{2,}\S/
const UNUSUAL_MARK = /^(?:--\]|=>|[A-Z][A-Za-z]{0,12}>(?= |$)|[|:#%}\])](?= |$))/
/** A line drawn across, as Outlook does above its header block. */
const RULE = /^[-_=*‐‑–—]{5,}$/
const DASHED = /^[-_=*~‐‑–—]{2,} ?(.{2,60}?) ?[-_=*~‐‑–—]{2,}$/

/** `answers`: the headers say that this is a reply or a forward, so that weaker signs are enough. */
export function markQuotes(lines: Lines, answers: boolean): void {
  markBlocks(lines, answers)
  if (answers) markUnusual(lines)
  markMarked(lines, answers)
  markUnmarked(lines, answers)
}

/** Blockquotes of HTML below an attribution. */
function markBlocks(lines: Lines, answers: boolean): void {
  for (let start = 0; start < lines.count; start++) {
    if (lines.exactly(start) !== BLOCK_START) continue
    const end = blockEnd(lines, start + 1)
    if (introduction(lines, start, answers)) lines.markQuote(start, end)
    start = end - 1
  }
}

/** After the end of the blockquote that a line is in; where it is in none, that of the text or the next one's start. */
function blockEnd(lines: Lines, start: number): number {
  let end = start
  while (end < lines.count && lines.exactly(end) !== BLOCK_END && lines.exactly(end) !== BLOCK_START) end++
  return lines.exactly(end) === BLOCK_END ? end + 1 : end
}

/**
 * Quotes marked with another sign: it stands on the two lines below an attribution, and counts wherever it begins a line.
 * One sign a mail. Bullets are not among them.
 */
function markUnusual(lines: Lines): void {
  const mark = unusualMark(lines)
  if (mark === '') return
  for (let index = 0; index < lines.count; index++) {
    if (UNUSUAL_MARK.exec(lines.at(index))?.[0] === mark) lines.markQuote(index, index + 1)
  }
}

function unusualMark(lines: Lines): string {
  for (let index = 1; index + 1 < lines.count; index++) {
    const mark = UNUSUAL_MARK.exec(lines.at(index))?.[0] ?? ''
    if (mark === '' || UNUSUAL_MARK.exec(lines.at(index + 1))?.[0] !== mark) continue
    if (introduction(lines, index, true)) return mark
  }
  return ''
}

/** '>' and what introduces it. In a mail that answers nothing, '>' is a quote only below an attribution. */
function markMarked(lines: Lines, answers: boolean): void {
  const runs = quotedRuns(lines)
  const introductions = runs.map((run) => introduction(lines, run.start, answers))
  const certain = answers || runs.some((run, nth) => introductions[nth] !== null || lines.isCertainQuote(run.start))
  if (!certain) return
  const spaced = runs.some((run) => lines.exactly(run.start).startsWith('> '))
  runs.forEach((run, nth) => {
    const intro = introductions[nth]
    if (spaced && !intro && isPrompt(lines, run)) return
    lines.drop(run.start, run.end)
    if (intro) lines.drop(intro.start, intro.end)
  })
}

type Range = { start: number; end: number }

function quotedRuns(lines: Lines): Range[] {
  const runs: Range[] = []
  for (let index = 0; index < lines.count; index++) {
    if (!lines.isQuote(index) || isEscapedFrom(lines, index)) continue
    const last = runs.at(-1)
    if (last?.end === index) last.end++
    else runs.push({ start: index, end: index + 1 })
  }
  return runs
}

/** Mail stores put '>' before a line that begins with 'From '; it is still the sender's. */
function isEscapedFrom(lines: Lines, index: number): boolean {
  return lines.exactly(index).startsWith('>From ') && !lines.isQuote(index - 1) && !lines.isQuote(index + 1)
}

/** One line as '>ls' in a mail whose quotes have a space after the mark: what somebody typed into a shell. */
function isPrompt(lines: Lines, run: Range): boolean {
  return run.end - run.start === 1 && /^>[^\s>]/.test(lines.exactly(run.start))
}

function introduction(lines: Lines, quote: number, answers: boolean): Range | null {
  let last = quote - 1
  while (last > quote - 1 - GAP_LINES_MAX && last > 0 && lines.isBlank(last)) last--
  const start = attributionStart(lines, last, answers ? introducesMarked : introducesMarkedSurely)
  return start < 0 ? null : { start, end: last + 1 }
}

type Evidence = { text: string; date: boolean; time: boolean; address: boolean; verb: boolean; opens: boolean }

/** Where the attribution that ends on line `last` starts, or -1: the shortest that is one, and that opens as one. */
function attributionStart(lines: Lines, last: number, isOne: (evidence: Evidence) => boolean): number {
  let text = ''
  let start = -1
  let dated = false
  for (let index = last; index > last - ATTRIBUTION_LINES_MAX && index >= 0; index--) {
    const line = lines.at(index)
    if (line === '' || lines.isQuote(index) || lines.isDropped(index)) break
    text = text === '' ? line : `${line} ${text}`
    if (text.length > ATTRIBUTION_CHARS_MAX) break
    const evidence = evidenceOf(text)
    if (!isOne(evidence)) continue
    // A line above a complete one is its beginning only where something is missing; else it is the sender's.
    if (start >= 0 && !startsMidway(lines.at(start)) && (dated || !evidence.date)) return start
    if (evidence.opens) return index
    start = index
    dated = evidence.date
  }
  return start
}

function evidenceOf(text: string): Evidence {
  return {
    text,
    date: DATE.test(text),
    time: TIME.test(text),
    address: ADDRESS.test(text),
    verb: VERB.test(text),
    opens: OPENER.test(text),
  }
}

/** A wrapped attribution's second line: it begins with the address or the verb. */
function startsMidway(line: string): boolean {
  return /^[<([]/.test(line) || VERB.test(line.slice(0, 12))
}

function introducesMarked({ text, date, time, address, verb, opens }: Evidence): boolean {
  if (!ENDS_IN_COLON.test(text)) return opens && date && VERB.test(text.slice(-11))
  return verb || address || (date && time)
}

function introducesMarkedSurely(evidence: Evidence): boolean {
  return introducesMarked(evidence) && (evidence.date || evidence.address)
}

/** With nothing marked below, all of it must be there: 'On Monday she wrote:' is prose. */
function introducesUnmarked({ text, date, time, address, verb, opens }: Evidence): boolean {
  if (!ENDS_IN_COLON.test(text) || !date || !time) return false
  return opens ? verb || address : ENDS_IN_ADDRESS.test(text) || (verb && address)
}

function introducesAtLength({ date, time, address, verb, opens }: Evidence): boolean {
  return date && time && address && verb && opens
}

/** From a header that has no marked quote below it, everything is quoted, or what is left of the blockquote it is in. */
function markUnmarked(lines: Lines, answers: boolean): void {
  for (let index = 0; index < lines.count; index++) {
    if (lines.isDropped(index)) continue
    const header =
      separator(lines, index, answers) ??
      headerBlock(lines, index, answers) ??
      (answers ? unmarkedAttribution(lines, index) : null)
    if (header === null) continue
    const end = header.isMarked ? header.end : quoteEnd(lines, header.end)
    lines.drop(header.start, end)
    index = end - 1
  }
}

function quoteEnd(lines: Lines, start: number): number {
  const end = blockEnd(lines, start)
  return lines.exactly(end - 1) === BLOCK_END ? end : lines.count
}

function isMarkedSoon(lines: Lines, start: number): boolean {
  for (let index = start; index < start + MARK_WITHIN_LINES; index++) if (lines.isDropped(index)) return true
  return false
}

/** What introduces a quote, and whether the quote below has marks of its own. */
type Header = Range & { isMarked: boolean }

/** A separator and what of a header block is below it: some mailers give only who wrote, Proton an attribution. */
function separator(lines: Lines, index: number, answers: boolean): Header | null {
  if (!isSeparator(lines.at(index))) return null
  const first = lines.nextText(index + 1)
  const block = headerBlockEnd(lines, first)
  if (block < 0 && !answers) return null
  let end = Math.max(block, first)
  while (headerLabel(lines.at(end)) !== null) end++
  return { start: index, end, isMarked: lines.isDropped(lines.nextText(end)) }
}

/** A quote that begins with an attribution above marks is what somebody answered who is quoted here. */
function headerBlock(lines: Lines, index: number, answers: boolean): Header | null {
  if (headerLabel(lines.at(index)) === null) return null
  const start = ruleAbove(lines, index)
  const end = answers || start < index ? headerBlockEnd(lines, index) : -1
  return end < 0 ? null : { start, end, isMarked: lines.isQuote(lines.nextText(end)) }
}

function unmarkedAttribution(lines: Lines, index: number): Header | null {
  const isMarked = isMarkedSoon(lines, index + 1)
  const line = lines.at(index)
  if (RUNS_ON.test(line) && introducesAtLength(evidenceOf(RUNS_ON.exec(line)?.[1] ?? ''))) {
    return { start: index, end: index + 1, isMarked }
  }
  if (!ENDS_IN_COLON.test(line) || !(/[\d@]/.test(line) || VERB.test(line))) return null
  const start = attributionStart(lines, index, introducesUnmarked)
  return start < 0 ? null : { start, end: index + 1, isMarked }
}

/** '-----Original Message-----' in its languages, or Apple's line above a forward. */
function isSeparator(line: string): boolean {
  const words = DASHED.exec(line)?.[1]?.trim().toLowerCase()
  if (words !== undefined) return SEPARATORS.has(words)
  return line.length < 60 && FORWARD_OPENERS.has(line.replace(/\s*[:：]$/, '').toLowerCase())
}

/** Outlook's line above its header block, or any line in dashes whose language we do not know. */
function ruleAbove(lines: Lines, index: number): number {
  let above = index - 1
  while (above > index - 3 && above >= 0 && lines.isBlank(above)) above--
  const line = lines.at(above)
  return RULE.test(line) || DASHED.test(line) ? above : index
}

/** The end of a block of From, Sent, To and Subject in any language and order, or -1. */
function headerBlockEnd(lines: Lines, start: number): number {
  const kinds = new Set<string>()
  let address = false
  let end = -1
  for (let index = start; index < lines.count && index < start + HEADER_LINES_MAX; index++) {
    if (lines.isDropped(index)) break
    const kind = headerLabel(lines.at(index))
    if (kind !== null && kinds.has(kind)) break
    if (kind !== null) kinds.add(kind)
    else if (index === start || (lines.isBlank(index) && !labelFollows(lines, index))) break
    else if (index > end + CONTINUATION_LINES_MAX) break
    address ||= lines.at(index).includes('@')
    if (kind !== null || !lines.isBlank(index)) end = index + 1
  }
  const dated = kinds.has('sent') || kinds.has('to')
  const complete = kinds.has('from') && dated && (kinds.has('subject') || (kinds.size > 2 && address))
  return complete ? end : -1
}

/** Mailers that write each header as a paragraph leave a blank line between. */
function labelFollows(lines: Lines, blank: number): boolean {
  return headerLabel(lines.at(blank + 1)) !== null
}
