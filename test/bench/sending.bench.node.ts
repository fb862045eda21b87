/**
 * What sending costs: the CPU of a message and of each recipient more, from the request to the provider's word, how many
 * messages a second that makes with a provider that answers at once, and the memory that a large attachment takes.
 *
 * Figures, and no bars: they depend on the machine. Rows are held by test/rows.test.ts.
 */
import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { createAccount } from '../../src/access/accounts.ts'
import { createAddress, createDomain } from '../../src/access/addresses.ts'
import type { Deps } from '../../src/deps.ts'
import { isFailure } from '../../src/errors.ts'
import { whole } from '../../src/mailbox/reader.ts'
import { openProviders } from '../../src/outbound/provider.ts'
import { sendDue } from '../../src/outbound/send-due.ts'
import { submit } from '../../src/outbound/submit.ts'
import { DEFAULT_POLICY } from '../../src/spam/input.ts'
import { openStores } from '../../src/store/stores.ts'
import { providerOf } from '../helpers/provider.ts'
import { type SqliteStorage, sqliteStorage } from './sqlite-storage.ts'

const MESSAGES = 200
/** Sent by each account before its figures are taken; and one account's whole series is for the engine to compile what runs often. */
const WARM_UP = 20
const RECIPIENTS = [1, 10, 50]
const ATTACHMENT_MB = 20
const TEXT = 'The quince trees are in bloom, and nobody has looked at them closely.\n'.repeat(40)

type Figures = { cpuMs: number; wallMs: number }

it('prints the CPU of a message and a recipient, and messages a second', async () => {
  const lines: string[] = []
  const own: number[] = []
  for (const [series, count] of [10, ...RECIPIENTS].entries()) {
    const storage = sqliteStorage()
    const handed: number[] = []
    const deps = sendingDeps(storage, handed)
    const accountId = await makeSender(deps)
    await submitAll(deps, accountId, count, WARM_UP)
    await settleAll(deps, handed)
    const submitting = await measured(storage, () => submitAll(deps, accountId, count))
    const settling = await measured(storage, () => settleAll(deps, handed))
    expect(handed.length).toBe((MESSAGES + WARM_UP) * count)
    if (series === 0) continue
    own.push((submitting.cpuMs + settling.cpuMs) / MESSAGES)
    const each = ({ cpuMs, wallMs }: Figures) =>
      `${((cpuMs / MESSAGES) * 1000).toFixed(0)} us, ${Math.round((MESSAGES * 1000) / wallMs)} a second`
    lines.push(
      `${String(count).padStart(2)} recipients: submit ${each(submitting)}; hand over and settle ${each(settling)}`,
    )
  }
  const [least = 0, most = 0] = [own[0], own.at(-1)]
  const more = ((most - least) / ((RECIPIENTS.at(-1) ?? 0) - 1)) * 1000
  console.log(
    `CPU a message without the database's, and messages a second with it, over ${MESSAGES} of ${TEXT.length} characters\n${lines.join('\n')}\neach recipient more: ${more.toFixed(0)} us`,
  )
})

it('prints the memory that an attachment takes', () => {
  const peakMb = (script: string) => Number(execFileSync(process.execPath, ['--input-type=module', '-e', script]))
  const given = `const bytes = new Uint8Array(${ATTACHMENT_MB} * 1024 * 1024).map((_, i) => (i * 31) % 251)\n`
  const report = 'console.log(process.resourceUsage().maxRSS / 1024)'
  const modules = `import { compose } from '${process.cwd()}/src/mime/compose.ts'\nimport { parseMessage } from '${process.cwd()}/src/mime/parse.ts'\n`
  const composed = `const one = [{ name: '', address: 'a@x.example' }]
    const draft = { from: one[0], to: one, cc: [], bcc: [], replyTo: [], subject: 'Large', text: 'See.', html: null, headers: [],
      attachments: [{ filename: 'a.bin', contentType: 'application/octet-stream', bytes, contentId: null }] }
    const raw = compose(draft, { messageId: 'a@x.example', nowMs: 0, unique: 'u' })\n`
  const base = peakMb(modules + given + report)
  const peaks = [
    modules + given + composed + report,
    `${modules + given + composed}await parseMessage(raw)\n${report}`,
  ].map((script) => peakMb(script) - base)
  expect(peaks.every((peak) => peak > 0)).toBe(true)
  const [composing = 0, parsing = 0] = peaks
  console.log(
    `memory beside an attachment of ${ATTACHMENT_MB} MB: composing ${composing.toFixed(0)} MB (the message), and read for the copy in Sent ${parsing.toFixed(0)} MB`,
  )
})

async function measured(storage: SqliteStorage, work: () => Promise<void>): Promise<Figures> {
  const [cpu, sql, wall] = [process.cpuUsage(), storage.sqlMs(), performance.now()]
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return { cpuMs: (user + system) / 1000 - (storage.sqlMs() - sql), wallMs: performance.now() - wall }
}

async function submitAll(deps: Deps, accountId: number, recipients: number, messages = MESSAGES): Promise<void> {
  for (let n = 0; n < messages; n++) {
    const to = Array.from({ length: recipients }, (_, i) => ({ name: '', address: `to${i}.${n}@elsewhere.example` }))
    const mail = { from: null, to, cc: [], bcc: [], replyTo: [], headers: [], attachments: [], html: null }
    const made = await submit(deps, whole(accountId), { ...mail, subject: `Message ${n}`, text: TEXT }, null)
    if (isFailure(made)) throw new Error(made.detail)
  }
}

// Rounds are bounded, so it is asked until a round hands over nothing.
async function settleAll(deps: Deps, handed: number[]): Promise<void> {
  for (let before = -1; before < handed.length; ) {
    before = handed.length
    await sendDue(deps, 0)
  }
}

function sendingDeps({ d1, bucket }: SqliteStorage, handed: number[]): Deps {
  const send = async () => ({ kind: 'delivered' as const, providerId: String(handed.push(1)) })
  return {
    stores: openStores([d1], bucket),
    queues: { events: { send: async () => {} }, outbound: { send: async () => {} } },
    providers: openProviders([providerOf({ send })]),
    returnDomain: null,
    live: null,
    now: () => Date.now(),
    random: (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes)),
    secrets: { root: null, adminKey: null },
    policy: DEFAULT_POLICY,
    log: (entry: Record<string, unknown>) => {
      if (entry.level === 'error') throw new Error(JSON.stringify(entry))
    },
    background: () => {},
  } as unknown as Deps
}

async function makeSender(deps: Deps): Promise<number> {
  const { id } = await createAccount(deps, { name: 'bench', quotaBytes: null })
  await createDomain(deps, 'postern.test')
  const made = await createAddress(deps, {
    address: 'bench@postern.test',
    kind: 'address',
    accountId: id,
    target: null,
  })
  if (isFailure(made)) throw new Error(made.detail)
  return id
}
