/**
 * What a person types into a search, as a tree. search-language.ts is its table; search-condition.ts says what a field
 * means.
 *
 *   query = every, with OR between
 *   every = parts side by side
 *   part  = ["-"] ( "(" query ")" | [field ":"] ( word | "quoted" ) )
 *
 * Nothing typed is an error: what cannot be read as an operator is a word, a parenthesis or a quote that is not closed ends
 * with the query, and a bound that is passed cuts.
 */

/** Longer queries are cut: a search of this many characters is a paste. */
export const QUERY_CHARS_MAX = 1_000
/** Parts of one query; each is a walk over the index or a test of every candidate. */
export const PARTS_MAX = 32
/** Parentheses in parentheses. What stands deeper is read as if it were not enclosed. */
const DEPTH_MAX = 10

export type Query =
  | { kind: 'all' | 'any'; of: Query[] }
  | { kind: 'not'; of: Query }
  /** `field` is null for a bare word. */
  | { kind: 'part'; field: Field | null; value: string; isQuoted: boolean; isPrefix: boolean }

export const FIELDS = [
  'from',
  'to',
  'subject',
  'filename',
  'has',
  'is',
  'keyword',
  'in',
  'after',
  'before',
  'larger',
  'smaller',
] as const
export type Field = (typeof FIELDS)[number]

/** The tree; an empty 'all' where nothing was typed. */
export function parseQuery(text: string): Query {
  return new Reader(text.slice(0, QUERY_CHARS_MAX).toWellFormed()).read()
}

const SPACE = /\s*/y
const FIELD = new RegExp(`(${FIELDS.join('|')}):(?=[^\\s)])`, 'iy')
const QUOTED = /"([^"]*)(?:"|$)(\*?)/y
const WORD = /[^\s"()]+/y
const OR = /OR(?![^\s()"])/y
const AND = /AND(?![^\s()"])/y

class Reader {
  readonly #text: string
  #at = 0
  #parts = 0

  constructor(text: string) {
    this.#text = text
  }

  read(): Query {
    const parts: Query[] = []
    while (this.#at < this.#text.length && this.#parts < PARTS_MAX) {
      parts.push(this.#any(0))
      // A parenthesis that closes nothing.
      this.#takes(')')
    }
    return group('all', parts)
  }

  #any(depth: number): Query {
    const choices: Query[] = []
    do choices.push(this.#every(depth))
    while (this.#take(OR))
    return group(
      'any',
      choices.filter((one) => !isEmpty(one)),
    )
  }

  #every(depth: number): Query {
    const parts: Query[] = []
    for (;;) {
      this.#take(SPACE)
      if (this.#at >= this.#text.length || this.#text[this.#at] === ')' || this.#parts >= PARTS_MAX) break
      if (this.#peek(OR)) break
      if (this.#take(AND)) continue
      const part = this.#part(depth)
      if (part && !isEmpty(part)) parts.push(part)
    }
    return group('all', parts)
  }

  #part(depth: number): Query | null {
    if (this.#takes('-')) {
      // A dash alone, or before a space, means nothing.
      if (/^(?:\s|$|\))/.test(this.#text.slice(this.#at, this.#at + 1))) return null
      const part = this.#part(depth)
      return part && !isEmpty(part) ? negated(part) : null
    }
    if (this.#takes('(')) {
      if (depth >= DEPTH_MAX) return null
      const inner = this.#any(depth + 1)
      this.#takes(')')
      return inner
    }
    return this.#value()
  }

  #value(): Query | null {
    const field = (this.#take(FIELD)?.[1]?.toLowerCase() as Field | undefined) ?? null
    const quoted = this.#take(QUOTED)
    if (quoted) return this.#count({ field, value: quoted[1] ?? '', isQuoted: true, isPrefix: quoted[2] === '*' })
    const word = this.#take(WORD)?.[0]
    // A field before a parenthesis: the parenthesis is read as it stands.
    if (word === undefined) return null
    return this.#count({ field, value: word.replace(/\*+$/, ''), isQuoted: false, isPrefix: word.endsWith('*') })
  }

  #count(part: Omit<Extract<Query, { kind: 'part' }>, 'kind'>): Query {
    this.#parts++
    return { kind: 'part', ...part }
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at
    const match = pattern.exec(this.#text)
    if (match) this.#at = pattern.lastIndex
    return match
  }

  #peek(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    return pattern.test(this.#text)
  }
}

function group(kind: 'all' | 'any', of: Query[]): Query {
  const kept = of.filter((one) => !isEmpty(one))
  return kept.length === 1 ? (kept[0] as Query) : { kind: kept.length === 0 ? 'all' : kind, of: kept }
}

// However many dashes: two are none, so that the tree is no deeper than its parentheses.
function negated(query: Query): Query {
  return query.kind === 'not' ? query.of : { kind: 'not', of: query }
}

function isEmpty(query: Query): boolean {
  return (query.kind === 'all' || query.kind === 'any') && query.of.length === 0
}
