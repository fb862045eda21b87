/**
 * An HTML body without what its reader cannot see: elements that are hidden, too small, out of the page or of the colour
 * behind them. For programs that read in a person's place, and are to be told no more than the person is shown.
 *
 * One pass on htmlparser2's tokenizer, with a stack of open elements that a browser would have (html-text.ts tells why not
 * its parser). What is kept is kept as it stands in the source; nothing is made safe here, since the result is read for its
 * text and its links alone. In doubt text stays: it is fenced as a stranger's word in any case (agent-text.ts).
 *
 * Not seen: rules of several selectors, conditions on the screen, pictures, and what one element lays over another.
 */
import { Tokenizer } from 'htmlparser2'
import { HTML_CHARS_MAX } from './html-text.ts'
import { clip } from './storable.ts'
import {
  areAlike,
  BLACK,
  type Colour,
  type Look,
  parseBackground,
  parseColour,
  readSheet,
  readStyle,
  type Sheet,
  WHITE,
} from './visible-style.ts'

export type Link = { text: string; href: string }
export type VisibleHtml = {
  html: string
  /** Characters of text, without blanks, that were left out. */
  hiddenChars: number
  /** In order, up to LINKS_MAX: the n-th is marked `[link n]` behind its words. */
  links: Link[]
  hasMoreLinks: boolean
}

export const LINKS_MAX = 100
const LINK_TEXT_CHARS_MAX = 200
const HREF_CHARS_MAX = 4_000
const VALUE_CHARS_MAX = 4_000
/** Elements open at once: bounds what an end tag costs. Mail has some dozens. */
const DEPTH_MAX = 256
const CLASSES_MAX = 20

const VOID = new Set(
  'area base basefont bgsound br col embed hr img input keygen link meta param source track wbr'.split(' '),
)
/** Elements whose text nobody takes for text. */
const RAW = new Set(['style', 'script', 'title'])
/** An end tag does not reach out of these, except for its own kind. */
const SCOPES = new Set(['table', 'td', 'th', 'caption', 'object', 'marquee', 'applet', 'template'])
const TABLE_PARTS = new Set(['table', 'thead', 'tbody', 'tfoot', 'tr', 'td', 'th', 'caption'])
/** A start tag ends an open element of these kinds, up to a border. */
const ENDS: ReadonlyMap<string, { kinds: string[]; border: string[] }> = new Map<
  string,
  { kinds: string[]; border: string[] }
>([
  ...'address article aside blockquote center details div dl fieldset figure footer form h1 h2 h3 h4 h5 h6 header hr main nav ol p pre section table ul'
    .split(' ')
    .map((name): [string, { kinds: string[]; border: string[] }] => [
      name,
      { kinds: ['p'], border: [...SCOPES, 'button'] },
    ]),
  ['li', { kinds: ['li'], border: ['ul', 'ol', ...SCOPES] }],
  ['td', { kinds: ['td', 'th'], border: ['tr', 'table'] }],
  ['th', { kinds: ['td', 'th'], border: ['tr', 'table'] }],
  ['tr', { kinds: ['tr'], border: ['tbody', 'thead', 'tfoot', 'table'] }],
])

type Frame = {
  name: string
  isGone: boolean
  isTiny: boolean
  isInvisible: boolean
  colour: Colour
  background: Colour | 'unknown'
}

const PAGE: Frame = {
  name: '',
  isGone: false,
  isTiny: false,
  isInvisible: false,
  colour: BLACK,
  background: WHITE,
}

