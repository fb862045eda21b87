/**
 * The addresses that sanitised mail may hold. They are written as the URL parser understood them, not as the mail spelt
 * them: what was judged is what a browser gets, whatever tabs, backslashes or look-alike letters the mail used.
 */

/** Longer than any link that works; tracking links have up to some 2,000. */
const URL_CHARS_MAX = 8_192
/** `tel:` only offers a number to dial. */
const LINK_SCHEMES = new Set(['http:', 'https:', 'mailto:', 'tel:'])
const REMOTE_SCHEMES = new Set(['http:', 'https:'])
/**
 * Pictures that the mail itself carries: no request is made for them. Only raster formats, only base64: an SVG is a
 * document of its own.
 */
const RASTER_DATA = /^data:image\/(?:png|jpe?g|gif|webp|bmp|avif);base64,[a-z0-9+/]+={0,2}$/i
const CID = /^cid:/i
/** A path on the server that shows the mail, not `//host`. */
const OWN_PATH = /^\/(?![/\\])[\x21-\x7e]*$/

export function linkUrl(value: string): string | null {
  return parseUrl(value, LINK_SCHEMES)
}

/** `remote`: loading it tells somebody. The caller's own addresses for cid: do not. */
export function imageSource(
  value: string,
  cid: (contentId: string) => string | null,
): { url: string; remote: boolean } | null {
  const compact = value.replace(/[\0-\x20]+/g, '')
  if (/^data:/i.test(compact)) return RASTER_DATA.test(compact) ? { url: compact, remote: false } : null
  if (CID.test(compact)) {
    const url = ownUrl(cid(percentDecoded(compact.slice(4))))
    return url === null ? null : { url, remote: false }
  }
  const url = parseUrl(value, REMOTE_SCHEMES)
  return url === null ? null : { url, remote: true }
}

function ownUrl(url: string | null): string | null {
  if (url === null || OWN_PATH.test(url) || RASTER_DATA.test(url)) return url
  return parseUrl(url, REMOTE_SCHEMES)
}

function parseUrl(value: string, schemes: ReadonlySet<string>): string | null {
  if (value.length > URL_CHARS_MAX) return null
  const trimmed = value.replace(/^[\0-\x20]+|[\t\n\r]+/g, '')
  // Mail has no address of its own for `//host` to take the scheme from.
  const url = URL.parse(trimmed.startsWith('//') ? `https:${trimmed}` : trimmed)
  if (!url || !schemes.has(url.protocol)) return null
  // A name before the host is there to be taken for it: https://bank.example@evil.example/
  url.username = ''
  url.password = ''
  // Where there is no host the parser lets blanks stand.
  const written = url.href.replaceAll(' ', '%20')
  return written.length > URL_CHARS_MAX ? null : written
}

function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
