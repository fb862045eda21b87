/**
 * The text of an HTML body, for search, previews and mail that has no text part.
 *
 * On htmlparser2's tokenizer, not its parser: the parser looks through its stack of open elements at every end tag,
 * so a megabyte of nested tags costs its square. Here nothing is nested but what is skipped. The result is text:
 * it is escaped before anything shows it, so what slips through is never markup.
 */
import { Tokenizer } from 'htmlparser2'
import { clip, storable } from './storable.ts'

/** Characters of HTML that are read, the same as are kept of a displayed part. */
export const HTML_CHARS_MAX = 1024 * 1024
/** Characters of a tag's attributes that are looked at for what hides it. */
const STYLE_CHARS_MAX = 2_000

const SKIPPED = new Set(['script', 'style', 'title', 'template', 'svg', 'math', 'object', 'select', 'datalist'])
const VOID = new Set(['area', 'base', 'br', 'col', 'embed', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr'])
const ONE_LINE = new Set([
  ...['address', 'article', 'aside', 'body', 'center', 'dd', 'div', 'dl', 'dt', 'fieldset', 'figcaption', 'figure'],
  ...['footer', 'form', 'header', 'hr', 'html', 'li', 'main', 'nav', 'section', 'tr', 'caption', 'legend'],
])
const BLANK_LINE = new Set(['p', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'blockquote', 'ul', 'ol', 'table', 'pre'])
/** Not font-size:0 or height:0: layout tables set them around text that is well visible. */
const HIDING_STYLE = /(?:^|[;\s"])(?:display\s{0,9}:\s{0,9}none|visibility\s{0,9}:\s{0,9}hidden)/

export function htmlToText(html: string): string {
  const source = clip(html, HTML_CHARS_MAX)
  const text = new TextFlow()
  const tokenizer = new Tokenizer({ xmlMode: false, decodeEntities: true }, callbacks(source, text))
  tokenizer.write(source)
  tokenizer.end()
  return storable(text.finish())
}

type Callbacks = ConstructorParameters<typeof Tokenizer>[1]

function callbacks(source: string, text: TextFlow): Callbacks {
  const skip = new Skipping()
  let tag = ''
  let attribute = ''
  let style = ''
  const opened = () => {
    if (skip.open(tag, attribute === 'hidden' || HIDING_STYLE.test(style.toLowerCase()))) return
    breakFor(tag, text)
    if (tag === 'li') text.add('* ')
    if (tag === 'pre') text.verbatim = true
  }
  return {
    ontext: (start, end) => void (skip.active || text.add(source.slice(start, end))),
    ontextentity: (code) => void (skip.active || text.add(String.fromCodePoint(code))),
    oncdata: (start, end) => void (skip.active || text.add(source.slice(start, end))),
    onopentagname: (start, end) => {
      tag = tagName(source, start, end)
      attribute = ''
      style = ''
    },
    onattribname: (start, end) => {
      // 'hidden' once seen stays: it is the tag's last word.
      if (attribute !== 'hidden') attribute = source.slice(start, Math.min(end, start + 32)).toLowerCase()
    },
    onattribdata: (start, end) => {
      if (attribute === 'style' && style.length < STYLE_CHARS_MAX)
        style += source.slice(start, Math.min(end, start + STYLE_CHARS_MAX))
    },
    onattribentity: () => {},
    onattribend: () => {},
    onopentagend: opened,
    onselfclosingtag: opened,
    onclosetag: (start, end) => {
      const name = tagName(source, start, end)
      if (skip.close(name)) return
      if (name === 'pre') text.verbatim = false
      if (!VOID.has(name)) breakFor(name, text)
    },
    oncomment: () => {},
    ondeclaration: () => {},
    onprocessinginstruction: () => {},
    onend: () => {},
  }
}

/** No name that matters is longer. */
function tagName(source: string, start: number, end: number): string {
  return source.slice(start, Math.min(end, start + 16)).toLowerCase()
}

function breakFor(tag: string, text: TextFlow): void {
  if (tag === 'br') text.lineBreak()
  else if (tag === 'td' || tag === 'th') text.add(' ')
  else if (ONE_LINE.has(tag)) text.ensureBreaks(1)
  else if (BLANK_LINE.has(tag)) text.ensureBreaks(2)
}

/** What lies in a skipped element, counted by elements of its name: all that is needed to find its end. */
class Skipping {
  private name = ''
  private depth = 0

  get active(): boolean {
    return this.depth > 0
  }

  /** Whether this start tag is inside, or begins, what is skipped. */
  open(tag: string, hidden: boolean): boolean {
    if (this.active) {
      if (tag === this.name) this.depth++
      return true
    }
    if (VOID.has(tag) || !(hidden || SKIPPED.has(tag))) return false
    this.name = tag
    this.depth = 1
    return true
  }

  close(tag: string): boolean {
    if (!this.active) return false
    if (tag === this.name) this.depth--
    // A hidden element that its author never closed ends with the body.
    if (tag === 'body' || tag === 'html') this.depth = 0
    return true
  }
}

/** Text with white space collapsed and breaks between blocks, as a browser would lay it out. */
class TextFlow {
  verbatim = false
  private readonly pieces: string[] = []
  private breaks = 2
  private space = false

  add(raw: string): void {
    if (this.verbatim) this.put(raw)
    else this.addFlowing(raw)
  }

  private addFlowing(raw: string): void {
    const text = raw.replace(/[ \t\r\n\f]+/g, ' ')
    if (text.startsWith(' ')) this.space = true
    const words = text.replace(/^ | $/g, '')
    if (words === '') return
    this.put((this.space && this.breaks === 0 ? ' ' : '') + words)
    this.space = text.endsWith(' ')
  }

  lineBreak(): void {
    this.pieces.push('\n')
    this.breaks++
    this.space = false
  }

  ensureBreaks(count: number): void {
    while (this.breaks < count) this.lineBreak()
    this.space = false
  }

  finish(): string {
    return this.pieces
      .join('')
      .replace(/\n{3,}/g, '\n\n')
      .trim()
  }

  private put(text: string): void {
    this.pieces.push(text)
    this.breaks = text.endsWith('\n') ? 1 : 0
  }
}
