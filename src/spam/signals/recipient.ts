/**
 * Mail that knows nothing of its reader but the address, and writes it everywhere: into the subject, as a greeting, into
 * links, into the sender's own name. Kits fill it in; who knows people greets them by name.
 */
import type { Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { plainLetters } from '../plain-letters.ts'

/** Local parts that stand in ordinary sentences: 'info', 'sales', 'ann'. */
const LOCAL_PART_CHARS_MIN = 6
/** Words of every second subject, and local parts as well. */
const ROLES =
  /^(?:contact|support|service|office|account|billing|postmaster|webmaster|hello|newsletter|customer|noreply)/
/** Links searched. */
const URLS_MAX = 60
const ADDRESS = /[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}/
/** Runs that may be an address in another form. */
const HEX_RUN = /[0-9a-f]{16,300}/gi
const BASE64_RUN = /[A-Za-z0-9+_-]{16,200}/g
/** Greeted within the first lines. */
const GREETING_CHARS = 400

export function recipientSignals(facts: Facts): Finding[] {
  const { recipients, message, isBounce, isList, linkSites, fromSite } = facts
  if (recipients.length === 0 || isBounce || isList) return []
  // A service that knows an address and no name may greet by it, and leads its reader to itself.
  if (linkSites.has(fromSite)) return nameSignals(facts)
  const findings: Finding[] = []
  const subject = (message.envelope.subject ?? '').toLowerCase()
  const inSubject = recipients.find((address) => isNamedIn(subject, address))
  const isInvitation = isCalendars(facts)
  if (inSubject && !isReply(facts) && !isInvitation) findings.push(found('RECIPIENT_IN_SUBJECT', inSubject))
  const greeted = recipients.find((address) => isGreeted(facts, address))
  if (greeted) findings.push(found('RECIPIENT_GREETED', greeted))
  return [...findings, ...(isInvitation ? [] : linkSignals(facts)), ...nameSignals(facts)]
}

/** Calendars write whose of many an invitation is into its subject and its links (RFC 6047). */
function isCalendars({ parts }: Facts): boolean {
  return parts.some(({ type, subtype }) => type === 'text' && subtype === 'calendar')
}

function isReply({ message }: Facts): boolean {
  return message.inReplyTo.length > 0 || message.references.length > 0
}

/** The whole address, or a local part that is no word. */
function isNamedIn(text: string, address: string): boolean {
  if (text.includes(address)) return true
  const local = address.slice(0, address.lastIndexOf('@'))
  return local.length >= LOCAL_PART_CHARS_MIN && !ROLES.test(local) && /[\d._-]/.test(local) && text.includes(local)
}

/** 'Dear ann@shop.example,': a salutation, not the line that says to whom a newsletter was sent. */
function isGreeted({ words }: Facts, address: string): boolean {
  const at = words.indexOf(plainLetters(address))
  if (at < 0 || at > GREETING_CHARS) return false
  return /(?:dear|hello|hi|hey|greetings|attention|attn|guten tag|hallo|liebe[r]?|bonjour|cher|chere|hola|estimad[oa]|ola|prezad[oa](?:\(a\))?|car[oa]|ciao|gentile|beste|geachte|drogi|user|user id|cliente?|mailbox|account)\s{0,3}[:,]?\s{0,3}$/.test(
    words.slice(Math.max(0, at - 20), at),
  )
}

function linkSignals({ urls, recipients }: Facts): Finding[] {
  for (const url of urls.slice(0, URLS_MAX)) {
    const lower = url.toLowerCase()
    const plain = recipients.find((one) => lower.includes(one) || lower.includes(one.replace('@', '%40')))
    if (plain) return [found('RECIPIENT_IN_LINK', plain)]
    const coded = decodedAddress(url)
    if (coded) return [found('RECIPIENT_IN_LINK', coded)]
  }
  return []
}

/** An address in base64 or hexadecimal: hidden from those who look for addresses in links. */
function decodedAddress(url: string): string | null {
  const runs = [...matches(url, HEX_RUN).map(decodeHex), ...matches(url, BASE64_RUN).map(decodeBase64)]
  for (const text of runs) {
    const address = ADDRESS.exec(text)?.[0]
    if (address) return address
  }
  return null
}

function matches(url: string, pattern: RegExp): string[] {
  return url.match(pattern) ?? []
}

function decodeHex(run: string): string {
  // Without an '@' and a dot there is no address: most runs are digests.
  if (!run.includes('40') || !/2e/i.test(run)) return ''
  return run.replace(/../g, (pair) => String.fromCharCode(Number.parseInt(pair, 16)))
}

function decodeBase64(run: string): string {
  try {
    return atob(run.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, ''))
  } catch {
    return ''
  }
}

/** The reader's own domain or mailbox as the sender's name: 'shop.example Support', while From is elsewhere. */
function nameSignals({ fromName, fromDomain, recipients, envelope }: Facts): Finding[] {
  const name = fromName.toLowerCase()
  const domain = envelope.to.slice(envelope.to.lastIndexOf('@') + 1).toLowerCase()
  if (domain.includes('.') && fromDomain !== '' && name.includes(domain) && !isKin(fromDomain, domain)) {
    return [found('NAME_IS_RECIPIENTS', fromName)]
  }
  const address = recipients.find((one) => name.includes(one) && !isKin(fromDomain, one.slice(one.indexOf('@') + 1)))
  return address ? [found('NAME_IS_RECIPIENTS', fromName)] : []
}

function isKin(domain: string, other: string): boolean {
  return domain === other || domain.endsWith(`.${other}`) || other.endsWith(`.${domain}`)
}
