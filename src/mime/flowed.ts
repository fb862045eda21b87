/**
 * format=flowed (RFC 3676): lines that end in a space continue on the next, within one quote depth.
 */

const SIGNATURE = '-- '

export function unflow(text: string, deleteSpaces: boolean): string {
  const lines: string[] = []
  /** The pieces of the paragraph that is being joined; joined once, at its end. */
  let pieces: string[] = []
  let paragraphDepth = 0
  const close = () => {
    if (pieces.length > 0) lines.push(quoteMark(paragraphDepth) + pieces.join(''))
    pieces = []
  }
  for (const line of text.split('\n')) {
    const depth = quoteDepth(line)
    const content = line.slice(line[depth] === ' ' ? depth + 1 : depth)
    if (depth !== paragraphDepth || content === SIGNATURE) close()
    paragraphDepth = depth
    const flows = content.endsWith(' ') && content !== SIGNATURE
    pieces.push(flows && deleteSpaces ? content.slice(0, -1) : content)
    if (!flows) close()
  }
  close()
  return lines.join('\n')
}

function quoteDepth(line: string): number {
  let depth = 0
  while (line[depth] === '>') depth++
  return depth
}

function quoteMark(depth: number): string {
  return depth === 0 ? '' : `${'>'.repeat(depth)} `
}
