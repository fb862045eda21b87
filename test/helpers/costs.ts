/**
 * The operations whose cost must not grow with the mailbox, each with the rows that it may read and write
 * (ARCHITECTURE.md, "Costs"), and mailboxes of a given size to run them in. Asserted by rows.test.ts, printed by bench/.
 *
 * The account measured is the lowest of three, so that a bound that leaks into the next account is seen.
 */
import { env } from 'cloudflare:workers'
import { putForwarding } from '../../src/access/forwarding.ts'
import { putVacation } from '../../src/access/vacation.ts'
import { report } from '../../src/junk/report.ts'
import { train } from '../../src/junk/train.ts'
import { changeAll } from '../../src/mailbox/change.ts'
import type { Edit } from '../../src/mailbox/change-plan.ts'
import { listChanges } from '../../src/mailbox/changes.ts'
import { listConversations } from '../../src/mailbox/conversations.ts'
import { ANSWERED, FLAGGED, SEEN } from '../../src/mailbox/flags.ts'
import { importMessage } from '../../src/mailbox/import.ts'
import { listMessages } from '../../src/mailbox/list.ts'
import { createMailbox } from '../../src/mailbox/mailbox-edit.ts'
import { listMailboxes } from '../../src/mailbox/mailboxes.ts'
import { readMessage } from '../../src/mailbox/read.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { fetchByUid, openMailbox } from '../../src/mailbox/uids.ts'
import { BEGINNING, listEvents } from '../../src/notify/events.ts'
import { sendDue } from '../../src/outbound/send-due.ts'
import { submit } from '../../src/outbound/submit.ts'
import { UIDS_PER_PAGE } from '../../src/store/message-write.ts'
import { type BulkMailbox, fillMailbox } from './bulk.ts'
import { COMPOSING } from './costs-composing.ts'
import { type Meter, metered } from './counting.ts'
import { disguisedMessage, latin1, makeAccount, makeWorld, plainMessage, receiveRaw, type World } from './world.ts'

export type Setup = { world: World; meter: Meter; box: BulkMailbox; archive: number }

/** A mailbox of `size` messages over a metered database, with two neighbours above it. */
export async function setUp(size: number): Promise<Setup> {
  const meter = metered(env.DB)
  const world = makeWorld({
    databases: [meter.d1],
    provider: { send: async ({ to }) => ({ kind: 'delivered', providerId: `p-${to}` }) },
  })
  const accountId = await makeAccount(world, `demo@size${size}.test`)
  const boxes = await listMailboxes(world.deps, whole(accountId))
  const inbox = boxes.find((box) => box.role === 'inbox')
  const archive = boxes.find((box) => box.role === 'archive')
  const box = await fillMailbox(env.DB, accountId, inbox?.id ?? 0, size)
  for (const other of ['a', 'b']) {
    const neighbour = await makeAccount(world, `${other}@size${size}-neighbour.test`)
    const theirs = (await listMailboxes(world.deps, whole(neighbour))).find((mailbox) => mailbox.role === 'inbox')
    await fillMailbox(env.DB, neighbour, theirs?.id ?? 0, 500)
  }
  return { world, meter, box, archive: archive?.id ?? 0 }
}

export type Operation = {
  name: string
  read: number
  /** More rows for each 2,048 UIDs in use. */
  readPer2048?: number
  written: number
  statements?: number
  /** What comes before, and is not counted. */
  prepare?(setup: Setup): Promise<number>
  run(setup: Setup, prepared: number): Promise<unknown>
}

