/**
 * What DNS should say of a domain, for its operator to compare: the records of Email Routing, which brings mail in, of Email
 * Sending, which takes it out, and the policy that tells others what to do with forgeries.
 *
 * Pure: nothing is looked up. Cloudflare makes these records itself when the domain is onboarded. What it alone knows stands
 * here as null: the keys that it generates, and the order of the mail exchangers, which it draws for each domain.
 */
export type DnsRecord = {
  type: 'MX' | 'TXT'
  name: string
  /** Null where Cloudflare generates it. */
  value: string | null
  /** Of an MX record; null where Cloudflare assigns it, and for TXT. */
  priority: number | null
  service: 'email-routing' | 'email-sending' | 'policy'
  /** One sentence, for the operator. */
  purpose: string
  /** Whether the service works without it. */
  required: boolean
}

const EXCHANGERS = ['route1.mx.cloudflare.net', 'route2.mx.cloudflare.net', 'route3.mx.cloudflare.net']
const SPF = 'v=spf1 include:_spf.mx.cloudflare.net ~all'
/** Reports only: a policy that refuses belongs to who has read the reports. */
const DMARC = 'v=DMARC1; p=none;'
/** Where Email Sending takes bounces, so that its records never meet those of the domain itself. */
const BOUNCE_LABEL = 'cf-bounce'
const ROUTING_SELECTOR = 'cf2024-1'

/** The records of a domain (an A-label name). A subdomain has records of its own, under its own name. */
export function dnsRecords(domain: string): DnsRecord[] {
  return [...routingRecords(domain), ...sendingRecords(domain), policyRecord(domain)]
}

function routingRecords(domain: string): DnsRecord[] {
  const record = recordOf('email-routing')
  return [
    ...EXCHANGERS.map((value) => record('MX', domain, value, 'Brings mail for the domain to Email Routing.')),
    // RFC 7208 §3.2: a second SPF record makes both void.
    record(
      'TXT',
      domain,
      SPF,
      'SPF: lets Email Routing forward. Where the name has an SPF record, add the include to it.',
    ),
    record(
      'TXT',
      `${ROUTING_SELECTOR}._domainkey.${domain}`,
      null,
      'DKIM: the key that forwarded mail is signed with.',
    ),
  ]
}

function sendingRecords(domain: string): DnsRecord[] {
  const record = recordOf('email-sending')
  const bounces = `${BOUNCE_LABEL}.${domain}`
  return [
    ...EXCHANGERS.map((value) =>
      record('MX', bounces, value, 'Brings bounces of what was sent back to Email Sending.'),
    ),
    record('TXT', bounces, SPF, 'SPF: lets Email Sending send from the address that bounces go to.'),
    record('TXT', `${BOUNCE_LABEL}._domainkey.${domain}`, null, 'DKIM: the key that sent mail is signed with.'),
  ]
}

function policyRecord(domain: string): DnsRecord {
  const purpose =
    'DMARC: begin with p=none, and say p=reject once nothing of yours fails. Email Sending adds p=reject where there is none.'
  return { ...recordOf('policy')('TXT', `_dmarc.${domain}`, DMARC, purpose), required: false }
}

function recordOf(service: DnsRecord['service']) {
  return (type: DnsRecord['type'], name: string, value: string | null, purpose: string): DnsRecord => ({
    type,
    name,
    value,
    priority: null,
    service,
    purpose,
    required: true,
  })
}
