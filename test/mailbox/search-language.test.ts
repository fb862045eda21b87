/**
 * The search language against a reader of its own: queries made at random from small parts find exactly the messages that
 * a naive evaluation of the same tree finds, whichever index drives, page by page.
 */
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import { FLAGGED, SEEN } from '../../src/mailbox/flags.ts'
import { type ListFilter, listMessages } from '../../src/mailbox/list.ts'
import { createMailbox } from '../../src/mailbox/mailbox-edit.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { SEARCH_LANGUAGE } from '../../src/mailbox/search-language.ts'
import { makeAccount, makeWorld, migrate, NOON, plainMessage, receiveRaw, type World } from '../helpers/world.ts'

const WORDS = ['quince', 'pear', 'orchard', 'thursday'] as const
const SENDERS = ['ada', 'grace', 'linus'] as const
const DAY_MS = 86_400_000

/** What the naive reader knows of a message. */
type Known = {
  subject: string
  body: string[]
  sender: string
  flagged: boolean
  unread: boolean
  archived: boolean
  attachment: boolean
  keyword: boolean
  day: number
}

let world: World
let account: number
let archive: number
const known: Known[] = []

beforeAll(async () => {
  await migrate()
  world = makeWorld()
  account = await makeAccount(world, 'demo@postern.test')
  const neighbour = await makeAccount(world, 'other@postern.test')
  archive = (await listMailboxes(world.deps, whole(account))).find((box) => box.role === 'archive')?.id ?? 0
  for (let n = 0; n < 48; n++) {
    world.clock.ms = NOON + Math.floor(n / 8) * DAY_MS + n * 1000
    const one: Known = {
      subject: `Item ${n} ${WORDS[n % 4]}`,
      body: WORDS.filter((_, i) => (n >> i) & 1),
      sender: SENDERS[n % 3] as string,
      flagged: n % 5 === 0,
      unread: n % 7 !== 0,
      archived: n % 4 === 1,
      attachment: n % 6 === 2,
      keyword: n % 8 === 3,
      day: Math.floor(n / 8),
    }
    known.push(one)
    await receiveRaw(world, 'other@postern.test', messageOf(one))
    const received = await receiveRaw(world, 'demo@postern.test', messageOf(one))
    if (received.kind !== 'filed') throw new Error(received.kind)
    await changeAll(world.deps, whole(account), [received.id], {
      set: (one.flagged ? FLAGGED : 0) | (one.unread ? 0 : SEEN),
      ...(one.keyword ? { addKeywords: ['label'] } : {}),
      ...(one.archived ? { remove: 'all', add: [archive] } : {}),
    })
  }
  expect(neighbour).not.toBe(account)
})

function messageOf(one: Known): string {
  const over = {
    From: `${one.sender} <${one.sender}@elsewhere.example>`,
    Subject: one.subject,
    ...(one.attachment ? { 'Content-Type': 'multipart/mixed; boundary=b' } : {}),
  }
  const body = `Words: ${one.body.join(' ')}\r\n`
  if (!one.attachment) return plainMessage(over, body)
  const part = 'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="plan.pdf"\r\n\r\nx'
  return plainMessage(over, `--b\r\nContent-Type: text/plain\r\n\r\n${body}\r\n--b\r\n${part}\r\n--b--\r\n`)
}

type Tree = { text: string; fits(one: Known): boolean }

const date = (day: number) => new Date(NOON + day * DAY_MS).toISOString().slice(0, 10)
const says = (one: Known, word: string) => one.body.includes(word) || one.subject.includes(word)

