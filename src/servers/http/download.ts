/**
 * Headers for mail's own bytes. They came from a stranger and a browser may open them under our origin, so: always a
 * download, a type that no browser runs, a file name of our making, and a sandbox around whatever is shown all the same.
 */
export const SANDBOX = "sandbox; default-src 'none'"

const FALLBACK_TYPE = 'application/octet-stream'
/** Types that no browser runs as a page or a script. Everything else is served as bytes. */
const SERVED_TYPE =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|bmp|tiff|heic)|audio\/[a-z0-9.+-]+|video\/[a-z0-9.+-]+|text\/(?:plain|csv|calendar)|application\/(?:pdf|zip|gzip|json|rtf|msword|vnd\.(?:ms-excel|ms-powerpoint|oasis\.opendocument\.[a-z]+|openxmlformats-officedocument\.[a-z.]+)))$/
/** RFC 6838 §4.2. */
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/
/** File systems take 255 bytes; UTF-8 needs up to three for a UTF-16 unit. */
const FILENAME_CHARS_MAX = 80
/** Control and format characters (bidi overrides turn "exe.gpj" around), path separators, and what Windows forbids. */
const UNSAFE_IN_FILENAME = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}/\\:*?"<>|]+/gu

/** The type that a download carries. */
export function servedType(contentType: string): string {
  return SERVED_TYPE.test(contentType) ? contentType : FALLBACK_TYPE
}

/** The type as the sender named it, for display: well-formed, or the general one. */
export function displayedType(contentType: string): string {
  return TYPE.test(contentType) ? contentType : FALLBACK_TYPE
}

/** A file name that a person may save a stranger's bytes under; null where nothing of it is left. */
export function safeFilename(name: string | null): string | null {
  const clean = (name ?? '').toWellFormed().normalize('NFC').replace(UNSAFE_IN_FILENAME, '_')
  const short = cutKeepingExtension(clean.replace(/^[.\s]+|[.\s]+$/gu, ''))
  return short === '' ? null : short
}

function cutKeepingExtension(name: string): string {
  const characters = [...name]
  if (characters.length <= FILENAME_CHARS_MAX) return name
  const extension = /\.[A-Za-z0-9]{1,10}$/.exec(name)?.[0] ?? ''
  return characters.slice(0, FILENAME_CHARS_MAX - extension.length).join('') + extension
}

/** RFC 6266: an ASCII name for old clients, and the whole one in RFC 8187's form. */
export function attachmentDisposition(filename: string): string {
  const ascii = filename.replace(/[^\x20-\x7e]|["%\\]/g, '_')
  const extended = encodeURIComponent(filename).replace(/['()*!]/g, percent)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${extended}`
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
}
