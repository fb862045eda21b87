/** A text as lines of which some are dropped: what the rules of reply-text.ts read and mark. */

/** Stands for a quote that was taken out of an HTML body, on a line of its own. A noncharacter: no text has it. */
export const QUOTE_MARK = '\ufdd0'
/** Around a blockquote that no mailer's sign shows to be a quote: it is one if an attribution stands above it. */
export const BLOCK_START = '\ufdd1'
export const BLOCK_END = '\ufdd2'
/** '>', which some mailers indent, and others put initials before ('AL> '). */
const MARKED = /^(?: {0,4}>| ?[A-Z]{1,3}>+(?: |$))/
/** Characters of a line above which no rule but the '>' looks at it: nothing that a mailer inserts is longer. */
const LINE_CHARS_MAX = 400

export class Lines {
  readonly count: number
  private readonly raw: string[]
  private readonly drops: Uint8Array
  private readonly quotes: Uint8Array

  constructor(text: string) {
    this.raw = text.split('\n')
    this.count = this.raw.length
    this.drops = new Uint8Array(this.count)
    this.quotes = new Uint8Array(this.count)
  }

  /** The line as a rule sees it: without white space around it and invisible marks, and cut so that no end matches. */
  at(index: number): string {
    const whole = this.raw[index] ?? ''
    const line = whole.length > LINE_CHARS_MAX ? `${whole.slice(0, LINE_CHARS_MAX)}…` : whole
    return line.replace(/[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '').trim()
  }

  exactly(index: number): string {
    return this.raw[index] ?? ''
  }

  isBlank(index: number): boolean {
    const line = this.raw[index] ?? ''
    return line.length <= LINE_CHARS_MAX && line.trim() === ''
  }

  isQuote(index: number): boolean {
    const line = this.raw[index] ?? ''
    return MARKED.test(line) || this.isCertainQuote(index)
  }

  /** Whether an HTML container said so: more than a '>' says. */
  isCertainQuote(index: number): boolean {
    return this.quotes[index] === 1 || this.raw[index] === QUOTE_MARK
  }

  markQuote(start: number, end: number): void {
    this.quotes.fill(1, start, end)
  }

  drop(start: number, end: number): void {
    this.drops.fill(1, start, end)
  }

  isDropped(index: number): boolean {
    return this.drops[index] === 1
  }

  dropped(): boolean {
    return this.drops.includes(1)
  }

  /** The first line from `start` on that is not blank, or `count`. Looks at `most` lines. */
  nextText(start: number, most = 4): number {
    let index = start
    while (index < this.count && index < start + most && this.isBlank(index)) index++
    return index
  }

  /** What is left, with one empty line where something was between. */
  kept(): string {
    const kept: string[] = []
    let blank = true
    let gap = false
    for (let index = 0; index < this.count; index++) {
      const mark = this.raw[index] === BLOCK_START || this.raw[index] === BLOCK_END
      if (mark || this.isDropped(index)) {
        gap = true
        continue
      }
      const line = this.exactly(index).trimEnd()
      if (gap && line === '') continue
      if (gap && !blank) kept.push('')
      kept.push(line)
      blank = line === ''
      gap = false
    }
    return kept
      .join('\n')
      .replace(/^\s*\n/, '')
      .trimEnd()
  }
}
