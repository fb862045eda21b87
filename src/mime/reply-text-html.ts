/**
 * An HTML body's text with a mark where each quote was: the containers that mailers put quotes and signatures in are
 * cut out of the source, and what is left goes the way of every HTML body, so that the same words are visible.
 *
 * On htmlparser2's tokenizer as html-text.ts is, for the same reason. A container ends where as many elements of its
 * name have closed as have opened, or with the body.
 */
import { Tokenizer } from 'htmlparser2'
import { HTML_CHARS_MAX, htmlToText } from './html-text.ts'
import { BLOCK_END, BLOCK_START, QUOTE_MARK } from './reply-text-lines.ts'
import { clip } from './storable.ts'

const MARKS = new RegExp(`[${QUOTE_MARK}${BLOCK_START}${BLOCK_END}]`, 'g')
/** Characters of an attribute that are looked at. */
const ATTRIBUTE_CHARS_MAX = 500

/** Quotes by class: Thunderbird's line above and its forwards, Yahoo, Zoho, Tutanota, Front, Outlook on phones. */
const QUOTE_CLASS =
  /(?:^|\s)(?:moz-cite-prefix|moz-forward-container|\S{0,80}yahoo_quoted|zmail_extra|tutanota_quote|front-blockquote|ms-outlook-mobile-reference-message)(?:$|\s)/
/** A blockquote of these classes is a quote; another element may have the sender's answers between its blockquotes. */
const CONTAINER_CLASS = /(?:^|\s)(?:gmail_quote|protonmail_quote|gmail_extra_quote)(?:$|\s)/
const SIGNATURE_CLASS =
  /(?:^|\s)(?:gmail_signature|moz-signature|protonmail_signature_block(?:-user|-proton)?|tutanota_signature)(?:$|\s)/
const QUOTE_ID = /^(?:mail-editor-reference-message-container|isreplycontent|reply-intro|\S{0,80}yahoo_quoted\S{0,80})$/
const SIGNATURE_ID = /^(?:signature|ms-outlook-mobile-signature|applemailsignature)$/
/** After these everything is quoted: Outlook on the web, Hotmail, Zimbra. */
const REST_ID = /^(?:appendonsend|divrplyfwdmsg|stopspelling|zwchr)$/
const QUOTE_BORDER = /border-left(?:-width|-style)?\s{0,9}:\s{0,9}(?!\s|none|0|inherit|initial)/

const BLOCKS = new Set(['div', 'blockquote', 'p', 'section', 'table', 'pre'])

type Cut = 'quote' | 'container' | 'signature' | 'rest' | 'block' | null

/** The text with lines that mark quotes and blockquotes (reply-text-lines.ts); null where there are none. */
export function textWithoutQuotes(html: string, answers: boolean): string | null {
  const source = clip(html, HTML_CHARS_MAX).replace(MARKS, '')
  const cutter = new Cutter(source)
  const tag = new TagReader(source)
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      ...SILENT,
      onopentagname: (start, end) => tag.begin(start, end),
      onattribname: (start, end) => tag.attribute(start, end),
      onattribdata: (start, end) => tag.value(start, end),
      onopentagend: () => cutter.open(tag.name, tag.start, cutOf(tag, answers)),
      onselfclosingtag: () => cutter.open(tag.name, tag.start, cutOf(tag, answers)),
      onclosetag: (start, end) => cutter.close(tagName(source, start, end), start - 2),
    },
  )
  tokenizer.write(source)
  tokenizer.end()
  const cut = cutter.finish()
  return cut === null ? null : htmlToText(cut)
}

const nothing = () => {}
const SILENT = {
  ontext: nothing,
  ontextentity: nothing,
  oncdata: nothing,
  oncomment: nothing,
  ondeclaration: nothing,
  onprocessinginstruction: nothing,
  onattribentity: nothing,
  onattribend: nothing,
  onend: nothing,
}

function tagName(source: string, start: number, end: number): string {
  return source.slice(start, Math.min(end, start + 16)).toLowerCase()
}

/** The start tag that is being read, and its attributes that matter. */
class TagReader {
  name = ''
  /** Offset of its '<'. */
  start = 0
  values: Record<string, string> = {}
  private current = ''
  private readonly source: string

  constructor(source: string) {
    this.source = source
  }

  begin(start: number, end: number): void {
    this.name = tagName(this.source, start, end)
    this.start = start - 1
    this.values = {}
  }