export const OPERATIONS: Operation[] = [
  {
    name: 'receive',
    read: 48,
    written: 20,
    run: ({ world, box }) => receiveRaw(world, `demo@size${box.size}.test`, plainMessage()),
  },
  {
    name: 'receive from a proven sender, with a model and a reference',
    read: 48,
    written: 20,
    prepare: async ({ world, box }) => {
      await train(world.deps, box.accountId, 'spam', [latin1(plainMessage())])
      return 0
    },
    run: ({ world, box }) =>
      receiveRaw(world, `demo@size${box.size}.test`, plainMessage({ 'In-Reply-To': `<${crypto.randomUUID()}@x>` }), {
        source: 'local',
      }),
  },
  {
    name: 'hold one back in quarantine',
    read: 48,
    written: 20,
    run: ({ world, box }) => receiveRaw(world, `demo@size${box.size}.test`, disguisedMessage()),
  },
  {
    name: 'receive with 10 unknown references',
    read: 58,
    written: 30,
    run: ({ world, box }) =>
      receiveRaw(
        world,
        `demo@size${box.size}.test`,
        plainMessage({ References: Array.from({ length: 10 }, () => `<${crypto.randomUUID()}@x>`).join(' ') }),
      ),
  },
  { name: 'list 50', read: 110, written: 0, run: (setup) => page(setup, { mailboxId: setup.box.mailboxId }) },
  {
    name: 'list 50, deep',
    read: 110,
    written: 0,
    run: (setup) => page(setup, { mailboxId: setup.box.mailboxId, before: setup.box.idOf(400) }),
  },
  { name: 'list 50 of all mail', read: 110, written: 0, run: (setup) => page(setup, {}) },
  {
    name: 'list 50 unread',
    read: 110,
    written: 0,
    run: (setup) => page(setup, { mailboxId: setup.box.mailboxId, unread: true }),
  },
  {
    name: 'list flagged',
    read: 110,
    written: 0,
    run: (setup) => page(setup, { mailboxId: setup.box.mailboxId, flagged: true, limit: 20 }),
  },
  { name: 'list a thread', read: 16, written: 0, run: (setup) => page(setup, { threadId: setup.box.idOf(1) }) },
  { name: 'search, 20 of many', read: 66, written: 0, run: (setup) => page(setup, { q: 'common', limit: 20 }) },
  { name: 'search, one of few', read: 66, written: 0, run: (setup) => page(setup, { q: 'rare', limit: 20 }) },
  { name: 'search by prefixes', read: 66, written: 0, run: (setup) => page(setup, { q: 'co* wo* me*', limit: 20 }) },
  { name: 'search without a hit', read: 66, written: 0, run: (setup) => page(setup, { q: 'nowhere', limit: 20 }) },
  {
    name: 'search and mailbox and unread',
    read: 1_600,
    written: 0,
    run: (setup) => page(setup, { q: 'common', mailboxId: setup.box.mailboxId, unread: true }),
  },
  { name: 'search and flagged', read: 1_600, written: 0, run: (setup) => page(setup, { q: 'common', flagged: true }) },
  { name: 'unread of all mail', read: 1_600, written: 0, run: (setup) => page(setup, { unread: true, flagged: true }) },
  {
    name: 'text, recipient, unread, size and time',
    read: 1_600,
    written: 0,
    run: (setup) => page(setup, { q: 'common', to: 'demo', unread: true, sizeMin: 10, since: 0, hasAttachment: false }),
  },
  {
    name: 'one text or another, one without',
    read: 1_600,
    written: 0,
    run: (setup) => page(setup, { q: '(common OR rare) -nowhere -(is:flagged word)' }),
  },
  {
    name: 'without a word, in a mailbox',
    read: 1_600,
    written: 0,
    run: (setup) => page(setup, { q: '-common', mailboxId: setup.box.mailboxId }),
  },
  {
    name: 'thirty texts and flags, one or another',
    read: 1_600,
    written: 0,
    run: (setup) => page(setup, { q: Array.from({ length: 15 }, (_, i) => `word${i} OR is:draft`).join(' OR ') }),
  },
  {
    name: 'one mailbox by its name, unread',
    read: 1_600,
    written: 0,
    run: (setup) => page(setup, { q: 'in:inbox is:unread' }),
  },
  {
    name: 'import one',
    read: 48,
    written: 20,
    run: ({ world, box }) =>
      importMessage(world.deps, whole(box.accountId), {
        bytes: latin1(plainMessage({ Date: 'Mon, 02 Feb 2015 10:00:00 +0000' })),
        mailboxId: box.mailboxId,
        receivedAt: null,
        flags: 0,
        keywords: [],
        name: crypto.randomUUID(),
      }),
  },
  {
    name: 'read one',
    read: 6,
    written: 0,
    run: ({ world, box }) => readMessage(world.deps, whole(box.accountId), box.idOf(500)),
  },
  {
    name: 'mailbox list',
    read: 9,
    written: 0,
    run: ({ world, box }) => listMailboxes(world.deps, whole(box.accountId)),
  },
  {
    name: 'changes, a page of 100',
    read: 206,
    written: 0,
    run: ({ world, box }) => listChanges(world.deps, whole(box.accountId), { modseq: 10, id: 0 }, 100),
  },
  {
    name: 'events, a page of 50',
    read: 53,
    written: 0,
    prepare: ({ box }) => tellMuch(box.accountId),
    run: ({ world, box }) => listEvents(world.deps, box.accountId, { since: BEGINNING, types: null, limit: 50 }),
  },
  {
    name: 'list 50 conversations',
    read: 110,
    written: 0,
    run: ({ world, box }) =>
      listConversations(world.deps, whole(box.accountId), { mailboxId: box.mailboxId, before: null, limit: 50 }),
  },
  { name: 'flag one', read: 12, written: 8, run: (setup) => change(setup, [101], { set: FLAGGED }) },
  { name: 'mark one read', read: 12, written: 8, run: (setup) => change(setup, [105], { set: SEEN }) },
  {
    name: 'flag 450',
    read: 4_500,
    written: 1_800,
    statements: 10,
    run: (setup) => change(setup, series(201, 450), { set: ANSWERED }),
  },
  {
    name: 'mark 450 read',
    read: 4_500,
    written: 1_800,
    statements: 10,
    run: (setup) => change(setup, series(201, 450), { set: SEEN }),
  },
  {
    name: 'move one',
    read: 32,
    written: 18,
    run: (setup) => change(setup, [110], { remove: 'all', add: [setup.archive] }),
  },
  {
    name: 'move 200',
    read: 2_000,
    written: 1_400,
    statements: 10,
    run: (setup) => change(setup, series(701, 200), { remove: 'all', add: [setup.archive] }),
  },
  {
    name: 'report one as spam, with the move',
    read: 36,
    written: 22,
    // The messages that fill the mailbox have no raw object: one that was received has. Its sender and the model are known.
    prepare: async ({ world, box }) => {
      const filed = await receiveRaw(world, `demo@size${box.size}.test`, plainMessage(), { source: 'local' })
      if (filed.kind !== 'filed') throw new Error(filed.kind)
      await report(world.deps, whole(box.accountId), filed.id, { as: 'ham', listSender: false })
      return filed.id
    },
    run: ({ world, box }, id) => report(world.deps, whole(box.accountId), id, { as: 'spam', listSender: true }),
  },
  {
    name: 'place one in a second mailbox',
    read: 16,
    written: 13,
    run: (setup) => change(setup, [115], { add: [setup.archive] }),
  },
  { name: 'destroy one', read: 20, written: 12, run: (setup) => change(setup, [120], { destroy: true }) },
  {
    name: 'open (SELECT)',
    read: 3,
    readPer2048: 1,
    written: 0,
    run: ({ world, box }) => openMailbox(world.deps, box.accountId, box.mailboxId),
  },
  {
    name: 'fetch 50',
    read: 110,
    written: 0,
    run: ({ world, box }) => fetchByUid(world.deps, box.accountId, box.mailboxId, 10, 59),
  },
  {
    name: 'submit to one recipient',
    read: 60,
    written: 26,
    run: (setup) => submitTo(setup, [`demo@size${setup.box.size}.test`]),
  },
  {
    name: 'hand one recipient to a provider, and note what it says',
    read: 30,
    written: 14,
    prepare: async (setup) => Number(await submitTo(setup, ['one@elsewhere.example'])),
    run: ({ world }) => sendDue(world.deps, 0).then(() => ({})),
  },
  {
    name: 'hand 50 recipients to a provider, and note what it says',
    read: 900,
    written: 300,
    prepare: async (setup) =>
      Number(
        await submitTo(
          setup,
          Array.from({ length: 50 }, (_, n) => `n${n}@elsewhere.example`),
        ),
      ),
    run: ({ world }) => sendDue(world.deps, 0).then(() => ({})),
  },
  ...COMPOSING,
  {
    name: 'make a mailbox',
    read: 40,
    written: 8,
    run: ({ world, box }) =>
      createMailbox(world.deps, whole(box.accountId), { name: crypto.randomUUID(), parentId: null, role: null }),
  },
  {
    // The last one: the account sends on and answers from here on.
    name: 'receive, send on and answer',
    read: 90,
    written: 48,
    prepare: async ({ world, box }) => {
      const away = { isEnabled: true, startsAt: null, endsAt: null, days: 7, subject: null, text: null, html: null }
      await putVacation(world.deps, box.accountId, away, null)
      await putForwarding(world.deps, box.accountId, { targets: ['on@elsewhere.example'], keepsCopy: true })
      return 0
    },
    run: ({ world, box }) => {
      const from = `a@size${box.size}-neighbour.test`
      const to = `demo@size${box.size}.test`
      return receiveRaw(world, to, plainMessage({ From: from, To: to }), { from, source: 'local' })
    },
  },
]

