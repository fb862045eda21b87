/**
 * What an element's style says about whether its text can be seen: a small part of CSS, read from the `style` attribute and
 * from rules of one simple selector (a name, a class, an id) in the mail's own style sheets.
 *
 * It looks for what hides, not for what a page looks like. Rules under a condition on the screen are left out, since mail
 * shows and hides with them what is for phones.
 */

/** What of a style matters. Absent: the element says nothing of it. */
export type Look = {
  /** Its whole content is out of sight, whatever lies in it says. */
  isGone?: boolean
  isTiny?: boolean
  isInvisible?: boolean
  colour?: Colour
  /** 'unknown' for a picture or a gradient. */
  background?: Colour | 'unknown'
}

export type Colour = readonly [red: number, green: number, blue: number]

/** Declarations of one element or rule, and rules of one message, that are read. */
const DECLARATIONS_MAX = 50
const RULES_MAX = 2_000
const SHEET_CHARS_MAX = 200_000
const VALUE_CHARS_MAX = 200
/** A difference that eyes do not find, in each of red, green and blue. */
const SAME_SHADE = 24
/** Nobody reads text of less. */
const TINY_PX = 2
/** Farther out than any margin of a layout. */
const OFF_SCREEN_PX = 500

const NAMED: ReadonlyMap<string, Colour> = new Map([
  ['white', [255, 255, 255]],
  ['snow', [255, 250, 250]],
  ['ivory', [255, 255, 240]],
  ['whitesmoke', [245, 245, 245]],
  ['ghostwhite', [248, 248, 255]],
  ['floralwhite', [255, 250, 240]],
  ['black', [0, 0, 0]],
  ['silver', [192, 192, 192]],
  ['gray', [128, 128, 128]],
  ['grey', [128, 128, 128]],
  ['red', [255, 0, 0]],
  ['green', [0, 128, 0]],
  ['blue', [0, 0, 255]],
  ['navy', [0, 0, 128]],
  ['yellow', [255, 255, 0]],
])
export const WHITE: Colour = [255, 255, 255]
export const BLACK: Colour = [0, 0, 0]

export function areAlike(one: Colour, other: Colour): boolean {
  return one.every((part, i) => Math.abs(part - (other[i] as number)) <= SAME_SHADE)
}

/** What the declarations of a style attribute, or of a rule, say. */
export function readStyle(style: string): Look {
  const look: Look = {}
  const box: Record<string, string> = {}
  for (const declaration of style.toLowerCase().split(';', DECLARATIONS_MAX)) {
    const colon = declaration.indexOf(':')
    if (colon < 0) continue
    const value = declaration.slice(colon + 1, colon + 1 + VALUE_CHARS_MAX)
    const property = declaration.slice(0, colon).trim()
    box[property] = value.replace('!important', '').trim()
  }
  for (const [property, value] of Object.entries(box)) readDeclaration(property, value, look)
  if (isOutOfSight(box)) look.isGone = true
  return look
}

function readDeclaration(property: string, value: string, look: Look): void {
  switch (property) {
    case 'display':
      if (value === 'none') look.isGone = true
      return
    case 'opacity':
      if (Number.parseFloat(value) < 0.1) look.isGone = true
      return
    case 'visibility':
      look.isInvisible = value === 'hidden' || value === 'collapse'
      return
    case 'font-size':
      look.isTiny = isTinySize(value)
      return
    case 'font': {
      const size = /(?:^|\s)([\d.]+(?:px|pt|em|rem|%))/.exec(value)?.[1]
      if (size !== undefined) look.isTiny = isTinySize(size)
      return
    }
    case 'color': {
      if (/^transparent$|^(?:rgb|hsl)a\(.*,\s*0?\.?0+\s*\)$/.test(value)) look.isInvisible = true
      const colour = parseColour(value)
      if (colour) look.colour = colour
      return
    }
    case 'background':
    case 'background-color':
    case 'background-image': {
      const background = parseBackground(value)
      if (background) look.background = background
    }
  }
}

