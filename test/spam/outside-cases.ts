import type { TagName } from '../../src/spam/finding.ts'
import type { Listing, OutsideOpinions } from '../../src/spam/outside.ts'
import type { SenderVerdict } from '../../src/verify/verdict.ts'

const helo = (name: string | null, over: Partial<SenderVerdict> = {}): Partial<SenderVerdict> => ({
  client: { ip: '192.0.2.1', helo: name },
  ...over,
})
const spf = (domain: string) => ({ spf: { result: 'pass' as const, domain } })
const dkim = (domain: string) => ({ dkim: [{ result: 'pass' as const, domain, selector: 's' }] })

/** Verdicts that fire a tag, and ones that almost do. The recipient is me@here.example. */
export const HELO_CASES: [TagName, string, Partial<SenderVerdict>, Partial<SenderVerdict>][] = [
  ['HELO_ODD', 'a word', helo('DESKTOP-7'), helo('desktop-7.shop.example')],
  ['HELO_ODD', 'this machine', helo('localhost'), helo('localhost.shop.example')],
  ['HELO_ODD', 'an inner network', helo('pc.LAN.'), helo('pc.lan.example')],
  ['HELO_ODD', 'a bare address', helo('192.0.2.1'), helo('192.0.2.1.shop.example')],
  ['HELO_ODD', 'an address in brackets', helo('[192.0.2.1]'), helo(null)],
  ['HELO_ODD', 'an IPv6 address', helo('[IPv6:2001:db8::1]'), helo('mail6.shop.example')],
  ['HELO_OURS', "the recipient's domain", helo('Here.Example'), helo('mail.here.example')],
  [
    'HELO_OURS',
    'SPF for another',
    helo('here.example', spf('shop.example')),
    helo('here.example', spf('here.example')),
  ],
  [
    'HELO_OURS',
    'a signature of another',
    helo('here.example', dkim('shop.example')),
    helo('here.example', dkim('here.example')),
  ],
]

const listing = (over: Partial<Listing>): Listing => ({
  zone: 'bl.example',
  kind: 'ip',
  value: '192.0.2.1',
  code: '127.0.0.2',
  weight: 1,
  ...over,
})
const listings = (...list: Partial<Listing>[]): OutsideOpinions => ({ listings: list.map(listing), classifier: null })
const link = (value: string, over: Partial<Listing> = {}): Partial<Listing> => ({ kind: 'domain', value, ...over })
const classified = (spam: number): OutsideOpinions => ({ listings: [], classifier: { spam, model: 'm' } })

/** Opinions that fire a tag, and ones that almost do. */
export const OUTSIDE_CASES: [TagName, string, OutsideOpinions, OutsideOpinions][] = [
  ['DNSBL_LISTED', 'one list', listings({}), listings(link('bad.example'))],
  ['DNSBL_LISTED', 'no more than one list', listings({}), listings({}, { zone: 'zen.example' })],
  ['DNSBL_LISTED_STRONGLY', 'two lists', listings({}, { zone: 'zen.example' }), listings({})],
  ['DNSBL_LISTED_STRONGLY', 'one list worth two', listings({ weight: 2 }), listings({})],
  ['URL_DNSBL_LISTED', 'a link', listings(link('bad.example')), listings({})],
  ['URL_DNSBL_LISTED', 'two links, a list each', listings(link('a.example'), link('b.example')), listings()],
  [
    'URL_DNSBL_LISTED_STRONGLY',
    'a link that two lists know',
    listings(link('a.example'), link('b.example'), link('b.example', { zone: 'zen.example' })),
    listings(link('a.example'), link('b.example', { zone: 'zen.example' })),
  ],
  ['CLASSIFIER_SPAM', 'a sure model', classified(0.8), classified(0.79)],
]