  attribute(start: number, end: number): void {
    const name = tagName(this.source, start, end)
    const matters =
      name === 'class' || name === 'id' || name === 'style' || name === 'type' || name === 'cite' || name === 'name'
    // The first of two attributes of one name counts, as in a browser.
    this.current = matters && !(name in this.values) ? name : ''
    if (this.current !== '') this.values[name] = ''
  }

  value(start: number, end: number): void {
    const before = this.values[this.current]
    if (before === undefined || before.length >= ATTRIBUTE_CHARS_MAX) return
    this.values[this.current] =
      before + this.source.slice(start, Math.min(end, start + ATTRIBUTE_CHARS_MAX)).toLowerCase()
  }
}

function cutOf({ name, values }: TagReader, answers: boolean): Cut {
  const { id = '', class: classes = '', style = '', type = '', cite = '' } = values
  if (REST_ID.test(id)) return 'rest'
  if (!BLOCKS.has(name)) return null
  if (name === 'blockquote') {
    if (type === 'cite' || cite.startsWith('mid:') || CONTAINER_CLASS.test(classes)) return 'quote'
    if (answers && QUOTE_BORDER.test(style)) return 'quote'
  }
  if (CONTAINER_CLASS.test(classes)) return 'container'
  if (values.name === 'quote' || values.name === 'messagereplysection') return 'quote'
  if (QUOTE_CLASS.test(classes) || QUOTE_ID.test(id)) return 'quote'
  if (SIGNATURE_CLASS.test(classes) || SIGNATURE_ID.test(id)) return 'signature'
  return name === 'blockquote' ? 'block' : null
}

type Open = { name: string; start: number; depth: number }

class Cutter {
  private readonly source: string
  private readonly pieces: string[] = []
  private keptTo = 0
  private marked = false
  /** The quote or signature that is being left out. */
  private cut: (Open & { mark: boolean }) | null = null
  /** Gmail's or Proton's outermost container: left out whole where no blockquote in it was. */
  private container: (Open & { quotes: boolean }) | null = null
  /** The outermost blockquote that may be one. */
  private block: Open | null = null

  constructor(source: string) {
    this.source = source
  }

  open(name: string, start: number, cut: Cut): void {
    for (const outer of [this.container, this.cut, this.block]) if (outer?.name === name) outer.depth++
    if (this.cut !== null) return
    const opened = { name, start, depth: 1 }
    if (cut === 'rest') this.cut = { ...opened, name: '', mark: true }
    else if (cut === 'quote' || cut === 'signature') this.cut = { ...opened, mark: cut === 'quote' }
    else if (cut === 'container') this.container ??= { ...opened, quotes: false }
    else if (cut === 'block' && this.container === null && this.block === null) {
      this.block = opened
      this.mark(start, BLOCK_START)
    }
  }

  close(name: string, at: number): void {
    const { cut, container, block } = this
    if (cut !== null && cut.name === name && --cut.depth === 0) this.leaveOut(cut, at)
    if (container !== null && container.name === name && --container.depth === 0) this.closeContainer(at)
    if (block !== null && block.name === name && --block.depth === 0) this.closeBlock(at)
  }

  /** The source with its cuts and marks, or null where it has none. */
  finish(): string | null {
    const end = this.source.length
    if (this.cut !== null) this.leaveOut(this.cut, end)
    if (this.container !== null) this.closeContainer(end)
    // A blockquote that is still open lasts to the end, and a mark there could stand in an unfinished tag.
    if (!this.marked) return null
    return this.pieces.join('') + this.source.slice(this.keptTo)
  }

  private mark(at: number, mark: string): void {
    this.pieces.push(this.source.slice(this.keptTo, at), `<p>${mark}</p>`)
    this.keptTo = at
    this.marked ||= mark !== ''
  }

  private leaveOut(cut: Open & { mark: boolean }, end: number): void {
    this.mark(cut.start, cut.mark ? QUOTE_MARK : '')
    this.keptTo = end
    this.cut = null
    if (this.container !== null && cut.mark) this.container.quotes = true
  }

  private closeContainer(end: number): void {
    const container = this.container as Open & { quotes: boolean }
    this.container = null
    // What was cut inside it begins before: a signature that Gmail nested.
    if (!container.quotes && container.start >= this.keptTo) this.leaveOut({ ...container, mark: true }, end)
  }

  private closeBlock(end: number): void {
    this.block = null
    if (this.cut !== null) this.leaveOut(this.cut, end)
    this.mark(end, BLOCK_END)
  }
}
