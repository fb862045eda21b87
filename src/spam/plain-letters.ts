/**
 * What a text says to the eye. Readers take 'Рауpal', 'M̶icrosoft' and 'WaIIet' for what they look like, so the rules that
 * look for words compare what is seen, not what is written.
 *
 * Three steps, each for another question:
 *  - `lettersOf`: case and accents are gone, and nothing else: how an honest writer may vary a word;
 *  - `plainLetters`: besides, letters of other alphabets and of formulas become the Latin ones that they look like;
 *  - `skeletonOf`: besides, signs that look alike within ASCII become one: 0 and o, 1 and l and i, rn and m.
 * A word that names a brand only after the second or third step was written to be misread.
 */

/** Accents that languages write. The rest of the combining marks strike letters out or stack up on them. */
const ACCENTS = /[\u0300-\u030c\u0327\u0328]/g
const MARKS_AND_FORMATS = /[\p{M}\p{Cf}]/gu
const NOT_ASCII = /[^\x00-\x7f]/

/** Letters of other alphabets as a Latin reader takes them, in lower case. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    a: 'аαɑ',
    b: 'Ьвβ',
    c: 'сϲ',
    d: 'ԁɗ',
    e: 'еєεёҽ℮',
    f: 'ſƒ',
    g: 'ɡցǥ',
    h: 'һнհ',
    i: 'іιіїɩ',
    j: 'јʝ',
    k: 'кκ',
    l: 'ӏⅼ',
    m: 'мⅿ',
    n: 'пηոɴ',
    o: 'оοσօ',
    p: 'рρ',
    q: 'ԛգ',
    r: 'гɾʀ',
    s: 'ѕꜱ',
    t: 'тτ',
    u: 'υսʋц',
    v: 'νѵ',
    w: 'ԝωшա',
    x: 'хχ',
    y: 'уγүу',
    z: 'ᴢ',
  }).flatMap(([latin, others]) => Array.from(others, (one) => [one, latin] as const)),
)

/** Signs within ASCII that stand for a letter. */
const ASCII_LOOKALIKES: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  i: 'l',
  '|': 'l',
  '!': 'l',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
}

export function lettersOf(text: string): string {
  const lower = text.toLowerCase()
  return NOT_ASCII.test(lower) ? lower.normalize('NFD').replace(ACCENTS, '') : lower
}

export function plainLetters(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase()
  const bare = text.normalize('NFKC').normalize('NFD').replace(MARKS_AND_FORMATS, '').toLowerCase()
  return NOT_ASCII.test(bare) ? bare.replace(/[^\x00-\x7f]/gu, (char) => LOOKALIKES.get(char) ?? char) : bare
}

/** Of text that `plainLetters` has seen. */
export function skeletonOf(plain: string): string {
  return plain.replace(/rn|vv|[01i|!345@$]/g, (sign) => {
    if (sign === 'rn') return 'm'
    return sign === 'vv' ? 'w' : (ASCII_LOOKALIKES[sign] ?? sign)
  })
}
