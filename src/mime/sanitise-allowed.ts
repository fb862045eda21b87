/**
 * What sanitised mail may be made of: elements, their attributes, and for each attribute a check that returns the value
 * to write, or null for none. What is not listed is left out; its text stays, unless DROPPED_WITH_CONTENT says otherwise.
 *
 * Listed is what lays out text, tables and pictures. No `id`, `name`, `class` or `for`: they would let a mail speak to the
 * page or style sheet around it. No `srcset`, `background`, `poster`, `ping` or `usemap`: `src` and `href` alone lead out.
 */
import { safeStyle } from './sanitise-css.ts'
import { linkUrl } from './sanitise-url.ts'
import { clip } from './storable.ts'

export type Attributes = Map<string, string>
type Check = (value: string) => string | null

export type AllowedElement = {
  name: string
  /** The name in the fragment: `body` becomes a `div`. */
  writtenAs: string
  endTag: string
  isVoid: boolean
  attributes: ReadonlyMap<string, Check>
  /** Without this attribute the tag is left out. */
  requires?: string
  /** The last word on the attributes, once each is checked. */
  complete?: (safe: Attributes) => Attributes
  /** The open elements that its start tag ends, unless one of `endsWithin` was opened since. */
  ends?: readonly string[]
  endsWithin?: ReadonlySet<string>
  /** Open elements that its end tag does not reach across. */
  endStopsAt: ReadonlySet<string>
}

/** Never shown, or never by the rules of HTML text. */
export const DROPPED_WITH_CONTENT: ReadonlySet<string> = new Set([
  ...['script', 'style', 'title', 'template', 'noscript', 'svg', 'math', 'iframe', 'noframes', 'noembed', 'frameset'],
  ...['object', 'applet', 'canvas', 'select', 'datalist', 'textarea', 'xml'],
])

const TEXT_CHARS_MAX = 2_000
/** Words such as the Office ones: `0in`, `100%`, `3*`. */
const LENGTH = /^\d{1,5}(?:\.\d{1,4})?(?:px|%|\*)?$/i
const COLOUR = /^#?[a-z0-9]{1,20}$/i

const matching =
  (pattern: RegExp): Check =>
  (value) => {
    const trimmed = value.trim()
    return pattern.test(trimmed) ? trimmed : null
  }
