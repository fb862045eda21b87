/** Searching: what people type is found or not found, and never an error; scripts without spaces are found too. */
import { env } from 'cloudflare:workers'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { parseQuery } from '../../src/mailbox/search-query.ts'
import { cutToBytes, indexText } from '../../src/mailbox/search-text.ts'
import { makeAccount, makeWorld, migrate, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

let world: World
let account: number

const MAILS: Record<string, string> = {
  english: 'The quick brown fox wrote to alice@example.org about C++ and the O’Reilly book.',
  german: 'Die Größe der Übung beträgt fünf Äpfel. Straße.',
  chinese: '我们明天在北京开会讨论预算。',
  japanese: '東京都の天気予報をお知らせします。コンピュータも使う。',
  korean: '서울에서 회의를 합니다.',
  thai: 'ประชุมพรุ่งนี้ที่กรุงเทพ',
  numbers: 'Invoice 2026-0042, total 1,234.56 EUR',
}

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  account = await makeAccount(world, 'demo@postern.test')
  for (const [subject, body] of Object.entries(MAILS)) {
    const bytes = new TextEncoder().encode(`${body}\r\n`)
    const raw = plainMessage({ Subject: subject, 'Content-Transfer-Encoding': '8bit' }, String.fromCharCode(...bytes))
    await receiveRaw(world, 'demo@postern.test', raw)
  }
})

async function found(q: string): Promise<string[]> {
  const page = await listMessages(world.deps, whole(account), { before: null, limit: 50, q })
  if (isFailure(page)) throw new Error(page.detail)
  return page.messages.map((message) => message.subject)
}

describe('a search', () => {
  it.each([
    ['fox', 'english'],
    ['FOX quick', 'english'],
    ['"brown fox"', 'english'],
    ['bro*', 'english'],
    ['alice@example.org', 'english'],
    ['o’reilly', 'english'],
    ['grosse', ''],
    ['größe', 'german'],
    ['grösse', ''],
    ['grosze', ''],
    ['ubung', 'german'],
    ['北京', 'chinese'],
    ['北京开会', 'chinese'],
    ['算', 'chinese'],
    ['明天 预算', 'chinese'],
    ['東京', 'japanese'],
    ['天気予報', 'japanese'],
    ['コンピュータ', 'japanese'],
    ['ｺﾝﾋﾟｭｰﾀ', 'japanese'],
    ['회의', 'korean'],
    ['พรุ่งนี้', 'thai'],
    ['กรุงเทพ', 'thai'],
    ['2026-0042', 'numbers'],
    ['1,234.56', 'numbers'],
    ['subject:fox', ''],
    ['subject:english fox', 'english'],
    ['"fox brown"', ''],
    ['fox AND dog', ''],
    ['fox OR dog', 'english'],
    ['NOT fox', ''],
    ['京东', ''],
  ])('for %s finds "%s"', async (q, subject) => {
    expect(await found(q)).toEqual(subject === '' ? [] : [subject])
  })

  it.each([
    '',
    ' ',
    '"',
    '""',
    '***',
    '*',
    '(',
    ')',
    '- -',
    '^',
    '{a b}',
    'a:b:c',
    'NEAR(a b)',
    "'; drop table messages; --",
    '"unclosed',
    '\\',
    '\u0000',
    '%',
    '🦊',
    '\ud800',
  ])('for %j is no error', async (q) => {
    expect(Array.isArray(await found(q))).toBe(true)
  })

  it('is never a syntax error, whatever is typed', async () => {
    const text$ = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({ maxLength: 40 }),
      fc.stringMatching(/^["*():^{}+\-a-c ]{0,30}$/),
    )
    await fc.assert(
      fc.asyncProperty(text$, async (q) => {
        await found(q)
      }),
      { numRuns: 300 },
    )
  })

  it('cuts what is too long to be a search', () => {
    expect(parseQuery('word '.repeat(10_000))).toMatchObject({ kind: 'all', of: { length: 32 } })
  })
})

describe('the indexed text', () => {
  it('leaves text that has spaces alone', () => {
    expect(indexText('plain words')).toBe('plain words')
  })

  it('is cut at a character, by its bytes', () => {
    expect(cutToBytes('äöü', 4)).toBe('äö')
    expect(cutToBytes('äöü', 5)).toBe('äö')
    expect(cutToBytes('a🦊', 4)).toBe('a')
    expect(cutToBytes('abc', 100)).toBe('abc')
  })

  it('holds at most its share of a huge message', async () => {
    const raw = plainMessage({ Subject: 'huge' }, `${'filler '.repeat(60_000)}\r\nneedle\r\n`)
    await receiveRaw(world, 'demo@postern.test', raw)
    expect(await found('filler')).toEqual(['huge'])
    expect(await found('needle')).toEqual([])
    expect(await env.DB.prepare('select count(*) n from messages').first('n')).toBe(Object.keys(MAILS).length + 1)
  })
})
