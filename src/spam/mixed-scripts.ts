/**
 * Words that mix look-alike alphabets: 'pаypal' with a Cyrillic 'а'. Honest words keep to one; a sentence may hold both,
 * and so may two words with a hyphen between them.
 */

const LATIN = /\p{Script=Latin}/u
/** Without the letters that stand in Latin words as signs: micro, ohm, pi, and the sum and difference signs. */
const LOOKALIKE = /[[\p{Script=Cyrillic}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Greek}]--[μΩπΣΔΩ]]/v
const WORD_SPLIT = /[^\p{L}\p{M}\p{N}]+/u
/** Characters read: names and hosts are short, and a long one is judged by its beginning. */
const TEXT_CHARS_MAX = 500

/** The first word that mixes alphabets, null where there is none. */
export function mixedScriptWord(text: string): string | null {
  const start = text.slice(0, TEXT_CHARS_MAX)
  if (!LOOKALIKE.test(start)) return null
  return start.split(WORD_SPLIT).find((word) => LOOKALIKE.test(word) && LATIN.test(word)) ?? null
}

/** The Unicode form of the first label that mixes alphabets, of a host as A-labels or U-labels. */
export function mixedScriptLabel(host: string): string | null {
  for (const label of host.slice(0, TEXT_CHARS_MAX).split('.')) {
    const unicode = /^xn--/i.test(label) ? decodePunycode(label.slice(4).toLowerCase()) : label
    const mixed = unicode === null ? null : mixedScriptWord(unicode)
    if (mixed) return unicode
  }
  return null
}

/** RFC 3492 §6.2; null where the label is no punycode. */
export function decodePunycode(text: string): string | null {
  const delimiter = text.lastIndexOf('-')
  const output = Array.from(text.slice(0, Math.max(0, delimiter)))
  let [code, index, bias] = [128, 0, 72]
  for (let at = delimiter + 1; at < text.length; ) {
    const before = index
    for (let weight = 1, k = 36; ; k += 36) {
      const digit = punycodeDigit(text.charCodeAt(at++))
      if (digit < 0) return null
      index += digit * weight
      const threshold = Math.min(26, Math.max(1, k - bias))
      if (digit < threshold) break
      weight *= 36 - threshold
      // Beyond any code point: the label is made to overflow.
      if (weight > 0x7fffffff) return null
    }
    const length = output.length + 1
    bias = adapt(index - before, length, before === 0)
    code += Math.floor(index / length)
    index %= length
    if (code > 0x10ffff) return null
    output.splice(index++, 0, String.fromCodePoint(code))
  }
  return output.join('')
}

function punycodeDigit(char: number): number {
  if (char >= 97 && char <= 122) return char - 97
  if (char >= 48 && char <= 57) return char - 22
  return -1
}

/** RFC 3492 §6.1. */
function adapt(distance: number, length: number, isFirst: boolean): number {
  let delta = isFirst ? Math.floor(distance / 700) : Math.floor(distance / 2)
  delta += Math.floor(delta / length)
  let k = 0
  while (delta > 455) {
    delta = Math.floor(delta / 35)
    k += 36
  }
  return k + Math.floor((36 * delta) / (delta + 38))
}
