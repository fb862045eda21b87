/**
 * The inline style of a stranger's element: a list of declarations, kept one by one.
 *
 * A value is kept only when it is made of words, numbers and colours. It then has no bracket, quote, escape or comment
 * but those matched whole below, so that a browser splits the declarations exactly where they are split here; and without
 * brackets there is no url(), no expression(), nothing that loads or runs.
 */

/** Declarations are a few dozen characters; a gradient or a list of fonts has some 200. */
const VALUE_CHARS_MAX = 500

/** Text and boxes. Nothing that takes an element out of its place (position, z-index, transform) or moves by itself. */
const PROPERTIES = new Set([
  ...['color', 'background', 'background-color', 'opacity', 'visibility', 'display', 'float', 'clear', 'box-sizing'],
  ...['font', 'font-family', 'font-size', 'font-style', 'font-variant', 'font-weight', 'font-stretch', 'line-height'],
  ...['letter-spacing', 'word-spacing', 'text-align', 'text-decoration', 'text-decoration-color', 'text-indent'],
  ...['text-decoration-line', 'text-decoration-style', 'text-transform', 'text-overflow', 'text-shadow', 'white-space'],
  ...['word-break', 'word-wrap', 'overflow-wrap', 'hyphens', 'direction', 'unicode-bidi', 'vertical-align', 'tab-size'],
  ...['width', 'min-width', 'max-width', 'height', 'min-height', 'max-height', 'overflow', 'overflow-x', 'overflow-y'],
  ...boxes('margin'),
  ...boxes('padding'),
  ...['border', 'border-color', 'border-style', 'border-width', 'border-collapse', 'border-spacing', 'border-radius'],
  ...['top', 'right', 'bottom', 'left'].flatMap((side) =>
    ['', '-color', '-style', '-width'].map((aspect) => `border-${side}${aspect}`),
  ),
  ...['border-top-left-radius', 'border-top-right-radius', 'border-bottom-left-radius', 'border-bottom-right-radius'],
  ...[
    'box-shadow',
    'outline',
    'outline-color',
    'outline-style',
    'outline-width',
    'table-layout',
    'caption-side',
    'empty-cells',
    'list-style',
    'list-style-type',
  ],
  ...['list-style-position', 'flex', 'flex-direction', 'flex-wrap', 'flex-grow', 'flex-shrink', 'flex-basis', 'gap'],
  ...['align-items', 'align-self', 'align-content', 'justify-content', 'order', 'object-fit', 'aspect-ratio', 'quotes'],
])

const PLAIN = /^[\w#%.,\s/+-]+$/i
const COLOUR_FUNCTION = /(?<![\w-])(?:rgb|hsl)a?\([\d\s.,%/a-z+-]{1,60}\)/gi
const CALC = /(?<![\w-])calc\([\d\s.%a-z+*/-]{1,80}\)/gi
const GRADIENT = /(?<![\w-])(?:linear|radial)-gradient\([\w\s.,%#+-]{1,300}\)/gi
const QUOTED_NAME = /"[\w .,&+-]{0,60}"|'[\w .,&+-]{0,60}'/g
const ADDRESS = /(?<![\w-])url\([^()\\]*\)/gi
const IMPORTANT = /\s*!\s*important$/i
const NEGATIVE = /(?:^|\W)-/

/** The declarations that may stay, in one form; null when none does. */
export function safeStyle(style: string): string | null {
  const kept: string[] = []
  for (const declaration of style.split(';')) {
    const colon = declaration.indexOf(':')
    if (colon < 0) continue
    const property = declaration.slice(0, colon).trim().toLowerCase()
    if (!PROPERTIES.has(property) || declaration.length - colon > VALUE_CHARS_MAX) continue
    const value = safeValue(property, declaration.slice(colon + 1).trim())
    if (value !== null) kept.push(`${property}:${value}`)
  }
  return kept.length > 0 ? kept.join(';') : null
}

function safeValue(property: string, given: string): string | null {
  const important = IMPORTANT.test(given)
  let value = important ? given.replace(IMPORTANT, '') : given
  // A background often names its colour beside its picture. The colour stays.
  if (property === 'background' && /url\(/i.test(value)) value = value.replace(ADDRESS, ' ').replace(/\s+/g, ' ').trim()
  if (!PLAIN.test(value) && !PLAIN.test(withoutKnown(property, value))) return null
  // A slash and a star would open a comment.
  if (value.includes('/*')) return null
  // Text drawn over what is not its own.
  if (property.startsWith('margin') && NEGATIVE.test(value)) return null
  return important ? `${value}!important` : value
}

/** The value with a plain word in place of each function and quoted name that is known to be harmless. */
function withoutKnown(property: string, value: string): string {
  const plain = value.replace(COLOUR_FUNCTION, 'x').replace(CALC, 'x')
  if (property === 'font' || property === 'font-family') return plain.replace(QUOTED_NAME, 'x')
  return property.startsWith('background') ? plain.replace(GRADIENT, 'x') : plain
}

function boxes(name: string): string[] {
  return [name, `${name}-top`, `${name}-right`, `${name}-bottom`, `${name}-left`]
}
