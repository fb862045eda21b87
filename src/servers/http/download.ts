/**
 * Headers for mail's own bytes. They came from a stranger and a browser may open them under our origin, so: a download,
 * but for pictures that a link shows inline; a type that no browser runs, a file name of our making, and a sandbox around
 * whatever is shown all the same.
 */
export type Disposition = 'attachment' | 'inline'

export const SANDBOX = "sandbox; default-src 'none'"

const FALLBACK_TYPE = 'application/octet-stream'
/** Types that no browser runs as a page or a script. Everything else is served as bytes. */
const SERVED_TYPE =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|tiff|heic)|audio\/[a-z0-9.+-]+|video\/[a-z0-9.+-]+|text\/(?:plain|csv|calendar)|application\/(?:pdf|zip|gzip|json|rtf|msword|vnd\.(?:ms-excel|ms-powerpoint|oasis\.opendocument\.[a-z]+|openxmlformats-officedocument\.[a-z.]+)))$/
/** Pictures that may be shown where they stand: raster formats only, since an SVG is a document of its own. */
const INLINE_TYPE = /^image\/(?:png|jpeg|gif|webp|avif|bmp)$/
/** Names that mailers give these formats and browsers, told not to guess, do not know. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['image/jpg', 'image/jpeg'],
  ['image/pjpeg', 'image/jpeg'],
  ['image/x-png', 'image/png'],
  ['image/x-ms-bmp', 'image/bmp'],
])
/** RFC 6838 §4.2. */
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/
/** RFC 2978 §2.3. */
const CHARSET = /^[\w!#$%&'+^`{}~.:-]{1,40}$/
/** File systems take 255 bytes; a browser adds " (1)" or ".part". */
const FILENAME_BYTES_MAX = 240
/** What Windows opens as a device, whatever follows the first dot. */
const DEVICE_NAME = /^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[\d¹²³])\s*(?:\.|$)/i
/** Windows takes blanks and dots off the end of a name. */
const TRAILING = /[.\s]+$/u
/**
 * Control and format characters (bidi overrides turn "exe.gpj" around), letters that are drawn as nothing, path separators,
 * and what Windows forbids.
 */
const UNSAFE_IN_FILENAME = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0/\\:*?"<>|]+/gu
/** A long row of blanks pushes the end of a name, and with it what the file is, out of sight. */
const BLANKS = /\s+/gu

/** The type that a download carries; of text, with the charset that the sender named. */
export function servedType(given: string, charset: string | null = null): string {
  const contentType = ALIASES.get(given) ?? given
  if (!TYPE.test(contentType) || !SERVED_TYPE.test(contentType)) return FALLBACK_TYPE
  const named = contentType.startsWith('text/') ? displayedCharset(charset) : null
  return named === null ? contentType : `${contentType}; charset=${named}`
}

/** Whether a part of this type may be shown as a picture. */
export function isInlineImage(contentType: string): boolean {
  return INLINE_TYPE.test(servedType(contentType))
}

/** The charset as the sender named it: a token of a header, or none. */
export function displayedCharset(charset: string | null): string | null {
  return charset !== null && CHARSET.test(charset) ? charset : null
}

/** The type as the sender named it, for display: well-formed, or the general one. */
export function displayedType(contentType: string): string {
  return TYPE.test(contentType) ? contentType : FALLBACK_TYPE
}

/** A file name that a person may save a stranger's bytes under; null where nothing of it is left. */
export function safeFilename(name: string | null): string | null {
  const clean = (name ?? '').toWellFormed().normalize('NFC').replace(UNSAFE_IN_FILENAME, '_').replace(BLANKS, ' ')
  const trimmed = clean.replace(/^[.\s]+/u, '').replace(TRAILING, '')
  const short = cutKeepingExtension(DEVICE_NAME.test(trimmed) ? `_${trimmed}` : trimmed)
  return short === '' ? null : short
}

function cutKeepingExtension(name: string): string {
  if (bytesOf(name) <= FILENAME_BYTES_MAX) return name
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ''
  let bytes = extension.length
  let stem = ''
  for (const character of name.slice(0, name.length - extension.length)) {
    bytes += bytesOf(character)
    if (bytes > FILENAME_BYTES_MAX) break
    stem += character
  }
  return stem.replace(TRAILING, '') + extension
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}

/** RFC 6266: an ASCII name for old clients, and the whole one in RFC 8187's form. */
export function contentDisposition(disposition: Disposition, filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["%\\]/g, '_')
  const extended = encodeURIComponent(filename).replace(/['()*!]/g, percent)
  return `${disposition}; filename="${ascii}"; filename*=UTF-8''${extended}`
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
