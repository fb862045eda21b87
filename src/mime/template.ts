/**
 * Templates: a subject, a text and an HTML with `{{name}}` where a value goes. Nothing is computed and nothing is looked up: what a
 * value may be is decided by the place where it stands, when the template is stored and not when it is used.
 *
 *   subject           the value as one line
 *   text              the value as it is
 *   HTML text         escaped
 *   HTML attribute    in quotes: escaped
 *   an address        href and src, in quotes: whole, an http, https, mailto or tel address; behind the beginning of one, percent-encoded
 *
 * A variable anywhere else (a tag, a name, a script, a style, an event, a comment, an attribute without quotes) is refused: what it
 * would mean there no escaping decides.
 */
import { QuoteType, Tokenizer } from 'htmlparser2'
import { type Failure, fail, isFailure } from '../errors.ts'
import { escaped } from './compose-quote.ts'
import { linkUrl } from './sanitise-url.ts'
import { headerLine, storable } from './storable.ts'

export type Template = { subject: string; text: string | null; html: string | null }
export type Variables = Record<string, string | number | boolean>
export type Rendered = Template

export const TEMPLATE_CHARS_MAX = 256 * 1024
/** Places in one body: each costs a look at its value. */
const PLACES_MAX = 1_000
/** Of each body as it is sent: what is read back of a message. */
const RENDERED_CHARS_MAX = 1024 * 1024
/** Variables that a failure names. */
const NAMED_MAX = 20

const PLACE = /\{\{[ \t]*([A-Za-z_][A-Za-z0-9_]{0,63})[ \t]*\}\}/g
/** Private-use characters stand for a place while the tokenizer looks: they are in no template. */
const MARK = /\ue000(\d+)\ue001/g
const ADDRESSES = new Set(['href', 'src'])
/** Of an address that goes on with a value. Others may run it: a browser undoes the encoding first. */
const SAFE_BEGINNING = /^\s*(?:https?:\/\/|mailto:|tel:|cid:)/i
/** What no value may be written into, however it is escaped. */
const CODE = /^(?:on.*|style|srcset|srcdoc|action|formaction|xlink:href|data|background|poster|ping|manifest|cite)$/
const RAW_ELEMENTS = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
  'iframe',
  'noembed',
  'noframes',
  'plaintext',
])

type Context = 'text' | 'attribute' | 'address' | 'address-part'
type Piece = string | { name: string; context: Context | 'line' | 'plain' }

/** What is wrong with a template, with a pointer to it; null where it can be used. */
export function refuseTemplate(template: Template): Failure | null {
  for (const field of ['subject', 'text', 'html'] as const) {
    const pieces = piecesOf(template, field)
    if (isFailure(pieces)) return pieces
  }
  return template.text === null && template.html === null ? fail('invalid', 'Write a text or an html.', 'text') : null
}

/** The names of all variables, in order of first appearance. */
export function variablesOf({ subject, text, html }: Template): string[] {
  return [...new Set([subject, text ?? '', html ?? ''].flatMap(namesIn))]
}

/** The template with its values. Fails where one is missing, or cannot stand where it would. */
export function renderTemplate(template: Template, variables: Variables): Rendered | Failure {
  const missing = variablesOf(template).filter((name) => !Object.hasOwn(variables, name))
  if (missing.length > 0) {
    const named = `${missing.slice(0, NAMED_MAX).join(', ')}${missing.length > NAMED_MAX ? ', ...' : ''}`
    return fail('invalid', `The template wants variables that are not given: ${named}.`, 'variables')
  }
  const subject = render(template, 'subject', variables)
  const text = render(template, 'text', variables)
  const html = render(template, 'html', variables)
  if (isFailure(subject)) return subject
  if (isFailure(text)) return text
  if (isFailure(html)) return html
  return { subject: subject ?? '', text, html }
}

function render(template: Template, field: keyof Template, variables: Variables): string | Failure | null {
  const pieces = piecesOf(template, field)
  if (pieces === null || isFailure(pieces)) return pieces
  let out = ''
  for (const piece of pieces) {
    const written = typeof piece === 'string' ? piece : valueAt(piece.context, String(variables[piece.name]))
    if (written === null)
      return fail(
        'invalid',
        'The value is no address with http, https, mailto or tel.',
        `variables/${(piece as { name: string }).name}`,
      )
    out += written
    if (out.length > RENDERED_CHARS_MAX)
      return fail('too-large', `What a template makes has at most ${RENDERED_CHARS_MAX} characters.`, 'variables')
  }
  return out
}