/** More events than a page has, of the account and of the next one. */
async function tellMuch(accountId: number): Promise<number> {
  const { meta } = await env.DB.prepare(
    `with recursive n(i) as (select 1 union all select i + 1 from n where i < 500)
      insert into events (account_id, modseq, n, at, event)
      select ? + i % 2, 1, 1000 + i, 0, '{"type":"message.changed","messages":[]}' from n`,
  )
    .bind(accountId)
    .run()
  return meta.changes
}

function submitTo({ world, box }: Setup, addresses: string[]) {
  const to = addresses.map((address) => ({ name: '', address }))
  const draft = { from: null, to, cc: [], bcc: [], replyTo: [], headers: [], attachments: [] }
  return submit(world.deps, whole(box.accountId), { ...draft, subject: 'Own', text: 'Own.', html: null }, null)
}

function change({ world, box }: Setup, ns: number[], edit: Edit) {
  return changeAll(world.deps, whole(box.accountId), ns.map(box.idOf), edit)
}

function series(from: number, n: number): number[] {
  return Array.from({ length: n }, (_, i) => from + i)
}

function page({ world, box }: Setup, query: Partial<Parameters<typeof listMessages>[2]>) {
  return listMessages(world.deps, whole(box.accountId), { before: null, limit: 50, ...query })
}

/** Rows that an operation may read in a mailbox of a size. */
export function readBar({ read, readPer2048 }: Operation, size: number): number {
  return read + (readPer2048 ?? 0) * Math.ceil((size + 1) / UIDS_PER_PAGE)
}
