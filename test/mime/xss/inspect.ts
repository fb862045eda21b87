/**
 * What a fragment holds, read back by htmlparser2's parser and held against lists of its own: these are written down
 * apart from those of src/, so that a slip there shows here.
 */
import { Parser } from 'htmlparser2'

export const ELEMENTS = new Set(
  (
    'a abbr acronym address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del dfn ' +
    'dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark menu nav nobr ' +
    'ol p pre q rp rt ruby s samp section small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul ' +
    'var wbr'
  ).split(' '),
)
export const ATTRIBUTES = new Set(
  (
    'align alt bgcolor border bordercolor cellpadding cellspacing clear color colspan dir face frame height href hspace ' +
    'lang noshade nowrap rel reversed rowspan rules scope size span src start style target title type valign value vspace ' +
    'width'
  ).split(' '),
)
/** Shown or written for people: any text may stand in these. */
const FREE_TEXT = new Set(['alt', 'title'])
const LINK = /^(?:https?:\/\/[^\s@]*(?:@[^\s]*)?|mailto:[^\s]*|tel:[^\s]*)$/
const PICTURE = /^(?:https?:\/\/|data:image\/(?:png|jpe?g|gif|webp|bmp|avif);base64,[A-Za-z0-9+/]+=*$|\/[^/\\])/
const FUNCTIONS =
  /(?<![\w-])(?:rgba?|hsla?|calc|(?:linear|radial)-gradient)\((?:[^()]|rgba?\([^()]*\)|hsla?\([^()]*\))*\)/gi
const DECLARATION = /^[a-z-]+:[^:;{}\\<>@()]+$/
const MOVES =
  /^(?:position|top|right|bottom|left|inset|z-index|transform|animation|transition|cursor|content|filter|behavior|--)/

export type Inspection = { offences: string[]; sources: string[] }

export function inspect(html: string): Inspection {
  const found: Inspection = { offences: [], sources: [] }
  const open: string[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      open.push(name)
      if (!ELEMENTS.has(name)) found.offences.push(`<${name}>`)
      for (const [attribute, value] of Object.entries(attributes)) {
        found.offences.push(...offencesOf(name, attribute, value))
        if (attribute === 'src') found.sources.push(value)
      }
      if (name === 'a' && attributes.rel !== 'noopener noreferrer nofollow')
        found.offences.push('a link without its rel')
      if (name === 'a' && attributes.target !== '_blank') found.offences.push('a link without its target')
    },
    oncomment: (text) => void found.offences.push(`comment ${text}`),
    onprocessinginstruction: (name) => void found.offences.push(`instruction ${name}`),
    oncdatastart: () => void found.offences.push('CDATA'),
    onclosetag(name, implied) {
      if (open.pop() !== name) found.offences.push(`</${name}> closes another`)
      if (implied && !/^(?:br|col|hr|img|wbr)$/.test(name)) found.offences.push(`<${name}> is not closed`)
    },
  })
  parser.write(html)
  parser.end()
  if (html !== html.toWellFormed() || html.includes('\0')) found.offences.push('not storable')
  return found
}

function offencesOf(element: string, attribute: string, value: string): string[] {
  const offence = `<${element} ${attribute}="${value}">`
  if (!ATTRIBUTES.has(attribute)) return [offence]
  if (attribute === 'href') return element === 'a' && LINK.test(value) ? [] : [offence]
  if (attribute === 'src') return element === 'img' && PICTURE.test(value) ? [] : [offence]
  if (attribute === 'style') return styleOffences(value).map((declaration) => `${element} { ${declaration} }`)
  return FREE_TEXT.has(attribute) || /^[\w .,'"&+#%*-]*$/.test(value) ? [] : [offence]
}

function styleOffences(style: string): string[] {
  return style
    .split(';')
    .filter((declaration) => MOVES.test(declaration) || !DECLARATION.test(declaration.replace(FUNCTIONS, 'x')))
}
