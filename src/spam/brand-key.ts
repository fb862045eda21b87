/** How a brand's name is compared: its words in small letters without accents, one blank between them. */
import { lettersOf } from './plain-letters.ts'

export function foldedKey(name: string): string {
  return lettersOf(name)
    .replace(/[^\p{L}\p{N}+.]+/gu, ' ')
    .trim()
}
