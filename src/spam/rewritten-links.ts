/**
 * Links that a gateway on the way has rewritten, so that it can look at a page before the reader does. Companies answer and
 * forward mail with such links in it; what the sender wrote stands inside them, and that is what rules judge.
 *
 * Safe against a crook who writes one himself: the gateway leads to the very address that stands inside, or nowhere.
 */

/** Gateways that write the address as a parameter. */
const PARAMETERS: readonly { host: RegExp; name: string }[] = [
  { host: /(?:^|\.)safelinks\.protection\.outlook\.com$/, name: 'url' },
  { host: /^linkprotect\.cudasvc\.com$/, name: 'a' },
]
/** Proofpoint's third form: the address as it is, between underscores. */
const UNDERSCORED = /^https?:\/\/urldefense\.com\/v3\/__(https?:\/\/[^\s]{1,1000}?)__;/i
const REWRITTEN = /safelinks\.protection\.outlook\.com|linkprotect\.cudasvc\.com|urldefense\.com/i

/** The address that the sender wrote; `href` itself where nobody has rewritten it, or it cannot be read. */
export function originalLink(href: string): string {
  if (!REWRITTEN.test(href)) return href
  const inside = UNDERSCORED.exec(href.trim())?.[1] ?? parameterOf(href)
  return inside !== null && /^https?:\/\//i.test(inside) ? inside : href
}

function parameterOf(href: string): string | null {
  try {
    const { hostname, searchParams } = new URL(href)
    const gateway = PARAMETERS.find(({ host }) => host.test(hostname))
    // Of two, the gateway may follow the other.
    const named = [...searchParams].filter(([name]) => name.toLowerCase() === gateway?.name)
    return named.length === 1 ? (named[0]?.[1] ?? null) : null
  } catch {
    return null
  }
}
