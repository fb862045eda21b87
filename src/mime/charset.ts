/**
 * Bytes to Unicode by a charset's name, for bodies, encoded words and parameters alike.
 *
 * Labels are those of the WHATWG Encoding Standard plus the ones that mailers invent. A name that says nothing
 * (none, us-ascii, unknown) is not believed: UTF-8 where the bytes are valid UTF-8, else windows-1252. Chance makes
 * valid UTF-8 of other 8-bit text so rarely that the order is safe.
 */
import { isUtf8 } from 'node:buffer'
import type { Defect } from './message.ts'
import { decodeUtf7 } from './utf7.ts'

export type Decoded = { text: string; defect: Defect | null }

/** A charset label longer than this is no label. The longest registered name has 45 characters (RFC 2978 §2.3: 40). */
export const CHARSET_LABEL_CHARS_MAX = 64

/**
 * What the labels in mail mean, by their normalised form: those of the Encoding Standard and those that mailers made
 * up. The runtime is never asked about any other: its refusal is an exception, which a message of a million encoded
 * words in as many unknown charsets would cost a million times.
 */
const ENCODINGS: Record<string, string[]> = {
  'utf-8': ['utf8', 'utf8mb4', 'unicode11utf8', 'unicode20utf8'],
  'utf-16le': ['utf16', 'utf16le', 'ucs2', 'unicode', 'unicodefeff', 'iso10646ucs2'],
  'utf-16be': ['utf16be', 'unicodefffe'],
  gb18030: [
    'gb18030',
    'gbk',
    'gb2312',
    'gb231280',
    'chinese',
    'iso58gb231280',
    'isoir58',
    'euccn',
    'cp936',
    'ms936',
    'windows936',
  ],
  big5: ['big5', 'big5hkscs', 'cnbig5', 'xbig5', 'cp950', 'windows950'],
  shift_jis: ['shiftjis', 'sjis', 'mskanji', 'windows31j', 'cp932', 'ms932', 'windows932'],
  'euc-jp': ['eucjp', 'eucpkdfmtjapanese', 'cp51932'],
  'iso-2022-jp': ['iso2022jp', 'iso2022jp1', 'iso2022jp2', 'iso2022jpms', 'cp50220', 'cp50221', 'cp50222'],
  'euc-kr': [
    'euckr',
    'uhc',
    'cp949',
    'ms949',
    'windows949',
    'korean',
    'ksc5601',
    'ksc56011987',
    'ksc56011989',
    'isoir149',
  ],
  'koi8-r': ['koi8r', 'koi8', 'koi'],
  'koi8-u': ['koi8u', 'koi8ru'],
  ibm866: ['ibm866', 'cp866', '866'],
  macintosh: ['macintosh', 'mac', 'macroman'],
  'x-mac-cyrillic': ['maccyrillic', 'macukrainian'],
  'windows-874': ['windows874', 'cp874', 'dos874', 'tis620', 'iso885911'],
  'windows-1252': ['latin1', 'l1', 'isolatin1', 'cp819', 'ibm819', 'isoir100', 'iso885911987'],
  'windows-1254': ['iso88599', 'latin5', 'l5', 'isolatin5', 'isoir148'],
  'iso-8859-2': ['latin2', 'l2', 'isolatin2', 'isoir101'],
  'iso-8859-3': ['latin3', 'l3', 'isolatin3', 'isoir109'],
  'iso-8859-4': ['latin4', 'l4', 'isolatin4', 'isoir110'],
  'iso-8859-10': ['latin6', 'l6', 'isolatin6', 'isoir157'],
  'iso-8859-5': ['cyrillic', 'isolatincyrillic', 'isoir144'],
  'iso-8859-6': ['arabic', 'asmo708', 'ecma114', 'isoir127', 'iso88596e', 'iso88596i', 'isolatinarabic'],
  'iso-8859-7': ['greek', 'greek8', 'ecma118', 'suneugreek', 'elot928', 'isolatingreek', 'isoir126'],
  'iso-8859-8': ['hebrew', 'visual', 'iso88598e', 'isolatinhebrew', 'isoir138'],
  'iso-8859-8-i': ['iso88598i', 'logical'],
  'iso-8859-15': ['latin9', 'l9', 'isolatin9'],
}

const LABELS = new Map(Object.entries(ENCODINGS).flatMap(([name, labels]) => labels.map((label) => [label, name])))
for (const part of [1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16]) LABELS.set(`iso8859${part}`, `iso-8859-${part}`)
for (let page = 1250; page <= 1258; page++) {
  for (const prefix of ['windows', 'cp', 'ms', 'win']) LABELS.set(`${prefix}${page}`, `windows-${page}`)
}

/** Names that promise nothing about bytes over 127. */
const SAYS_NOTHING = new Set([
  '',
  'usascii',
  'ascii',
  'ansix341968',
  'iso646us',
  '7bit',
  '8bit',
  'unknown',
  'unknown8bit',
  'none',
])

const utf8 = new TextDecoder('utf-8')
const windows1252 = new TextDecoder('windows-1252')

/** Decoders by name. None is ever used with `stream`, so they hold no state between calls. */
const decoders = new Map<string, TextDecoder>()

export function decodeBytes(bytes: Uint8Array, label: string | null | undefined): Decoded {
  const named = normalise(label ?? '')
  if (SAYS_NOTHING.has(named)) return { text: guessText(bytes), defect: null }
  if (named === 'utf7' || named === 'unicode11utf7') return { text: decodeUtf7(bytes), defect: null }
  const decoder = decoderFor(named, bytes)
  if (!decoder) return { text: guessText(bytes), defect: 'charset-unknown' }
  const text = decoder.decode(bytes)
  return { text, defect: text.includes('\ufffd') ? 'charset-malformed' : null }
}

/** Text of no stated charset. The hint, where there is one, stands before windows-1252 but after UTF-8. */
export function guessText(bytes: Uint8Array, hint?: string): string {
  // Asked, not tried: a decoder's refusal is an exception, which a header of many words would cost many times.
  if (isUtf8(bytes)) return utf8.decode(bytes)
  const named = normalise(hint ?? '')
  const decoder = hint && !SAYS_NOTHING.has(named) && decoderFor(named, bytes)
  return (decoder || windows1252).decode(bytes)
}

function normalise(label: string): string {
  if (label.length > CHARSET_LABEL_CHARS_MAX) return 'too-long'
  return label
    .toLowerCase()
    .replace(/^(?:x-|cs)|:\d{4}$/g, '')
    .replace(/[\s_:."'-]/g, '')
}

function decoderFor(named: string, bytes: Uint8Array): TextDecoder | null {
  // The Encoding Standard reads 'utf-16' as little-endian whatever the byte order mark says.
  const isSwapped = named === 'utf16' && bytes[0] === 0xfe && bytes[1] === 0xff
  const name = isSwapped ? 'utf-16be' : LABELS.get(named)
  if (name === undefined) return null
  const known = decoders.get(name)
  if (known) return known
  const decoder = new TextDecoder(name)
  decoders.set(name, decoder)
  return decoder
}
