/**
 * What the rules need to know of a message's HTML: where it links and under which words, what it shows, what it hides, and
 * what acts by itself. One pass, not a parser: a browser's tree would cost more than all rules together. mime/ sanitises;
 * this only looks.
 *
 * Linear: each '<' is looked at once, and a tag's own text is bounded.
 */
import { countSplitWords, decodeReferences, hidesItsText, visibleChars } from './html-text-facts.ts'
import { originalLink } from './rewritten-links.ts'

export type Anchor = {
  href: string
  /** What the reader sees of it, cut. */
  text: string
}

export type HtmlFacts = {
  hrefs: string[]
  anchors: Anchor[]
  /** Pictures that lead somewhere. A logo beneath a letter mostly does not. */
  linkedImages: number
  /** Visible characters, counted up to TEXT_CHARS_COUNTED_MAX: the rules ask whether there is little. */
  textChars: number
  /** The beginning of what is shown, on one line. */
  text: string
  /** Visible characters in elements that make them too small, or as pale as what is behind them. */
  hiddenChars: number
  /** Words with something unseen inside. */
  splitWords: number
  /** Plain letters and digits that are written as numbers. */
  letterReferences: number
  /** Where forms are sent; '' for one that names nothing. */
  formActions: string[]
  passwordFields: number
  scripts: number
  /** Pages that load another by themselves. */
  refreshes: number
}

/** Characters read: the rules look for what a message leads with, and long mail is mostly repetition. */
const HTML_CHARS_MAX = 200_000
const TAG_CHARS_MAX = 2_000
/** Counting is most of the work, and beyond this nobody asks. */
const TEXT_CHARS_COUNTED_MAX = 1_000
/** What is shown, kept for the rules that read it. */
const TEXT_CHARS_KEPT_MAX = 5_000
/** Links kept of one message; newsletters have some 50. */
const HREFS_MAX = 200
const ANCHOR_TEXT_CHARS_MAX = 120
const FORMS_MAX = 10
/** Longer names are none that matter here. */
const TAG_NAME_CHARS_MAX = 10