const leaf$: fc.Arbitrary<Tree> = fc.oneof(
  fc.constantFrom(...WORDS).map((word) => ({ text: word, fits: (one: Known) => says(one, word) })),
  fc.constantFrom(...WORDS).map((word) => ({
    text: `${word.slice(0, 3)}*`,
    fits: (one: Known) => says(one, word),
  })),
  fc.constantFrom(...WORDS).map((word) => ({
    text: `subject:${word}`,
    fits: (one: Known) => one.subject.includes(word),
  })),
  fc.constantFrom(...SENDERS).map((name) => ({
    text: `from:${name}@elsewhere.example`,
    fits: (one: Known) => one.sender === name,
  })),
  fc.constantFrom<Tree>(
    { text: 'is:unread', fits: (one) => one.unread },
    { text: 'is:read', fits: (one) => !one.unread },
    { text: 'is:flagged', fits: (one) => one.flagged },
    { text: 'in:archive', fits: (one) => one.archived },
    { text: 'in:INBOX', fits: (one) => !one.archived },
    { text: 'has:attachment', fits: (one) => one.attachment },
    { text: 'filename:plan.pdf', fits: (one) => one.attachment },
    { text: 'keyword:label', fits: (one) => one.keyword },
    { text: 'larger:1', fits: () => true },
    { text: 'smaller:10', fits: () => false },
    { text: '"quince pear"', fits: (one) => one.body[0] === 'quince' && one.body[1] === 'pear' },
  ),
  fc.integer({ min: 0, max: 6 }).map((day) => ({ text: `after:${date(day)}`, fits: (one: Known) => one.day >= day })),
  fc.integer({ min: 0, max: 6 }).map((day) => ({ text: `before:${date(day)}`, fits: (one: Known) => one.day < day })),
)

const tree$ = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf$,
    tie('tree').map(({ text, fits }) => ({ text: `-(${text})`, fits: (one: Known) => !fits(one) })),
    fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((of) => ({
      text: `(${of.map(({ text }) => text).join(' ')})`,
      fits: (one: Known) => of.every(({ fits }) => fits(one)),
    })),
    fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((of) => ({
      text: `(${of.map(({ text }) => text).join(' OR ')})`,
      fits: (one: Known) => of.some(({ fits }) => fits(one)),
    })),
  ),
})).tree

async function found(filter: ListFilter, limit = 7): Promise<string[]> {
  const subjects: string[] = []
  for (let before: number | null = null; ; ) {
    const page = await listMessages(world.deps, whole(account), { ...filter, before, limit })
    if (isFailure(page)) throw new Error(page.detail)
    subjects.push(...page.messages.map((message) => message.subject))
    if (page.next === null) return subjects
    before = page.next
  }
}

const expected = (fits: Tree['fits']) =>
  known
    .filter(fits)
    .map(({ subject }) => subject)
    .reverse()

