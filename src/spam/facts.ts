/**
 * What several rules ask of a message, found out once: its sender, whether it is a bounce or came by a list, its links.
 */
import { foldAddress } from '../mime/addresses.ts'
import type { ParsedMessage, Part } from '../mime/message.ts'
import { type HtmlFacts, NO_HTML, readHtml } from './html-facts.ts'
import type { SpamInput } from './input.ts'

export type Link = {
  /** The host as it is written, before a parser tidies it. */
  written: string
  /** As the browser would go there: in lower case, A-labels, IPv4 in dotted decimal. */
  host: string
  user: string
}

export type Facts = SpamInput & {
  /** The one From address, folded; '' where there is none, or several. */
  from: string
  fromName: string
  fromDomain: string
  /** A notice by a mail server: an empty envelope sender, and a report or an automatic reply. */
  isBounce: boolean
  isList: boolean
  html: HtmlFacts
  links: Link[]
  /** The parts of the MIME tree in order, the root first. */
  parts: Part[]
}

/** Characters of the displayed text that are searched for links. */
const TEXT_CHARS_MAX = 100_000
/** Links looked at, without repetitions. */
const LINKS_MAX = 200
/** Longer ones are cut: the host stands at the beginning. */
const HREF_CHARS_MAX = 500

const TEXT_LINK = /\bhttps?:\/\/[^\s<>"]{1,500}/gi
/** The authority of a web address (RFC 3986 §3.2), with the slashes that browsers forgive. */
const AUTHORITY = /^\s*https?:[/\\]{2,}([^/\\?#]*)/i

export function readFacts(input: SpamInput): Facts {
  const { message, envelope } = input
  const sole = message.envelope.from.length === 1 ? message.envelope.from[0] : undefined
  const from = foldAddress(sole?.address ?? '') ?? ''
  const html = message.html === null ? NO_HTML : readHtml(message.html)
  return {
    ...input,
    from,
    fromName: sole?.name ?? '',
    fromDomain: domainOf(from),
    isBounce: envelope.from === '' && (isReport(message.structure) || isAutomatic(input)),
    isList: message.listId !== null,
    html,
    links: readLinks(html.hrefs, message.text),
    parts: flatten(message.structure),
  }
}

/** Where a message links to: at most LINKS_MAX places, without repetitions. */
export function readLinksOf({ html, text }: ParsedMessage): Link[] {
  return readLinks(html === null ? [] : readHtml(html).hrefs, text)
}

/** The domain of a folded address, '' where it has none. */
export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1 || address.length)
}

/** Whether a domain is another one, or stands under it. */
export function isWithin(domain: string, parent: string): boolean {
  return domain === parent || domain.endsWith(`.${parent}`)
}

function isReport(root: Part): boolean {
  return root.type === 'multipart' && root.subtype === 'report'
}

/** RFC 3834 §5. */
function isAutomatic({ message }: SpamInput): boolean {
  const field = message.fields.find((one) => one.key === 'auto-submitted')
  return field !== undefined && !/^no\b/i.test(field.raw.trim())
}

function readLinks(hrefs: string[], text: string): Link[] {
  const written = new Set<string>()
  const texts = text.slice(0, TEXT_CHARS_MAX).matchAll(TEXT_LINK)
  for (const href of hrefs) written.add(authorityOf(href))
  for (const [href] of texts) {
    if (written.size >= LINKS_MAX) break
    written.add(authorityOf(href))
  }
  written.delete('')
  return [...written].flatMap(readLink)
}

function authorityOf(href: string): string {
  return AUTHORITY.exec(href.slice(0, HREF_CHARS_MAX))?.[1] ?? ''
}

function readLink(written: string): Link[] {
  try {
    const url = new URL(`http://${written}/`)
    return [{ written, host: url.hostname, user: url.username }]
  } catch {
    return []
  }
}

function flatten(root: Part): Part[] {
  const parts = [root]
  // mime/ bounds the number of parts.
  for (let at = 0; at < parts.length; at++) parts.push(...(parts[at]?.parts ?? []))
  return parts
}
