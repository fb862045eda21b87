/**
 * Whether a short text, a sender's name or a subject, speaks as a brand: 'PayPal Support', 'Team Amazon', and what is dressed
 * up to read so: 'РayРal', 'F.e.d.E.x', 'CoinbaseWaIIet'.
 */
import { BRAND_WORDS_MAX, type Brand, brandLooking, brandOf } from './brands.ts'
import { lettersOf, plainLetters, skeletonOf } from './plain-letters.ts'

export type Named = {
  brand: Brand
  /** Whether it takes look-alike letters to read the brand: nobody writes his own name so. */
  isDisguised: boolean
  /** Index of the brand's first word, and how many words there are in all. */
  at: number
  words: number
}

/** Characters read of a name or a subject. */
const TEXT_CHARS_MAX = 200
const WORDS_MAX = 30
/** A longer word may begin with a brand: 'coinbasewallet'. */
const PREFIX_CHARS_MIN = 7
const PREFIX_CHARS_MAX = 12

/** Words that a brand's own departments add to its name. */
const SERVICE: ReadonlySet<string> = new Set(
  `account accounts admin advisory alert alerts alerte aviso bank bank- benefits billing care center centre client cliente
  clients customer customers delivery department desk email gift giveaway gmbh help helpdesk id important inc info
  information konto kundenservice kundendienst kundencenter express llc login ltd mail member membership message messenger
  notice notification notifications notify official online order orders paket package parcel pay payment payments
  prime promo rechnung refund reminder reward rewards safe safety secure security service servicecenter services servicio
  shipment shipping shopper signin sicherheit soporte store subscription suporte support survey system team tracking
  update updates user verification verify wallet warning winner atendimento equipe gutschein gewinnspiel colis livraison
  premium business ads news newsletter marketplace promotions the of your ihr votre su`.split(/\s+/),
)
/** 'Ann via PayPal', 'Bob at Amazon': the brand is where somebody works or whose service he uses. */
const RELATIONS: ReadonlySet<string> = new Set(
  'via at from of by on with for and und fur chez bei von de da do with vs über uber per'.split(' '),
)

export function brandNamed(text: string): Named | null {
  const start = text.slice(0, TEXT_CHARS_MAX)
  const written = find(wordsOf(lettersOf(start)), brandOf, false)
  if (written) return { ...written, isDisguised: false }
  const disguised = find(wordsOf(skeletonOf(plainLetters(joinSpaced(start)))), brandLooking, true)
  // Read once more without swapped letters: an everyday word that is no name here.
  if (!disguised || disguised.brand.keys.some((key) => lettersOf(start).includes(key))) return null
  return { ...disguised, isDisguised: true }
}

/** Letters with dots or blanks between them: 'F.e.d.E.x'. */
function joinSpaced(text: string): string {
  return text.replace(/(?<![\p{L}\p{N}])(?:\p{L}[._*-]){3,20}\p{L}(?![\p{L}\p{N}])/gu, (run) =>
    run.replace(/[._*-]/g, ''),
  )
}

function wordsOf(text: string): string[] {
  return (text.match(/[\p{L}\p{N}+](?:[\p{L}\p{N}+]|[.'’](?=\p{L}))*/gu) ?? [])
    .slice(0, WORDS_MAX)
    .map((word) => word.replace(/['’]/g, ' '))
}

function find(
  words: string[],
  lookUp: (key: string) => Brand | undefined,
  isDisguised: boolean,
): Omit<Named, 'isDisguised'> | null {
  for (let at = 0; at < words.length; at++) {
    if (at > 0 && RELATIONS.has(words[at - 1] as string)) continue
    for (let count = Math.min(BRAND_WORDS_MAX, words.length - at); count > 0; count--) {
      const brand = lookUpRun(words.slice(at, at + count), lookUp)
      if (!brand) continue
      const others = [...words.slice(0, at), ...words.slice(at + count)]
      // An everyday word is one among others, but not where its letters are swapped.
      if (brand.isCommonWord && !isDisguised && !others.every(isService)) continue
      return { brand, at, words: words.length }
    }
  }
  return null
}

function lookUpRun(words: string[], lookUp: (key: string) => Brand | undefined): Brand | undefined {
  const key = words.join(' ')
  const whole = lookUp(key)
  if (whole || words.length > 1) return whole
  // 'amazon.com' is the brand with its suffix.
  const label = key.slice(0, key.indexOf('.') >>> 0)
  if (label !== key) return lookUp(label)
  for (let length = Math.min(PREFIX_CHARS_MAX, key.length - 1); length >= PREFIX_CHARS_MIN; length--) {
    const brand = lookUp(key.slice(0, length))
    if (brand && !brand.isCommonWord) return brand
  }
  return undefined
}

function isService(word: string): boolean {
  return SERVICE.has(word) || /^\d+$/.test(word)
}
