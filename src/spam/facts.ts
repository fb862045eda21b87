/**
 * What several rules ask of a message, found out once: its sender, whether it is a bounce or came by a list, its links.
 */
import { foldAddress } from '../mime/addresses.ts'
import type { ParsedMessage, Part } from '../mime/message.ts'
import { type HtmlFacts, readHtml } from './html-facts.ts'
import type { SpamInput } from './input.ts'
import { plainLetters } from './plain-letters.ts'
import { registrableDomain } from './registrable.ts'
import { originalLink } from './rewritten-links.ts'

export type Link = {
  /** The host as it is written, before a parser tidies it. */
  written: string
  /** As the browser would go there: in lower case, A-labels, IPv4 in dotted decimal. */
  host: string
  user: string
  port: string
}

export type Facts = SpamInput & {
  /** The one From address, folded; '' where there is none, or several. */
  from: string
  fromName: string
  fromDomain: string
  /** The registrable domain of From. */
  fromSite: string
  /** A notice by a mail server: an empty envelope sender, and a report, an automatic reply, or a plain text by its daemon. */
  isBounce: boolean
  isList: boolean
  /** Whether it answers a message, and says so in its subject too, as all programs do. */
  isAnswer: boolean
  html: HtmlFacts
  /** Web addresses as they are written, of the HTML first. */
  urls: string[]
  /** Their hosts, each once. */
  links: Link[]
  /** The registrable domains of the links. */
  linkSites: ReadonlySet<string>
  /** Subject, the beginning of what is shown and the names of attachments, in small Latin letters as the eye takes them. */
  words: string
  /** The addresses that it was sent to, in small letters. */
  recipients: string[]
  /** The parts of the MIME tree in order, the root first. */
  parts: Part[]
}

/** Characters of the displayed text that are searched for links. */
const TEXT_CHARS_MAX = 100_000
/** Links looked at, without repetitions. */
const LINKS_MAX = 200
/** Longer ones are cut: the host stands at the beginning. */
const HREF_CHARS_MAX = 1_000
/** Attachments whose names are read with the words. */
const NAMES_MAX = 3
/** Characters of subject and text, each, that are read for words. */
const WORDS_CHARS_MAX = 4_000
const RECIPIENTS_MAX = 5

const ANSWER = /^\s*(?:\[[^\]]{0,40}\]\s*)?\p{L}{1,5}\s?:/u
const DAEMON = /^[^@<]{0,80}<?(?:mailer-daemon|postmaster)\b|^"?(?:mail delivery (?:sub)?system|mailer-daemon)\b/i
const TEXT_LINK = /\bhttps?:\/\/[^\s<>"]{1,1000}/gi
/** The authority of a web address (RFC 3986 §3.2), with the slashes that browsers forgive. */
const AUTHORITY = /^\s*https?:[/\\]{2,}([^/\\?#]*)/i

export function readFacts(input: SpamInput): Facts {
  const { message, envelope } = input
  const sole = message.envelope.from.length === 1 ? message.envelope.from[0] : undefined
  const from = foldAddress(sole?.address ?? '') ?? ''
  const fromDomain = domainOf(from)
  const { html, urls, links } = readLinked(message)
  return {
    ...input,
    from,
    fromName: sole?.name ?? '',
    fromDomain,
    fromSite: registrableDomain(fromDomain),
    isBounce: isUnanswerable(envelope.from) && (isReport(message.structure) || isAutomatic(input) || isByDaemon(input)),
    isList: message.listId !== null,
    isAnswer: message.inReplyTo.length > 0 && ANSWER.test(message.envelope.subject ?? ''),
    html,
    urls,
    links,
    linkSites: new Set(links.map((link) => registrableDomain(link.host))),
    words: readWords(message, html),
    recipients: readRecipients(input),
    parts: flatten(message.structure),
  }
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

/** RFC 5321 §4.5.5; some servers write their own name instead of nothing. */
function isUnanswerable(envelopeFrom: string): boolean {
  return envelopeFrom === '' || /^mailer-daemon(?:@|$)/i.test(envelopeFrom)
}

/** Older servers send their notices as plain text, some under a name without an address. */
function isByDaemon({ message }: SpamInput): boolean {
  const from = message.fields.find((one) => one.key === 'from')?.raw ?? ''
  return message.html === null && DAEMON.test(from)
}

/** RFC 3834 §5. */
function isAutomatic({ message }: SpamInput): boolean {
  const field = message.fields.find((one) => one.key === 'auto-submitted')
  return field !== undefined && !/^no\b/i.test(field.raw.trim())
}

/** The hosts that a message links to, each once. */
export function readLinksOf(message: ParsedMessage): Link[] {
  return readLinked(message).links
}

type Linked = { html: HtmlFacts; urls: string[]; links: Link[] }

/** What was read of a message once: its lists, others and the rules all ask for its links. A message is never changed. */
const linked = new WeakMap<ParsedMessage, Linked>()

function readLinked(message: ParsedMessage): Linked {
  const known = linked.get(message)
  if (known) return known
  const html = readHtml(message.html ?? '')
  const urls = readUrls(html.hrefs, message.text)
  const read = { html, urls, links: readLinks(urls) }
  linked.set(message, read)
  return read
}

function readUrls(hrefs: string[], text: string): string[] {
  const urls = new Set(hrefs.map((href) => href.slice(0, HREF_CHARS_MAX)).filter((href) => AUTHORITY.test(href)))
  for (const [url] of text.slice(0, TEXT_CHARS_MAX).matchAll(TEXT_LINK)) {
    if (urls.size >= LINKS_MAX) break
    urls.add(originalLink(url))
  }
  return [...urls]
}

function readLinks(urls: string[]): Link[] {
  const written = new Set(urls.map(authorityOf))
  written.delete('')
  return [...written].flatMap(readLink)
}

function authorityOf(url: string): string {
  return AUTHORITY.exec(url)?.[1] ?? ''
}

/** The host that a web address leads to, null where it is none. */
export function hostOf(url: string): string | null {
  const authority = authorityOf(url)
  return authority === '' ? null : (readLink(authority)[0]?.host ?? null)
}

function readLink(written: string): Link[] {
  try {
    const url = new URL(`http://${written}/`)
    return [{ written, host: url.hostname, user: url.username, port: url.port }]
  } catch {
    return []
  }
}

/** What the HTML shows: a text part beside it may say something else, and nobody sees that. */
function readWords({ envelope, text, html, attachments }: SpamInput['message'], { text: shown }: HtmlFacts): string {
  const names = attachments.slice(0, NAMES_MAX).map((one) => one.filename ?? '')
  const all = [envelope.subject ?? '', html === null ? text : shown, ...names].map((one) =>
    one.slice(0, WORDS_CHARS_MAX),
  )
  return plainLetters(all.join('\n'))
}

function readRecipients({ message, envelope }: SpamInput): string[] {
  const named = message.envelope.to.slice(0, RECIPIENTS_MAX).map((one) => one.address)
  const folded = [envelope.to, ...named].map((address) => (foldAddress(address) ?? address).toLowerCase())
  return [...new Set(folded)].filter((address) => address.includes('@'))
}

function flatten(root: Part): Part[] {
  const parts = [root]
  // mime/ bounds the number of parts.
  for (let at = 0; at < parts.length; at++) parts.push(...(parts[at]?.parts ?? []))
  return parts
}
