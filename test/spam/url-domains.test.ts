import { expect, it } from 'vitest'
import { URL_DOMAINS_MAX, urlDomains } from '../../src/spam/url-domains.ts'
import { link, page } from './cases/case.ts'
import { type Mail, spamInput } from './mail.ts'

const domainsOf = async (mail: Mail) => urlDomains((await spamInput(mail)).message)

const CASES: [name: string, mail: Mail, domains: string[]][] = [
  ['a host and what was registered for it', link('https://www.evil.co.uk/x'), ['evil.co.uk', 'www.evil.co.uk']],
  [
    'a name under a service is a registration too',
    link('https://a.bank.pages.dev/'),
    ['bank.pages.dev', 'a.bank.pages.dev'],
  ],
  ['a network address', link('http://198.51.100.7/'), ['198.51.100.7']],
  ['an address dressed up as a number', link('http://3325256711/'), ['198.51.100.7']],
  ['an IPv6 address', link('http://[2001:DB8::7]/'), ['[2001:db8::7]']],
  ['as A-labels, in small letters', link('https://BÜCHER.example/'), ['xn--bcher-kva.example']],
  ['in plain text', { text: 'go to https://evil.example/ now' }, ['evil.example']],
  ['each once', page('<a href="https://evil.example/1">1</a><a href="https://evil.example/2">2</a>'), ['evil.example']],
  ['no link', { text: 'evil.example' }, []],
]

it.each(CASES)('%s', async (_name, mail, domains) => {
  expect(await domainsOf(mail)).toEqual(domains)
})

it('names no more than a look-up may cost', async () => {
  const links = Array.from({ length: 300 }, (_, n) => `<a href="https://www.evil${n}.example/">x</a>`)
  expect(await domainsOf(page(links.join('')))).toHaveLength(URL_DOMAINS_MAX)
})
