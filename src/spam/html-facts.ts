/**
 * What the rules need to know of a message's HTML: where it links, how many images it has, how much text it shows. One
 * pass, not a parser: a browser's tree would cost more than all rules together. mime/ sanitises; this only counts.
 *
 * Linear: each '<' is looked at once, and a tag's own text is bounded.
 */
export type HtmlFacts = {
  hrefs: string[]
  images: number
  /** Visible characters, counted up to TEXT_CHARS_COUNTED_MAX: the rules ask whether there is little. */
  textChars: number
}

/** Characters read: the rules look for what a message leads with, and long mail is mostly repetition. */
const HTML_CHARS_MAX = 200_000
const TAG_CHARS_MAX = 2_000
/** Counting is most of the work, and beyond this nobody asks. */
const TEXT_CHARS_COUNTED_MAX = 1_000
/** Links kept of one message; newsletters have some 50. */
const HREFS_MAX = 200

const LINK = /^<a(?:rea)?[\s/]/i
const HREF = /[\s"'/]href\s{0,20}=\s{0,20}(?:"([^"]*)"?|'([^']*)'?|([^\s>"']+))/i
const IMAGE = /^<(?:img|input)[\s/][^>]*?(?:src|background)\s{0,20}=/i
/** Elements whose text nobody sees. */
const UNSEEN = /^<(style|script|title|template)\b/i

export const NO_HTML: HtmlFacts = { hrefs: [], images: 0, textChars: 0 }

export function readHtml(html: string): HtmlFacts {
  const facts: HtmlFacts = { hrefs: [], images: 0, textChars: 0 }
  const end = Math.min(html.length, HTML_CHARS_MAX)
  let at = 0
  while (at < end) {
    const open = html.indexOf('<', at)
    const textEnd = open < 0 || open > end ? end : open
    if (textEnd > at && facts.textChars < TEXT_CHARS_COUNTED_MAX)
      facts.textChars += visibleChars(html.slice(at, textEnd))
    if (textEnd === end) break
    at = readTag(html, open, facts)
  }
  return facts
}

/** Reads the tag at `open` and returns where the text after it begins. */
function readTag(html: string, open: number, facts: HtmlFacts): number {
  if (html.startsWith('<!--', open)) return after(html, '-->', open)
  const close = after(html, '>', open)
  // Most tags are none of ours, and their first letter says so.
  if (!'aist'.includes(html.charAt(open + 1).toLowerCase())) return close
  const tag = html.slice(open, Math.min(close, open + TAG_CHARS_MAX))
  if (LINK.test(tag)) addHref(tag, facts)
  else if (IMAGE.test(tag)) facts.images++
  const unseen = UNSEEN.exec(tag)?.[1]
  return unseen ? endOfElement(html, unseen.toLowerCase(), close) : close
}

function addHref(tag: string, facts: HtmlFacts): void {
  const match = HREF.exec(tag)
  const href = match?.[1] ?? match?.[2] ?? match?.[3]
  if (href && facts.hrefs.length < HREFS_MAX) facts.hrefs.push(decodeEntities(href.trim()))
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

/** Neither blanks nor what has no width: newsletters pad their first line with hundreds of both. */
/** Neither blanks nor what has no width: newsletters pad their first line with hundreds of both. */
function visibleChars(text: string): number {
  const start = text.slice(0, TEXT_CHARS_COUNTED_MAX * 4)
  const shown = start.includes('&') ? start.replace(/&(?:nbsp|zwnj|zwj|shy|#\d{1,6}|#x[0-9a-f]{1,6});/gi, '') : start
  let count = 0
  for (let at = 0; at < shown.length; at++) if (isVisible(shown.charCodeAt(at))) count++
  return count
}

function isVisible(code: number): boolean {
  if (code <= 0x20 || code === 0xa0 || code === 0xad || code === 0x34f || code === 0xfeff) return false
  // Spaces and joiners of the general punctuation block.
  return (
    !(code >= 0x2000 && code <= 0x200f) && !(code >= 0x2028 && code <= 0x202f) && !(code >= 0x205f && code <= 0x206f)
  )
}

/** The references that hide an address; named ones stand for signs that no host has. */
function decodeEntities(text: string): string {
  return text.replace(/&(?:amp|#(\d{1,7})|#x([0-9a-f]{1,6}));?/gi, (whole, decimal?: string, hex?: string) => {
    if (decimal === undefined && hex === undefined) return '&'
    const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal)
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
