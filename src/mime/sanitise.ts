/**
 * A stranger's HTML mail, made safe to show in a browser.
 *
 * Nothing of the mail's own markup is passed on. htmlparser2's tokenizer reads it, and every tag that comes out is written
 * here anew, from the names of sanitise-allowed.ts and the values that their checks return. What comes out is a fragment
 * for a frame without scripts (sanitise-document.ts), the second wall should this one have a hole.
 *
 * Invariants, which test/mime/xss holds:
 *  - No element whose content a browser reads by other rules than text and tags is ever written: no script, style, title,
 *    textarea, template, noscript, svg or math, and no comment. So each tag of the fragment is read as the tag that was
 *    written, wherever it stands, and writing it out and reading it again cannot turn text into markup.
 *  - The fragment is well nested, and sanitising it again changes nothing, except that images which the caller mapped
 *    from cid: are by then remote ones like all others.
 *  - Time is linear in the input: nesting is bounded, and so are the input and the output.
 */
import { Tokenizer } from 'htmlparser2'
import { HTML_CHARS_MAX } from './html-text.ts'
import { type AllowedElement, type Attributes, DROPPED_WITH_CONTENT, ELEMENTS } from './sanitise-allowed.ts'
import { Nesting } from './sanitise-nesting.ts'
import { imageSource } from './sanitise-url.ts'
import { clip, storable } from './storable.ts'

/** The most that comes out: no more than is read, since the fragment must pass through here again unchanged. */
export const SANITISED_CHARS_MAX = HTML_CHARS_MAX
/** Characters that an escaped character takes at most: '&amp;'. */
const ESCAPED_CHARS_MAX = 5
/** No name that is allowed, of an element or an attribute, is longer. */
const NAME_CHARS_MAX = 16

export type SanitiseOptions = {
  /** Whether images of other servers are shown. Showing one tells its sender that the mail is read, when and where. */
  remote: 'block' | 'allow'
  /** Where the image of this Content-ID is served: an absolute http(s) URL, a path, a data: URL, or null if there is none. */
  cid: (contentId: string) => string | null
}

export type SanitisedHtml = {
  html: string
  /** Images left out that `remote: 'allow'` would show. */
  blockedRemote: number
}

export function sanitiseHtml(html: string, options: SanitiseOptions): SanitisedHtml {
  const source = clip(storable(html), HTML_CHARS_MAX)
  const fragment = new Fragment(options)
  const tokenizer: Tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    callbacks(source, fragment, () => tokenizer.pause()),
  )
  tokenizer.write(source)
  tokenizer.end()
  return { html: storable(fragment.finish()), blockedRemote: fragment.blockedRemote }
}

type Callbacks = ConstructorParameters<typeof Tokenizer>[1]

/** From tokens to the fragment. `stop` ends the reading once the fragment is full. */
function callbacks(source: string, fragment: Fragment, stop: () => void): Callbacks {
  const skip = new Skipping()
  let tag = ''
  let element: AllowedElement | undefined
  let attributes: Attributes = new Map()
  let attribute: string | undefined
  let value: string[] = []
  const opened = () => {
    if (skip.open(tag) || !element) return
    fragment.open(element, attributes)
    if (fragment.full) stop()
  }
  const text = (raw: string) => {
    if (skip.active) return
    fragment.text(raw)
    if (fragment.full) stop()
  }
  return {
    ontext: (start, end) => text(source.slice(start, end)),
    ontextentity: (code) => text(String.fromCodePoint(code)),
    onopentagname: (start, end) => {
      tag = nameAt(source, start, end)
      element = skip.active ? undefined : ELEMENTS.get(tag)
      attributes = new Map()
    },
    onattribname: (start, end) => {
      const name = element && nameAt(source, start, end)
      // Of an attribute that stands twice a browser takes the first.
      attribute = name && element?.attributes.has(name) && !attributes.has(name) ? name : undefined
      value = []
    },
    onattribdata: (start, end) => void (attribute && value.push(source.slice(start, end))),
    onattribentity: (code) => void (attribute && value.push(String.fromCodePoint(code))),
    onattribend: () => {
      if (attribute) attributes.set(attribute, value.join(''))
      attribute = undefined
    },
    onopentagend: opened,
    onselfclosingtag: opened,
    onclosetag: (start, end) => {
      const name = nameAt(source, start, end)
      const closing = ELEMENTS.get(name)
      if (!skip.close(name) && closing) fragment.close(closing)
    },
    oncdata: () => {},
    oncomment: () => {},
    ondeclaration: () => {},
    onprocessinginstruction: () => {},
    onend: () => {},
  }
}