export function visibleHtml(html: string): VisibleHtml {
  const source = clip(html, HTML_CHARS_MAX)
  const reading = new Reading(source, readSheet(styleSheets(source)))
  let name = ''
  let attribute = ''
  let attributes: Map<string, string> = new Map()
  let tagStart = 0
  const addTo = (text: string) => {
    const value = attributes.get(attribute) ?? ''
    if (attribute !== '' && value.length < VALUE_CHARS_MAX) attributes.set(attribute, value + text)
  }
  const opened = (end: number) => reading.open(name, attributes, tagStart, end + 1)
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      ontext: (start, end) => reading.text(source.slice(start, end)),
      ontextentity: (code) => reading.entity(code),
      oncdata: () => {},
      onopentagname: (start, end) => {
        name = source.slice(start, Math.min(end, start + 16)).toLowerCase()
        tagStart = start - 1
        attributes = new Map()
      },
      onattribname: (start, end) => {
        const given = source.slice(start, Math.min(end, start + 32)).toLowerCase()
        attribute = READ.has(given) && !attributes.has(given) ? given : ''
        if (attribute !== '') attributes.set(attribute, '')
      },
      onattribdata: (start, end) => addTo(source.slice(start, Math.min(end, start + VALUE_CHARS_MAX))),
      onattribentity: (code) => addTo(String.fromCodePoint(code)),
      onattribend: () => {
        attribute = ''
      },
      onopentagend: opened,
      onselfclosingtag: opened,
      onclosetag: (start, end) => reading.close(source.slice(start, Math.min(end, start + 16)).toLowerCase()),
      oncomment: () => {},
      ondeclaration: () => {},
      onprocessinginstruction: () => {},
      onend: () => {},
    },
  )
  tokenizer.write(source)
  tokenizer.end()
  return reading.finish()
}

const READ = new Set(['style', 'class', 'id', 'hidden', 'href', 'bgcolor', 'background', 'color', 'text', 'size'])

/** All that stands in style elements. */
function styleSheets(source: string): string {
  const sheets: string[] = []
  for (const match of source.matchAll(/<style(?=[\s>/])/gi)) {
    const open = source.indexOf('>', match.index)
    if (open < 0) break
    const close = source.indexOf('</', open)
    sheets.push(source.slice(open + 1, close < 0 ? source.length : close))
    if (sheets.length >= CLASSES_MAX || close < 0) break
  }
  return sheets.join('\n')
}

class Reading {
  private readonly frames: Frame[] = []
  /** Open elements above the deepest that is kept. */
  private tooDeep = 0
  private readonly pieces: string[] = []
  private hiddenChars = 0
  private readonly links: Link[] = []
  private hasMoreLinks = false
  /** The one that is open. */
  private link: Link | null = null
  private readonly source: string
  private readonly sheet: Sheet

  constructor(source: string, sheet: Sheet) {
    this.source = source
    this.sheet = sheet
  }

  text(raw: string): void {
    this.put(raw, raw)
  }

  /** A character reference: what it stands for must not become markup where it is written out. */
  entity(code: number): void {
    const character = String.fromCodePoint(code)
    this.put(/[<>&]/.test(character) ? `&#${code};` : character, character)
  }

  private put(written: string, shown: string): void {
    const top = this.top()
    if (RAW.has(top.name)) return
    if (!isSeen(top)) {
      this.hiddenChars += shown.replace(/\s+/g, '').length
      return
    }
    this.pieces.push(written)
    const link = this.link
    if (link && link.text.length < LINK_TEXT_CHARS_MAX) link.text += shown.slice(0, LINK_TEXT_CHARS_MAX)
  }

  open(name: string, attributes: Map<string, string>, start: number, end: number): void {
    this.closeImplied(name)
    const parent = this.top()
    const frame = frameOf(name, attributes, parent, this.sheet)
    if (!frame.isGone) {
      this.pieces.push(this.source.slice(start, end))
      if (name === 'a' || name === 'area') this.openLink(attributes.get('href') ?? '', name)
    }
    if (VOID.has(name)) return
    if (this.frames.length >= DEPTH_MAX) this.tooDeep++
    else this.frames.push(frame)
  }

