/** What DNS should say, name by name. */
import { describe, expect, it } from 'vitest'
import { dnsRecords } from '../../src/access/domain-dns.ts'

function written(domain: string): string[] {
  return dnsRecords(domain).map(({ type, name, value, required }) =>
    [type, name, value ?? '(generated)', required ? 'required' : 'recommended'].join(' | '),
  )
}

describe('the records of a domain', () => {
  it('bring mail in, take it out, and say what to do with forgeries', () => {
    expect(written('example.com')).toEqual([
      'MX | example.com | route1.mx.cloudflare.net | required',
      'MX | example.com | route2.mx.cloudflare.net | required',
      'MX | example.com | route3.mx.cloudflare.net | required',
      'TXT | example.com | v=spf1 include:_spf.mx.cloudflare.net ~all | required',
      'TXT | cf2024-1._domainkey.example.com | (generated) | required',
      'MX | cf-bounce.example.com | route1.mx.cloudflare.net | required',
      'MX | cf-bounce.example.com | route2.mx.cloudflare.net | required',
      'MX | cf-bounce.example.com | route3.mx.cloudflare.net | required',
      'TXT | cf-bounce.example.com | v=spf1 include:_spf.mx.cloudflare.net ~all | required',
      'TXT | cf-bounce._domainkey.example.com | (generated) | required',
      'TXT | _dmarc.example.com | v=DMARC1; p=none; | recommended',
    ])
  })

  it('of a subdomain stand under its own name', () => {
    const names = new Set(dnsRecords('mail.example.com').map(({ name }) => name))
    expect([...names]).toEqual([
      'mail.example.com',
      'cf2024-1._domainkey.mail.example.com',
      'cf-bounce.mail.example.com',
      'cf-bounce._domainkey.mail.example.com',
      '_dmarc.mail.example.com',
    ])
  })

  it('leave to Cloudflare what it alone knows, and explain each', () => {
    for (const { priority, value, name, purpose } of dnsRecords('example.com')) {
      expect(priority).toBeNull()
      expect(value === null).toBe(name.includes('_domainkey'))
      expect(purpose).toMatch(/^[A-Z].*\.$/)
    }
  })
})
