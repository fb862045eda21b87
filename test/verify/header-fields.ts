import type { HeaderField } from '../../src/mime/message.ts'

/** The fields of a header block written as lines, unfolded as mime/ unfolds them: for tests of what reads fields. */
export function headerFields(...lines: string[]): HeaderField[] {
  return lines.map((line) => {
    const colon = line.indexOf(':')
    const name = line.slice(0, colon)
    const raw = line.slice(colon + 1).replace(/\r?\n(?=[ \t])/g, '')
    return { name, key: name.toLowerCase(), start: 0, end: 0, raw: raw.trim() }
  })
}
