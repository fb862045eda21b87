/**
 * HTML as a value: what the tag `html` puts into a text is escaped, unless it is HTML itself. So nothing of the description,
 * which may quote anything, becomes markup.
 */
export class Html {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type Content = Html | string | number | null | undefined | false | readonly Content[]

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

export function html(strings: TemplateStringsArray, ...contents: Content[]): Html {
  return new Html(strings.map((text, n) => text + (n < contents.length ? written(contents[n]) : '')).join(''))
}

/** A sentence of the description: what stands in backticks is code. */
export function prose(text: string | undefined): Html[] {
  return (text ?? '').split('`').map((piece, n) => (n % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`))
}

/** The contents with something between each two. */
export function joined(contents: readonly Content[], separator: Content): Content[] {
  return contents.flatMap((content, n) => (n === 0 ? [content] : [separator, content]))
}

function written(content: Content): string {
  if (content === null || content === undefined || content === false) return ''
  if (content instanceof Html) return content.text
  if (typeof content === 'object') return content.map(written).join('')
  return String(content).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] as string)
}