function valueAt(context: Context | 'line' | 'plain', value: string): string | null {
  const whole = storable(value)
  switch (context) {
    case 'line':
      return headerLine(whole)
    case 'plain':
      return whole
    case 'text':
    case 'attribute':
      return escaped(whole)
    case 'address-part':
      // It leaves the quote that may end the attribute.
      return escaped(encodeURIComponent(whole))
    case 'address': {
      const url = linkUrl(whole)
      return url === null ? null : escaped(url)
    }
  }
}

function namesIn(source: string): string[] {
  return [...source.matchAll(PLACE)].map(([, name = '']) => name)
}

/** A body cut at its places, each with what it is; null where there is no such body. */
function piecesOf(template: Template, field: keyof Template): Piece[] | Failure | null {
  const source = template[field]
  if (source === null) return null
  if (source.length > TEMPLATE_CHARS_MAX)
    return fail('too-large', `A part of a template has at most ${TEMPLATE_CHARS_MAX} characters.`, field)
  const names = namesIn(source)
  if (names.length > PLACES_MAX)
    return fail('invalid', `A part of a template has at most ${PLACES_MAX} variables.`, field)
  const parts = source.split(PLACE)
  const literal = parts.filter((_, n) => n % 2 === 0)
  if (literal.some((text) => /\{\{|[\ue000\ue001]/.test(text)))
    return fail('invalid', 'Two opening braces begin a variable, {{name}}: letters, digits and _.', field)
  const contexts = field === 'html' ? contextsOf(literal) : names.map(() => (field === 'subject' ? 'line' : 'plain'))
  const lost = names.find((_, n) => contexts[n] === undefined)
  if (lost !== undefined)
    return fail('invalid', `{{${lost}}} stands where no value can: in text, and in attributes in quotes it can.`, field)
  return literal.flatMap((text, n): Piece[] => {
    const name = names[n]
    return name === undefined ? [text] : [text, { name, context: contexts[n] as Context }]
  })
}

/** What each place of an HTML is, by its number; undefined where nothing may stand. */
function contextsOf(literal: string[]): (Context | undefined)[] {
  const source = literal.map((text, n) => (n === 0 ? text : `\ue000${n - 1}\ue001${text}`)).join('')
  const contexts: (Context | undefined)[] = new Array(literal.length - 1).fill(undefined)
  let tag = ''
  let attribute = ''
  let value = ''
  // A browser does not close such an element at its slash: what follows is still inside.
  let isInRaw = false
  const tokenizer = new Tokenizer(
    { xmlMode: false, decodeEntities: true },
    {
      ontext: (start, end) => {
        if (isInRaw || RAW_ELEMENTS.has(tag)) return
        for (const mark of source.slice(start, end).matchAll(MARK)) {
          const at = start + mark.index
          // '<' and a value would be a tag.
          if (!/<[/!?]?$/.test(source.slice(Math.max(0, at - 2), at))) contexts[Number(mark[1])] = 'text'
        }
      },
      ontextentity: () => {},
      oncdata: () => {},
      onopentagname: (start, end) => {
        tag = source.slice(start, end).toLowerCase()
      },
      onattribname: (start, end) => {
        attribute = source.slice(start, end).toLowerCase()
        value = ''
      },
      onattribdata: (start, end) => {
        value += source.slice(start, end)
      },
      onattribentity: (code) => {
        value += String.fromCodePoint(code)
      },
      onattribend: (quote) => {
        if (isInRaw || (quote !== QuoteType.Double && quote !== QuoteType.Single) || CODE.test(attribute)) return
        for (const mark of value.matchAll(MARK))
          contexts[Number(mark[1])] = attributeContext(attribute, value, mark.index)
      },
      onopentagend: () => {},
      onselfclosingtag: () => {
        isInRaw ||= RAW_ELEMENTS.has(tag)
      },
      onclosetag: () => {
        tag = ''
      },
      oncomment: () => {},
      ondeclaration: () => {},
      onprocessinginstruction: () => {},
      onend: () => {},
    },
  )
  tokenizer.write(source)
  tokenizer.end()
  return contexts
}

// What an address begins with decides what it does; behind that, a value is a piece of a path or a query.
function attributeContext(attribute: string, value: string, at: number): Context | undefined {
  if (!ADDRESSES.has(attribute)) return 'attribute'
  const before = value.slice(0, at)
  if (before.trim() === '') return value.slice(at).replace(MARK, '').trim() === '' ? 'address' : undefined
  return SAFE_BEGINNING.test(before) ? 'address-part' : undefined
}
