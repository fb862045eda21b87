/** Lists of labelled mail: `path<TAB>label` a line, more columns ignored; paths absolute, or relative to the list. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Opinion } from '../spam/learned/learned.ts'

export type LabelledMail = { path: string; label: Opinion; bytes(): Uint8Array }

/** Throws, naming the line, for one that has no label, another than ham and spam, or no file. */
export function readMailList(file: string): LabelledMail[] {
  const lines = readFileSync(file, 'utf8').split(/\r?\n/)
  return lines.flatMap((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return []
    const [path = '', label] = line.split('\t')
    if (label === undefined) throw new Error(`${file}:${index + 1}: there is no tab between path and label`)
    if (label !== 'ham' && label !== 'spam') throw new Error(`${file}:${index + 1}: "${label}" is neither ham nor spam`)
    const full = resolve(dirname(file), path)
    if (!existsSync(full)) throw new Error(`${file}:${index + 1}: there is no file ${full}`)
    return [{ path, label, bytes: () => new Uint8Array(readFileSync(full)) }]
  })
}

/** The same list in an order that depends on the seed alone. */
export function shuffled<T>(items: readonly T[], seed: number): T[] {
  const result = [...items]
  let state = seed >>> 0
  for (let at = result.length - 1; at > 0; at--) {
    // A linear congruential generator: for order, not for secrets.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    const other = Math.floor((state / 2 ** 32) * (at + 1))
    ;[result[at], result[other]] = [result[other] as T, result[at] as T]
  }
  return result
}