const HREF = /[\s"'/]href\s{0,20}=\s{0,20}(?:"([^"]*)"?|'([^']*)'?|([^\s>"']+))/i
const ACTION = /[\s"'/]action\s{0,20}=\s{0,20}(?:"([^"]*)"?|'([^']*)'?|([^\s>"']+))/i
const IMAGE = /[\s/](?:src|background)\s{0,20}=/i
const USEMAP = /[\s/]usemap\s{0,20}=/i
const PASSWORD = /type\s{0,20}=\s{0,20}["']?password/i
const REFRESH = /http-equiv\s{0,20}=\s{0,20}["']?refresh/i
/** Elements that break no word. */
const INLINE: ReadonlySet<string> = new Set(
  'a abbr b big em font i ins mark s small span strike strong sub sup u wbr'.split(' '),
)
/** Elements whose text nobody sees. */
const UNSEEN: ReadonlySet<string> = new Set(['style', 'script', 'title', 'template'])

type Reading = Omit<HtmlFacts, 'text'> & {
  pieces: string[]
  keptChars: number
  anchor: Anchor | null
  /** Whether the innermost tag hides the text that follows it. */
  isHiding: boolean
}

export function readHtml(html: string): HtmlFacts {
  const end = Math.min(html.length, HTML_CHARS_MAX)
  const reading = newReading()
  let at = 0
  while (at < end) {
    const open = html.indexOf('<', at)
    const textEnd = open < 0 || open > end ? end : open
    if (textEnd > at) readText(html.slice(at, textEnd), reading)
    if (textEnd === end) break
    at = readTag(html, open, reading)
  }
  const { pieces, keptChars: _kept, anchor: _anchor, isHiding: _hiding, ...facts } = reading
  return { ...facts, text: pieces.join('') }
}

function newReading(): Reading {
  return {
    hrefs: [],
    anchors: [],
    linkedImages: 0,
    textChars: 0,
    hiddenChars: 0,
    splitWords: 0,
    letterReferences: 0,
    formActions: [],
    passwordFields: 0,
    scripts: 0,
    refreshes: 0,
    pieces: [],
    keptChars: 0,
    anchor: null,
    isHiding: false,
  }
}

function readText(raw: string, reading: Reading): void {
  const isFull = reading.keptChars >= TEXT_CHARS_KEPT_MAX && reading.textChars >= TEXT_CHARS_COUNTED_MAX
  if (isFull && !reading.isHiding && reading.anchor === null) return
  const { text, letters } = decodeReferences(raw.slice(0, TEXT_CHARS_KEPT_MAX))
  reading.letterReferences += letters
  if (reading.isHiding) {
    reading.hiddenChars += visibleChars(text)
    return
  }
  reading.textChars += visibleChars(text)
  reading.splitWords += countSplitWords(text)
  keep(text, reading)
  if (reading.anchor && reading.anchor.text.length < ANCHOR_TEXT_CHARS_MAX)
    reading.anchor.text += text.slice(0, ANCHOR_TEXT_CHARS_MAX)
}

function keep(text: string, reading: Reading): void {
  if (reading.keptChars >= TEXT_CHARS_KEPT_MAX) return
  // Layout is made of blanks, and they would use up what is kept.
  const piece = text.replace(/\s+/g, ' ')
  if (piece === ' ' && (reading.pieces.at(-1) ?? ' ').endsWith(' ')) return
  reading.pieces.push(piece)
  reading.keptChars += piece.length
}

/** Reads the tag at `open` and returns where the text after it begins. */
function readTag(html: string, open: number, reading: Reading): number {
  if (html.startsWith('<!--', open)) return readComment(html, open, reading)
  const close = after(html, '>', open)
  const isEnd = html.charCodeAt(open + 1) === 0x2f
  const name = tagName(html, isEnd ? open + 2 : open + 1)
  if (!INLINE.has(name)) keep(' ', reading)
  reading.isHiding = false
  if (isEnd) {
    if (name === 'a') reading.anchor = null
    return close
  }
  const tag = html.slice(open, Math.min(close, open + TAG_CHARS_MAX))
  if (tag.length > name.length + 2) {
    readElement(name, tag, reading)
    reading.isHiding = hidesItsText(tag)
  } else if (name === 'script') reading.scripts++
  return UNSEEN.has(name) ? endOfElement(html, name, close) : close
}

function readElement(name: string, tag: string, reading: Reading): void {
  switch (name) {
    case 'a':
    case 'area':
      addLink(tag, reading)
      return
    case 'img':
      if (IMAGE.test(tag) && (reading.anchor !== null || USEMAP.test(tag))) reading.linkedImages++
      return
    case 'input':
      if (IMAGE.test(tag)) reading.linkedImages++
      if (PASSWORD.test(tag)) reading.passwordFields++
      return
    case 'form':
      if (reading.formActions.length < FORMS_MAX)
        reading.formActions.push(decodeReferences(attributeOf(ACTION, tag)).text)
      return
    case 'script':
      // Notes for machines are no program: mail programs read a flight or a parcel from them.
      if (!/type\s{0,20}=\s{0,20}["']?application\/(?:ld\+)?json/i.test(tag)) reading.scripts++
      return
    case 'meta':
      if (REFRESH.test(tag)) reading.refreshes++
  }
}

function addLink(tag: string, reading: Reading): void {
  const href = originalLink(decodeReferences(attributeOf(HREF, tag)).text.trim())
  if (href === '' || reading.hrefs.length >= HREFS_MAX) return
  reading.anchor = { href, text: '' }
  reading.anchors.push(reading.anchor)
  reading.hrefs.push(href)
}

function attributeOf(attribute: RegExp, tag: string): string {
  const match = attribute.exec(tag)
  return match?.[1] ?? match?.[2] ?? match?.[3] ?? ''
}

/** A comment inside a word is there to break it for filters. */
function readComment(html: string, open: number, reading: Reading): number {
  const close = after(html, '-->', open)
  if (open > 0 && isLetter(html.charCodeAt(open - 1)) && isLetter(html.charCodeAt(close))) reading.splitWords++
  return close
}

function tagName(html: string, start: number): string {
  let end = start
  const limit = start + TAG_NAME_CHARS_MAX
  while (end < limit && isNameChar(html.charCodeAt(end))) end++
  return html.slice(start, end).toLowerCase()
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

function isNameChar(code: number): boolean {
  return isLetter(code) || (code >= 48 && code <= 57)
}

function after(html: string, mark: string, from: number): number {
  const at = html.indexOf(mark, from)
  return at < 0 ? html.length : at + mark.length
}

function endOfElement(html: string, name: string, from: number): number {
  for (let at = html.indexOf('</', from); at >= 0; at = html.indexOf('</', at + 2)) {
    if (html.slice(at + 2, at + 2 + name.length).toLowerCase() === name) return at
  }
  return html.length
}