  close(name: string): void {
    if (this.tooDeep > 0) {
      this.tooDeep--
      return
    }
    if (name === 'a') this.closeLink()
    if (!this.top().isGone && !VOID.has(name)) this.pieces.push(`</${name}>`)
    else if (name === 'br' || name === 'p') this.pieces.push('<br>')
    const at = this.findOpen([name], TABLE_PARTS.has(name) ? ['table'] : [...SCOPES])
    const isGone = this.top().isGone
    if (at >= 0) this.frames.length = at
    // The element that was gone has ended: what stood around it is to stay apart.
    if (isGone && !this.top().isGone) this.pieces.push(' ')
  }

  finish(): VisibleHtml {
    this.closeLink()
    return {
      html: this.pieces.join(''),
      hiddenChars: this.hiddenChars,
      links: this.links,
      hasMoreLinks: this.hasMoreLinks,
    }
  }

  private top(): Frame {
    return this.frames.at(-1) ?? PAGE
  }

  private closeImplied(name: string): void {
    const ends = this.tooDeep === 0 ? ENDS.get(name) : undefined
    const at = ends ? this.findOpen(ends.kinds, ends.border) : -1
    if (at >= 0) this.frames.length = at
  }

  /** The innermost open element of these names, within the innermost of the border; -1 where there is none. */
  private findOpen(names: string[], border: string[]): number {
    for (let at = this.frames.length - 1; at >= 0; at--) {
      const name = this.frames[at]?.name ?? ''
      if (names.includes(name)) return at
      if (border.includes(name)) return -1
    }
    return -1
  }

  private openLink(href: string, name: string): void {
    this.closeLink()
    const target = href.trim().slice(0, HREF_CHARS_MAX)
    if (target === '' || target.startsWith('#')) return
    if (this.links.length >= LINKS_MAX) {
      this.hasMoreLinks = true
      return
    }
    const link = { text: '', href: target }
    this.links.push(link)
    this.link = link
    if (name === 'area') this.closeLink()
  }

  private closeLink(): void {
    if (!this.link) return
    this.pieces.push(` [link ${this.links.length}] `)
    this.link = null
  }
}

function isSeen(frame: Frame): boolean {
  if (frame.isGone || frame.isTiny || frame.isInvisible) return false
  return frame.background === 'unknown' || !areAlike(frame.colour, frame.background)
}

function frameOf(name: string, attributes: Map<string, string>, parent: Frame, sheet: Sheet): Frame {
  const look: Look = {
    ...attributesLook(name, attributes),
    ...sheetLook(name, attributes, sheet),
    ...readStyle(attributes.get('style') ?? ''),
  }
  return {
    name,
    isGone: parent.isGone || look.isGone === true || attributes.has('hidden'),
    isTiny: look.isTiny ?? parent.isTiny,
    isInvisible: look.isInvisible ?? parent.isInvisible,
    // A browser colours links itself.
    colour: look.colour ?? (name === 'a' && attributes.has('href') ? [0, 0, 238] : parent.colour),
    background: look.background ?? parent.background,
  }
}

function attributesLook(name: string, attributes: Map<string, string>): Look {
  const look: Look = {}
  const colour = parseColour(attributes.get(name === 'body' ? 'text' : 'color') ?? '')
  if (colour && (name === 'font' || name === 'body')) look.colour = colour
  const background = attributes.get('bgcolor')
  const parsed = background === undefined ? null : parseBackground(background.trim().toLowerCase())
  if (parsed) look.background = parsed
  if (attributes.get('background')) look.background = 'unknown'
  return look
}

function sheetLook(name: string, attributes: Map<string, string>, sheet: Sheet): Look {
  if (sheet.size === 0) return {}
  const classes = (attributes.get('class') ?? '').toLowerCase().split(/\s+/, CLASSES_MAX).filter(Boolean)
  const id = attributes.get('id')?.toLowerCase()
  const marks = [...classes.map((one) => `.${one}`), ...(id ? [`#${id}`] : [])]
  const keys = ['*', name, ...marks, ...marks.map((mark) => name + mark)]
  return Object.assign({}, ...keys.map((key) => sheet.get(key) ?? {}))
}