const text: Check = (value) => clip(value, TEXT_CHARS_MAX)
const flag: Check = () => ''
const length = matching(LENGTH)
const colour = matching(COLOUR)
const count = matching(/^\d{1,4}$/)
const integer = matching(/^[+-]?\d{1,5}$/)
const word = matching(/^[a-z-]{1,16}$/i)
const fontNames = matching(/^[\w .,'"&+-]{1,200}$/)

const EVERYWHERE: [string, Check][] = [
  ['dir', matching(/^(?:ltr|rtl|auto)$/i)],
  ['lang', matching(/^[a-z0-9-]{1,35}$/i)],
  ['title', text],
  ['align', word],
  ['style', safeStyle],
]
const BOX: [string, Check][] = [
  ['width', length],
  ['height', length],
  ['bgcolor', colour],
  ['bordercolor', colour],
  ['valign', word],
]
const CELL: [string, Check][] = [...BOX, ['colspan', count], ['rowspan', count], ['nowrap', flag], ['scope', word]]

const CELLS = ['td', 'th', 'caption', 'table']
const IN_CELL = new Set(CELLS)
const IN_TABLE = new Set(['table'])
const IN_LIST = new Set([...CELLS, 'ul', 'ol', 'menu', 'dir', 'dl', 'blockquote', 'center'])
const TABLE_PARTS = ['td', 'th', 'tr', 'tbody', 'thead', 'tfoot', 'caption', 'colgroup']
const NOWHERE: ReadonlySet<string> = new Set()

/** Elements that end an open paragraph. */
const BLOCKS = [
  ...['address', 'article', 'aside', 'blockquote', 'center', 'dir', 'div', 'dl', 'figcaption', 'figure', 'footer'],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'header', 'main', 'menu', 'nav', 'p', 'section', 'ul'],
]
const INLINE = [
  ...['abbr', 'acronym', 'b', 'bdi', 'bdo', 'big', 'cite', 'code', 'del', 'dfn', 'em', 'i', 'ins', 'kbd', 'mark'],
  ...[
    'nobr',
    'q',
    'rp',
    'rt',
    'ruby',
    's',
    'samp',
    'small',
    'span',
    'strike',
    'strong',
    'sub',
    'sup',
    'time',
    'tt',
    'u',
  ],
  ...['var'],
]

export const ELEMENTS: ReadonlyMap<string, AllowedElement> = new Map(
  [
    ...BLOCKS.map((name) => element(name, [], { ends: ['p'], endsWithin: IN_CELL })),
    ...INLINE.map((name) => element(name, [])),
    element(
      'body',
      [
        ['bgcolor', colour],
        ['text', colour],
      ],
      {
        writtenAs: 'div',
        complete: bodyColours,
        ends: ['p'],
        endsWithin: IN_CELL,
      },
    ),
    element('pre', [['width', count]], { ends: ['p'], endsWithin: IN_CELL }),
    element('font', [
      ['color', colour],
      ['face', fontNames],
      ['size', integer],
    ]),
    element('a', [['href', linkUrl]], {
      requires: 'href',
      complete: linkIntoTheOpen,
      ends: ['a'],
      endsWithin: IN_CELL,
    }),
    // Its `src` depends on the reader's choice: sanitise.ts decides it.
    element(
      'img',
      [
        ...([
          ['src', () => null],
          ['alt', text],
          ['width', length],
          ['height', length],
        ] as [string, Check][]),
        ...([
          ['border', count],
          ['hspace', count],
          ['vspace', count],
        ] as [string, Check][]),
      ],
      { isVoid: true },
    ),
    element('br', [['clear', word]], { isVoid: true }),
    element('wbr', [], { isVoid: true }),
    element(
      'hr',
      [
        ['width', length],
        ['size', count],
        ['color', colour],
        ['noshade', flag],
      ],
      {
        isVoid: true,
        ends: ['p'],
        endsWithin: IN_CELL,
      },
    ),
    element(
      'ol',
      [
        ['start', integer],
        ['type', matching(/^[1aAiI]$/)],
        ['reversed', flag],
      ],
      {
        ends: ['p'],
        endsWithin: IN_CELL,
      },
    ),
    element(
      'li',
      [
        ['value', integer],
        ['type', matching(/^(?:[1aAiI]|disc|circle|square)$/)],
      ],
      {
        ends: ['li', 'p'],
        endsWithin: IN_LIST,
      },
    ),
    ...['dt', 'dd'].map((name) => element(name, [], { ends: ['dt', 'dd', 'p'], endsWithin: IN_LIST })),
    element(
      'table',
      [...BOX, ['border', count], ['cellpadding', length], ['cellspacing', length], ['rules', word], ['frame', word]],
      {
        ends: ['p'],
        endsWithin: IN_CELL,
        endStopsAt: NOWHERE,
      },
    ),
    ...['tbody', 'thead', 'tfoot', 'caption', 'colgroup'].map((name) =>
      element(name, [...BOX, ['span', count]], { ends: TABLE_PARTS, endsWithin: IN_TABLE, endStopsAt: IN_TABLE }),
    ),
    element('col', [...BOX, ['span', count]], { isVoid: true }),
    element('tr', BOX, { ends: ['td', 'th', 'tr', 'caption', 'colgroup'], endsWithin: IN_TABLE, endStopsAt: IN_TABLE }),
    ...['td', 'th'].map((name) =>
      element(name, CELL, { ends: ['td', 'th'], endsWithin: IN_TABLE, endStopsAt: IN_TABLE }),
    ),
  ].map((allowed) => [allowed.name, allowed]),
)

function element(name: string, attributes: [string, Check][], rest: Partial<AllowedElement> = {}): AllowedElement {
  const writtenAs = rest.writtenAs ?? name
  return {
    name,
    writtenAs,
    endTag: `</${writtenAs}>`,
    isVoid: false,
    endStopsAt: IN_CELL,
    attributes: new Map([...EVERYWHERE, ...attributes]),
    ...rest,
  }
}

/** A link opens elsewhere, and tells that page nothing of where it stood. */
function linkIntoTheOpen(safe: Attributes): Attributes {
  return safe.set('rel', 'noopener noreferrer nofollow').set('target', '_blank')
}

/** The colours of a body are old attributes; the `div` that stands for it has them as its style. */
function bodyColours(safe: Attributes): Attributes {
  const colours = [
    safe.has('bgcolor') ? `background-color:${safe.get('bgcolor')}` : '',
    safe.has('text') ? `color:${safe.get('text')}` : '',
    safe.get('style') ?? '',
  ]
  safe.delete('bgcolor')
  safe.delete('text')
  const style = colours.filter((part) => part !== '').join(';')
  return style === '' ? safe : safe.set('style', style)
}
