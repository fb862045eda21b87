/**
 * Bytes to Unicode by a charset's name, for bodies, encoded words and parameters alike.
 *
 * Labels are those of the WHATWG Encoding Standard plus the ones that mailers invent. A name that says nothing
 * (none, us-ascii, unknown) is not believed: UTF-8 where the bytes are valid UTF-8, else windows-1252. Chance makes
 * valid UTF-8 of other 8-bit text so rarely that the order is safe.
 */
import type { Defect } from './message.ts'
import { decodeUtf7 } from './utf7.ts'

export type Decoded = { text: string; defect: Defect | null }

/** A charset label longer than this is no label. The longest registered name has 45 characters (RFC 2978 §2.3: 40). */
export const CHARSET_LABEL_CHARS_MAX = 64

/** Labels in mail that the Encoding Standard does not list, by what they mean. Separators and x- are already gone. */
const ALIASES: Record<string, string> = {
  shiftjis: 'shift_jis',
  mskanji: 'shift_jis',
  windows31j: 'shift_jis',
  cp932: 'shift_jis',
  ms932: 'shift_jis',
  windows932: 'shift_jis',
  eucjp: 'euc-jp',
  cp51932: 'euc-jp',
  iso2022jp: 'iso-2022-jp',
  iso2022jp1: 'iso-2022-jp',
  iso2022jp2: 'iso-2022-jp',
  iso2022jpms: 'iso-2022-jp',
  cp50220: 'iso-2022-jp',
  cp50221: 'iso-2022-jp',
  cp50222: 'iso-2022-jp',
  euckr: 'euc-kr',
  uhc: 'euc-kr',
  cp949: 'euc-kr',
  ms949: 'euc-kr',
  ksc5601: 'euc-kr',
  gb2312: 'gb18030',
  gbk: 'gb18030',
  euccn: 'gb18030',
  cp936: 'gb18030',
  ms936: 'gb18030',
  windows936: 'gb18030',
  big5: 'big5',
  big5hkscs: 'big5',
  cp950: 'big5',
  windows950: 'big5',
  tis620: 'windows-874',
  cp874: 'windows-874',
  iso88598i: 'iso-8859-8-i',
  iso88598e: 'iso-8859-8',
  koi8r: 'koi8-r',
  koi8u: 'koi8-u',
  utf8: 'utf-8',
  utf8mb4: 'utf-8',
  unicode11utf8: 'utf-8',
  utf16: 'utf-16le',
}

/** Names that promise nothing about bytes over 127. */
const SAYS_NOTHING = new Set(['', 'usascii', 'ascii', 'ansix3.41968', '7bit', '8bit', 'unknown', 'unknown8bit', 'none'])

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })
const windows1252 = new TextDecoder('windows-1252')

/** Decoders by label as written. Only labels that the runtime knows are kept, so hostile ones cannot grow it. */
const decoders = new Map<string, TextDecoder>()

export function decodeBytes(bytes: Uint8Array, label: string | null | undefined): Decoded {
  const named = normalise(label ?? '')
  if (SAYS_NOTHING.has(named)) return { text: guessText(bytes), defect: null }
  if (named === 'utf7' || named === 'unicode11utf7') return { text: decodeUtf7(bytes), defect: null }
  const decoder = decoderFor(label ?? '', named, bytes)
  if (!decoder) return { text: guessText(bytes), defect: 'charset-unknown' }
  const text = decoder.decode(bytes)
  return { text, defect: text.includes('\ufffd') ? 'charset-malformed' : null }
}

/** Text of no stated charset. The hint, where there is one, stands before windows-1252 but after UTF-8. */
export function guessText(bytes: Uint8Array, hint?: string): string {
  try {
    return strictUtf8.decode(bytes)
  } catch {
    const named = normalise(hint ?? '')
    const decoder = hint && !SAYS_NOTHING.has(named) && decoderFor(hint, named, bytes)
    return (decoder || windows1252).decode(bytes)
  }
}

function normalise(label: string): string {
  if (label.length > CHARSET_LABEL_CHARS_MAX) return 'too-long'
  return label
    .toLowerCase()
    .replace(/^(?:x-|cs)/, '')
    .replace(/[\s_:"'-]/g, '')
}

function decoderFor(label: string, named: string, bytes: Uint8Array): TextDecoder | null {
  // The Encoding Standard reads 'utf-16' as little-endian whatever the byte order mark says.
  if (named === 'utf16' && bytes[0] === 0xfe && bytes[1] === 0xff) return knownDecoder('utf-16be')
  return knownDecoder(ALIASES[named] ?? label.trim().toLowerCase()) ?? knownDecoder(named)
}

function knownDecoder(label: string): TextDecoder | null {
  const known = decoders.get(label)
  if (known) return known
  try {
    const decoder = new TextDecoder(label)
    decoders.set(label, decoder)
    return decoder
  } catch {
    return null
  }
}