function nameAt(source: string, start: number, end: number): string {
  return end - start > NAME_CHARS_MAX ? '' : source.slice(start, end).toLowerCase()
}

/** What lies in an element that is dropped with its content, counted by elements of its name: all that finds its end. */
class Skipping {
  private name = ''
  private depth = 0

  get active(): boolean {
    return this.depth > 0
  }

  /** Whether this start tag is inside, or begins, what is dropped. */
  open(tag: string): boolean {
    if (this.active) {
      if (tag === this.name) this.depth++
      return true
    }
    if (!DROPPED_WITH_CONTENT.has(tag)) return false
    this.name = tag
    this.depth = 1
    return true
  }

  close(tag: string): boolean {
    if (!this.active) return false
    if (tag === this.name) this.depth--
    // What its author never closed ends with the body.
    if (tag === 'body' || tag === 'html') this.depth = 0
    return true
  }
}

/** The fragment as it is written. */
class Fragment {
  blockedRemote = 0
  full = false
  private readonly nesting = new Nesting()
  private readonly pieces: string[] = []
  private length = 0
  private readonly options: SanitiseOptions

  constructor(options: SanitiseOptions) {
    this.options = options
  }

  text(raw: string): void {
    const escaped = escapeText(raw)
    const room = this.room()
    this.full = escaped.length > room
    this.put(this.full ? escapeText(clip(raw, Math.floor(room / ESCAPED_CHARS_MAX))) : escaped)
  }

  open(element: AllowedElement, given: Attributes): void {
    const safe = this.checked(element, given)
    if (element.requires && !safe.has(element.requires)) return
    this.putAll(this.nesting.endsBefore(element))
    if (!element.isVoid && this.nesting.isDeepest) return
    let tag = `<${element.writtenAs}`
    for (const [name, value] of safe) tag += ` ${name}="${escapeValue(value)}"`
    tag += '>'
    const endTagChars = element.isVoid ? 0 : element.endTag.length
    if (tag.length + endTagChars > this.room()) {
      this.full = true
      return
    }
    this.put(tag)
    if (!element.isVoid) this.nesting.push(element)
  }

  close(element: AllowedElement): void {
    this.putAll(this.nesting.endsFor(element))
  }

  finish(): string {
    this.putAll(this.nesting.endsOfAll())
    return this.pieces.join('')
  }

  private checked(element: AllowedElement, given: Attributes): Attributes {
    const safe: Attributes = new Map()
    for (const [name, value] of given) {
      const checked = name === 'src' ? this.imageSource(value) : element.attributes.get(name)?.(value)
      if (checked !== null && checked !== undefined) safe.set(name, checked)
    }
    return element.complete ? element.complete(safe) : safe
  }

  private imageSource(value: string): string | null {
    const image = imageSource(value, this.options.cid)
    if (image === null) return null
    if (!image.remote || this.options.remote === 'allow') return image.url
    this.blockedRemote++
    return null
  }

  /** Characters that may still be written, once those are set aside that close what is open. */
  private room(): number {
    return SANITISED_CHARS_MAX - this.length - this.nesting.endTagsChars
  }

  private putAll(pieces: string[]): void {
    for (const piece of pieces) this.put(piece)
  }

  private put(piece: string): void {
    this.pieces.push(piece)
    this.length += piece.length
  }
}

function escapeText(text: string): string {
  if (!/[&<>]/.test(text)) return text
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Backticks too: old engines took them for quotes. */
function escapeValue(value: string): string {
  if (!/[&<>"'`]/.test(value)) return value
  return escapeText(value).replaceAll('"', '&quot;').replaceAll("'", '&#39;').replaceAll('`', '&#96;')
}