describe('the search language', () => {
  it('finds what its words mean, alone and combined', async () => {
    await fc.assert(
      fc.asyncProperty(tree$, async ({ text, fits }) => {
        // Three prefixes are honoured; further ones are words.
        fc.pre((text.match(/\*/g) ?? []).length <= 3 && (text.match(/[\w*"]+(?=[ )]|$)/g) ?? []).length <= 32)
        expect([text, await found({ q: text })]).toEqual([text, expected(fits)])
      }),
      { numRuns: 150, seed: 20_260_301 },
    )
  })

  it('goes with filters, which drive where they can', async () => {
    const filters: [ListFilter, Tree['fits']][] = [
      [{ mailboxId: archive }, (one) => one.archived],
      [{ unread: true }, (one) => one.unread],
      [{ mailboxId: archive, unread: true }, (one) => one.archived && one.unread],
      [{ mailboxId: archive, flagged: true }, (one) => one.archived && one.flagged],
      [{ flagged: false, hasAttachment: false }, (one) => !one.flagged && !one.attachment],
      [{ hasAttachment: true }, (one) => one.attachment],
      [{ from: 'GRACE elsewhere' }, (one) => one.sender === 'grace'],
      [{ subject: 'pear item' }, (one) => one.subject.endsWith('pear')],
      [{ to: 'demo@postern.test', keyword: 'label' }, (one) => one.keyword],
      [{ since: NOON / 1000 + 2 * 86_400 }, (one) => one.day >= 2],
      [{ until: NOON / 1000 + 2 * 86_400, mailboxId: archive }, (one) => one.archived && one.day < 2],
      [{ sizeMin: 1 }, () => true],
      [{ sizeMin: 10_000_000 }, () => false],
      [{ from: '!!!' }, () => false],
    ]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...filters), fc.option(tree$), async ([filter, fits], tree) => {
        fc.pre((tree?.text.match(/\*/g) ?? []).length <= 3)
        const both = (one: Known) => fits(one) && (tree?.fits(one) ?? true)
        const got = await found(tree ? { ...filter, q: tree.text } : filter)
        expect([filter, tree?.text, got]).toEqual([filter, tree?.text, expected(both)])
      }),
      { numRuns: 80, seed: 20_260_302 },
    )
  })

  it.each([
    ['OR quince OR', 'quince'],
    ['(quince', 'quince'],
    ['quince)', 'quince'],
    ['((((((((((((((((quince))))))))))))))))', 'quince'],
    ['--quince', 'quince'],
    ['quince AND pear', 'quince pear'],
    ['FROM:ada', 'from:ada'],
    ['from:"ada"', 'from:ada'],
    ['quince -', 'quince'],
    ['quince - pear', 'quince pear'],
    ['-"pear"', '-pear'],
    ['is:starred', 'is:flagged'],
    ['after:2026/3/3', 'after:2026-03-03'],
  ])('reads %s as %s', async (loose, strict) => {
    expect(await found({ q: loose })).toEqual(await found({ q: strict }))
    expect((await found({ q: loose })).length).toBeGreaterThan(0)
  })

  it.each(['is:blue', 'after:noon', 'after:2026-02-31', 'larger:many', 'has:fun', 'in:nowhere', '!!!', '-!!!', '()'])(
    'finds nothing for %s, which is no error',
    async (q) => {
      expect(await found({ q })).toEqual([])
    },
  )

  it.each([
    ['deep nesting', `${'(is:unread OR -(quince is:flagged OR '.repeat(9)}pear${'))'.repeat(9)}`],
    ['one part of hundreds of pieces', `is:unread OR ${'a北b京'.repeat(200)}`],
    ['the same, excluded', `-"${'a北b京'.repeat(200)}" is:unread`],
    ['many mailboxes', Array.from({ length: 32 }, () => 'in:inbox').join(' OR ')],
    ['many flags and words', Array.from({ length: 16 }, (_, i) => `(is:flagged w${i})`).join(' OR ')],
    ['many negations', Array.from({ length: 32 }, (_, i) => `-w${i}`).join(' ')],
    ['a thousand dashes', `${'-'.repeat(999)}x`],
    ['a thousand parentheses', '('.repeat(1_000)],
  ])('takes %s', async (_, q) => {
    expect(Array.isArray(await found({ q }))).toBe(true)
  })

  it('looks into every mailbox of a name, and costs no more for it', async () => {
    const reader = whole(await makeAccount(world, 'names@postern.test'))
    const ids: number[] = []
    for (let n = 0; n < 60; n++) {
      const parent = await createMailbox(world.deps, reader, { name: `Parent ${n}`, parentId: null, role: null })
      if (isFailure(parent)) throw new Error(parent.detail)
      const box = await createMailbox(world.deps, reader, { name: 'Same', parentId: parent.id, role: null })
      if (isFailure(box)) throw new Error(box.detail)
      ids.push(box.id)
    }
    for (const id of [ids[0], ids[59]]) {
      const received = await receiveRaw(world, 'names@postern.test', plainMessage())
      if (received.kind !== 'filed') throw new Error(received.kind)
      await changeAll(world.deps, reader, [received.id], { remove: 'all', add: [id ?? 0] })
    }
    const page = await listMessages(world.deps, reader, {
      q: 'in:same -(in:archive OR quince)',
      before: null,
      limit: 9,
    })
    expect(isFailure(page) ? page : page.messages).toHaveLength(2)
  })

  it('is told in a table whose every example is read', async () => {
    for (const [syntax] of SEARCH_LANGUAGE) {
      for (const example of syntax.split('  ')) expect(Array.isArray(await found({ q: example }))).toBe(true)
    }
  })
})
