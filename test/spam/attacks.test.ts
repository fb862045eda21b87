/**
 * Mail made to cost time or to look harmless: reading it stays linear in its size, judging it does not grow at all, and text
 * that nobody sees gains little.
 */
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../src/mime/parse.ts'
import { excerptOf } from '../../src/opinions/excerpt.ts'
import { linkDomains } from '../../src/opinions/link-domains.ts'
import { readLinksOf } from '../../src/spam/facts.ts'
import { emptyLearned } from '../../src/spam/learned/learned.ts'
import { scoreMessage } from '../../src/spam/score.ts'
import { type Mail, spamInput } from './mail.ts'

const MIB = 1_048_576

/** Some bytes of different words of this shape. */
function tokens(bytes: number, shape: (n: number) => string): string {
  const words: string[] = []
  for (let size = 0, n = 0; size < bytes; n++) {
    const word = shape(n)
    words.push(word)
    size += word.length
  }
  return words.join('').slice(0, bytes)
}

const SHAPES: [string, 'plain' | 'html', (n: number) => string][] = [
  ['words', 'plain', (n) => `w${n.toString(36)}x${n} `],
  ['one word', 'plain', (n) => n.toString(36)],
  ['lines', 'plain', (n) => `${n}\r\n`],
  ['web addresses', 'plain', (n) => `http://h${n}.d${n}.example/ `],
  ['links', 'html', (n) => `<a href="http://h${n}.d${n}.example/">x</a>`],
  ['tags', 'html', (n) => `<b${n}>`],
  ['open tags', 'html', () => '<a '],
  ['entities', 'html', (n) => `&#${n};&amp`],
  ['comments', 'html', () => '<!-- '],
]

const mailOf = (type: string, body: string) =>
  new TextEncoder().encode(
    `From: a@bad.example\r\nSubject: x\r\nContent-Type: text/${type}; charset=utf-8\r\n\r\n${body}`,
  )

async function cost(bytes: Uint8Array): Promise<{ parseMs: number; judgeMs: number }> {
  const { message: _, ...input } = await spamInput({})
  const begun = performance.now()
  const message = await parseMessage(bytes)
  const parsed = performance.now()
  scoreMessage({ ...input, message, learned: emptyLearned() })
  const links = readLinksOf(message)
  linkDomains(links)
  excerptOf(message, links)
  return { parseMs: parsed - begun, judgeMs: performance.now() - parsed }
}

describe('a message of 25 MB of tokens', () => {
  it.each(SHAPES)('of %s costs little more to judge than one of 1 MB', async (_name, type, shape) => {
    const body = tokens(24 * MIB, shape)
    const head = mailOf(type, body.slice(0, MIB))
    // The first time is the compiler's.
    await cost(head)
    const small = await cost(head)
    const large = await cost(mailOf(type, body))
    // Reading is linear; what is judged of it is bounded. Some milliseconds are the machine's own.
    expect(large.parseMs).toBeLessThan(24 * small.parseMs + 300)
    expect(large.judgeMs).toBeLessThan(2 * small.judgeMs + 50)
  })
})

describe('ham text that nobody sees', () => {
  const HAM =
    'We met on Friday and talked about the plans for the garden; see the notes that Ann wrote for you. '.repeat(60)
  const spam = (hidden: string): Mail => ({
    headers: {
      From: 'Your Bank',
      'Message-ID': null,
      Subject: 'VERIFY YOUR ACCOUNT NOW',
      To: 'undisclosed-recipients:;',
    },
    html: `<html><body>${hidden}<a href="http://192.0.2.7/login"><img src="http://192.0.2.7/all.png"></a></body></html>`,
  })
  const WAYS: [string, string][] = [
    ['not displayed', `<div style="display:none">${HAM}</div>`],
    ['of no size', `<span style="font-size:0">${HAM}</span>`],
    ['of its background', `<p style="color:#fff;background:#fff">${HAM}</p>`],
    ['transparent', `<p style="opacity:0">${HAM}</p>`],
    ['in the title', `<title>${HAM}</title>`],
    ['in a comment', `<!-- ${HAM} -->`],
  ]
  it.each(WAYS)(
    '%s, gains a message less than an oddity or two is worth, and does not free it',
    async (_name, hidden) => {
      const plain = scoreMessage(await spamInput(spam('')))
      const dressed = scoreMessage(await spamInput(spam(hidden)))
      expect(plain.verdict).toBe('junk')
      expect(dressed.verdict).toBe('junk')
      expect(plain.score - dressed.score).toBeLessThanOrEqual(3.5)
    },
  )
})
