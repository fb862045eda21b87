/**
 * Whether anything but the From field itself ties the message to the domain in From: its envelope, or a signature that at
 * least claims it. Honest mail has one of the two (RFC 7489 §3.1 asks no more of it), so this says what DMARC would where
 * nobody has asked or the domain publishes nothing. A claim proves nothing, and counts only for not being told here.
 */
import { brandOf } from '../brands.ts'
import { domainOf, type Facts } from '../facts.ts'
import { type Finding, found } from '../finding.ts'
import { isFreemail } from '../known-hosts.ts'
import { registrableDomain, registrableLabel } from '../registrable.ts'

/** Signatures looked at. */
const SIGNATURES_MAX = 20
/** Where a sender's own host or service is named. */
const TELLING: ReadonlySet<string> = new Set([
  'received',
  'dkim-signature',
  'sender',
  'reply-to',
  'return-path',
  'x-mailer',
  'user-agent',
  'feedback-id',
  'list-unsubscribe',
  'list-id',
])
/** An envelope that a forwarder rewrote: what it hands on was aligned before. */
const REWRITTEN = /^(?:srs[01]?[=+-]|[^@]{1,100}\+caf_=|[^@]{1,100}\+srs=)/i

export function alignmentSignals(facts: Facts): Finding[] {
  const findings: Finding[] = []
  if (isUnrelated(facts)) {
    const seen = `${facts.fromDomain}, ${domainOf(facts.envelope.from)}`
    findings.push(found(isFreemail(facts.fromDomain) ? 'FREEMAIL_UNRELATED' : 'SENDER_UNRELATED', seen))
  }
  const foreign = isIdForeign(facts)
  if (foreign) findings.push(found('MESSAGE_ID_FOREIGN', foreign))
  if (isFromRecipient(facts)) findings.push(found('FROM_IS_RECIPIENT', facts.from))
  return findings
}

function isUnrelated(facts: Facts): boolean {
  const { message, verdict, envelope, fromSite, isList } = facts
  if (verdict.dmarc.result === 'pass' || verdict.dmarc.result === 'fail') return false
  const envelopeDomain = domainOf(envelope.from).toLowerCase()
  if (fromSite === '' || envelopeDomain === '' || isList || REWRITTEN.test(envelope.from)) return false
  if (isOfTheHouse(registrableDomain(envelopeDomain), facts)) return false
  if (message.fields.some((field) => field.key === 'resent-from')) return false
  const signatures = message.fields.filter((field) => field.key === 'dkim-signature').slice(0, SIGNATURES_MAX)
  return !signatures.some((field) => isOfTheHouse(registrableDomain(signerOf(field.raw)), facts))
}

/** A provider's other domains are his too: invitations of a mailbox at gmail.com come from the calendar of google.com. */
function isOfTheHouse(site: string, { fromSite }: Facts): boolean {
  return site === fromSite || brandOf(registrableLabel(site))?.domains.has(fromSite) === true
}

/** The d= of a DKIM-Signature (RFC 6376 §3.5). */
function signerOf(raw: string): string {
  return /(?:^|;)\s{0,20}d\s{0,20}=\s{0,20}([^;\s]{1,255})/.exec(raw)?.[1]?.toLowerCase() ?? ''
}

/**
 * Whether the host that gave the message its id is met nowhere else: not in the trace, the envelope, From, nor a signature.
 * Whoever writes the id writes his own host, or that of the service that sends for him, which then hands the mail on.
 */
function isIdForeign({ message, envelope, fromSite, isList, isBounce }: Facts): string | null {
  if (isList || isBounce) return null
  const id = message.envelope.messageId ?? ''
  const host = domainOf(id).toLowerCase()
  const site = registrableDomain(host)
  if (!/^[\w.-]{1,200}\.[a-z]{2,20}$/.test(host) || site === fromSite) return null
  if (domainOf(envelope.from).toLowerCase().endsWith(site)) return null
  const label = site.slice(0, site.indexOf('.'))
  const tells = message.fields.some(({ key, raw }) => TELLING.has(key) && raw.toLowerCase().includes(label))
  return tells ? null : host
}

/** Mail to oneself is signed or sent by one's own server; a crook writes the victim's address into From to be let in. */
function isFromRecipient(facts: Facts): boolean {
  const { from, envelope, isBounce } = facts
  if (from === '' || isBounce || from !== envelope.to.toLowerCase()) return false
  return isUnrelated(facts)
}