/** Boxes without room for their content, and such as stand beside the page. */
function isOutOfSight(box: Record<string, string>): boolean {
  const clips = /hidden|clip/.test(`${box.overflow ?? ''}${box['overflow-x'] ?? ''}${box['overflow-y'] ?? ''}`)
  if (clips && ['height', 'max-height', 'width', 'max-width'].some((side) => isNothing(box[side]))) return true
  if (lengthOf(box['text-indent']) <= -OFF_SCREEN_PX) return true
  if (/^(?:absolute|fixed|relative|sticky)/.test(box.position ?? '')) {
    if (['left', 'right', 'top', 'bottom'].some((side) => Math.abs(lengthOf(box[side])) >= OFF_SCREEN_PX)) return true
    if (/^rect\(\s*(?:0|1px)/.test(box.clip ?? '')) return true
  }
  if (['margin-left', 'margin-top'].some((side) => lengthOf(box[side]) <= -OFF_SCREEN_PX)) return true
  if (/inset\(\s*(?:50|100)%/.test(box['clip-path'] ?? '')) return true
  return /scale\(\s*0?(?:\.0+)?\s*\)|translate[xy]?\(\s*-\d{3,}/.test(box.transform ?? '')
}

function isNothing(length: string | undefined): boolean {
  return length !== undefined && /^[01]?(?:\.\d+)?(?:px|pt)?$|^0/.test(length) && lengthOf(length) <= 1
}

function lengthOf(length: string | undefined): number {
  const number = Number.parseFloat(length ?? '')
  if (Number.isNaN(number)) return 0
  return /em$/.test(length ?? '') ? number * 16 : /(?:%|v[wh])$/.test(length ?? '') ? number * 8 : number
}

function isTinySize(value: string): boolean {
  const number = Number.parseFloat(value)
  if (Number.isNaN(number)) return false
  if (/%$/.test(value)) return number < 10
  return /em$/.test(value) ? number < 0.1 : number < TINY_PX
}

export function parseColour(value: string): Colour | null {
  const text = value.trim().toLowerCase()
  const named = NAMED.get(text)
  if (named) return named
  const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6})$/.exec(text)?.[1]
  if (hex) {
    const full = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex
    return [0, 2, 4].map((at) => Number.parseInt(full.slice(at, at + 2), 16)) as unknown as Colour
  }
  const parts = /^rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})/.exec(text)
  return parts && [Number(parts[1]), Number(parts[2]), Number(parts[3])]
}

export function parseBackground(value: string): Colour | 'unknown' | null {
  if (/url\(|gradient/.test(value)) return 'unknown'
  const whole = parseColour(value)
  if (whole) return whole
  for (const word of value.split(/\s+(?![^(]*\))/, 10)) {
    const colour = /^#|^[a-z]+$|^rgb/.test(word) ? parseColour(word) : null
    if (colour) return colour
  }
  // A colour that this does not know, or none.
  return /^(?:none|transparent|inherit|initial|unset)?$/.test(value) ? null : 'unknown'
}

/** Rules by the name, `.class` or `#id` that they are for; a name before a class or id is kept with it. */
export type Sheet = ReadonlyMap<string, Look>

/** The rules of all style sheets of a message that may hide something. */
export function readSheet(css: string): Sheet {
  const sheet = new Map<string, Look>()
  const source = withoutComments(css.slice(0, SHEET_CHARS_MAX))
  let rules = 0
  for (const { selectors, declarations } of rulesOf(source)) {
    if (++rules > RULES_MAX) break
    const look = readStyle(declarations)
    if (Object.keys(look).length === 0) continue
    for (const selector of selectors.split(',', DECLARATIONS_MAX)) {
      const key = selector.trim().toLowerCase()
      if (/^(?:\*|[a-z][\w-]*)?(?:[.#][\w-]+)?$/.test(key) && key !== '')
        sheet.set(key.replace(/^\*(?=[.#])/, ''), { ...sheet.get(key), ...look })
    }
  }
  return sheet
}

function withoutComments(css: string): string {
  const pieces: string[] = []
  for (let at = 0; at < css.length; ) {
    const open = css.indexOf('/*', at)
    pieces.push(css.slice(at, open < 0 ? css.length : open))
    const close = open < 0 ? -1 : css.indexOf('*/', open + 2)
    at = close < 0 ? css.length : close + 2
  }
  // An old habit, and no comment to CSS.
  return pieces.join(' ').replaceAll('<!--', ' ').replaceAll('-->', ' ')
}

function* rulesOf(source: string): Generator<{ selectors: string; declarations: string }> {
  for (let at = 0; at < source.length; ) {
    const open = source.indexOf('{', at)
    if (open < 0) return
    const prelude = source.slice(at, open)
    const selectors = prelude.slice(Math.max(prelude.lastIndexOf('}'), prelude.lastIndexOf(';')) + 1).trim()
    if (selectors.startsWith('@')) {
      const holds = /^@media\s*(?:all|screen|only screen)?$/i.test(selectors)
      // What always holds is read as if it stood outside.
      at = holds ? open + 1 : endOfBlock(source, open)
      continue
    }
    const close = source.indexOf('}', open)
    const end = close < 0 ? source.length : close
    yield { selectors, declarations: source.slice(open + 1, end) }
    at = end + 1
  }
}

function endOfBlock(source: string, open: number): number {
  let depth = 0
  for (let at = open; at < source.length; at++) {
    if (source[at] === '{') depth++
    else if (source[at] === '}' && --depth === 0) return at + 1
  }
  return source.length
}
