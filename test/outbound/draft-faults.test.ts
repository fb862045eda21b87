/**
 * A draft is never lost, never there twice, and sent once, whichever single call of storage or queue fails, in whichever way,
 * while it is made, changed and sent. The client repeats what was not answered; then there is one copy in Sent, one message at
 * the other side, and nothing left of the draft.
 */
import { env } from 'cloudflare:workers'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Deps } from '../../src/deps.ts'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { changeDraft, createDraft, sendDraft } from '../../src/outbound/drafts.ts'
import { FAULT_MODES, faultsAt } from '../helpers/faults.ts'
import { faultyWorld } from '../helpers/faulty-world.ts'
import { makeAccount, makeWorld, migrate, type World } from '../helpers/world.ts'

/** What making, changing and sending one may call: beyond it, the way has grown a loop. */
const CALLS_MAX = 70

let clean: World
let ann: number
let bob: number
let injected = 0

beforeAll(async () => {
  await migrate()
  clean = makeWorld()
  ann = await makeAccount(clean, 'ann@a.example')
  bob = await makeAccount(clean, 'bob@b.example')
})

afterAll(() => console.log(`${injected} faults injected over making, changing and sending drafts`))

const wanted = (subject: string) => ({
  ...{ from: null, to: [{ name: '', address: 'bob@b.example' }], cc: [], bcc: [], replyTo: [], headers: [] },
  ...{ subject, text: 'Hi.', html: null, attachments: [], template: null },
})

/** Where a client stands: what it was not answered, it asks again. */
type Progress = { id: number | null; changed: boolean }

async function write(deps: Deps, subject: string, progress: Progress): Promise<number> {
  const reader = whole(ann)
  if (progress.id === null)
    progress.id = idOf(await createDraft(deps, reader, wanted(subject), subject.replace(' ', '-')))
  if (!progress.changed) {
    const changed = await changeDraft(deps, reader, progress.id, { text: 'Hello.' }, null)
    if (isFailure(changed)) throw new Error(changed.detail)
    progress.changed = true
  }
  const sent = await sendDraft(deps, reader, progress.id, null)
  if (isFailure(sent)) throw new Error(sent.detail)
  return sent.id
}

function idOf(made: Awaited<ReturnType<typeof createDraft>>): number {
  if (isFailure(made)) throw new Error(made.detail)
  return made.row.id
}

async function standing(subject: string) {
  const of = (account: number, more = '') =>
    env.DB.prepare(`select count(*) n from messages where subject = ? and id between ? and ? ${more}`)
      .bind(subject, account * 2 ** 37, (account + 1) * 2 ** 37 - 1)
      .first('n')
  return {
    sent: await of(ann, 'and flags & 8 = 0'),
    drafts: await of(ann, 'and flags & 8'),
    received: await of(bob, "and preview = 'Hello.'"),
    rows: await env.DB.prepare('select count(*) n from drafts').first('n'),
  }
}

it.each(FAULT_MODES)('a fault at each call (%s)', { timeout: 120_000 }, async (mode) => {
  const struck: { subject: string; call: string | undefined }[] = []
  for (let at = 1; at <= CALLS_MAX; at++) {
    const faults = faultsAt(at, mode)
    const subject = `${mode} ${at}`
    const progress: Progress = { id: null, changed: false }
    const first = await write(faultyWorld(clean, faults).deps, subject, progress).catch(() => null)
    const again = await write(clean.deps, subject, progress)
    if (first !== null) expect(again, subject).toBe(first)
    struck.push({ subject, call: faults.calls[at - 1] })
    if (faults.calls.length < at) break
    injected++
    expect(at).toBeLessThan(CALLS_MAX)
  }
  clean.outbound.push({ shard: 0 })
  await clean.settle()
  for (const { subject, call } of struck)
    expect(await standing(subject), `${subject} (${call})`).toEqual({ sent: 1, drafts: 0, received: 1, rows: 0 })
})
