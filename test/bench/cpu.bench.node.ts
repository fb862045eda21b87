/**
 * The CPU of the whole inbound pipeline against that of a bare postal-mime parse of the same messages, as a ratio measured
 * in one run. Storage answers at once from memory, so that what is measured is Postern's own work: routing, hashing,
 * parsing, verdicts, scoring, the statements. POSTERN_CORPUS names a folder of mail; without it, messages are made in the
 * sizes that mail has: short texts, newsletters, and attachments. These are signed by their sender, half of them come in
 * Cloudflare's sealed block, and all keys are known, so that every signature is verified.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import PostalMime from 'postal-mime'
import { expect, it } from 'vitest'
import { RateWindows } from '../../src/access/rate-limit.ts'
import type { Deps } from '../../src/deps.ts'
import { receive } from '../../src/inbound/receive.ts'
import { openProviders } from '../../src/outbound/provider.ts'
import { eventSettings } from '../../src/outbound/provider-events/configure.ts'
import { DEFAULT_POLICY } from '../../src/spam/input.ts'
import { openStores } from '../../src/store/stores.ts'
import type { Resolve } from '../../src/verify/resolve.ts'
import { tableResolve } from '../verify/raw-message.ts'
import { arcSet, dkimSigned, makeSigner, type Signer } from '../verify/signing.ts'

const RATIO_MAX = 3
const MESSAGES_MAX = 1_500
const ROUNDS = 3

function messagesIn(folder: string): Uint8Array[] {
  const entries = readdirSync(folder, { withFileTypes: true, recursive: true })
  const files = entries.filter((entry) => entry.isFile() && !/\.(tsv|json|md|txt)$/.test(entry.name))
  return files.slice(0, MESSAGES_MAX).map((entry) => new Uint8Array(readFileSync(join(entry.parentPath, entry.name))))
}

/** 200 messages: six in ten a text of 3 KB, three a newsletter of 40 KB with its text, one a text with 300 KB attached. */
function madeMessages(): Uint8Array[] {
  const words =
    'the quarterly figures of our small harbour town went up again while nobody looked at them closely'.split(' ')
  const prose = (bytes: number, from: number) => {
    const lines: string[] = []
    for (let i = from, size = 0; size < bytes; i += 11) {
      const line = Array.from({ length: 11 }, (_, k) => words[(i * 7 + k * 5) % words.length]).join(' ')
      lines.push(line)
      size += line.length + 2
    }
    return lines.join('\r\n')
  }
  const head = (n: number, type: string) =>
    `Received: from mx${n}.example.org by mx.example.net; Sun, 01 Mar 2026 11:59:00 +0000\r\nFrom: Sender ${n} <sender${n}@example.org>\r\n` +
    `To: demo@postern.test\r\nSubject: =?utf-8?Q?Figures_=E2=82=AC_${n}?=\r\nDate: Sun, 01 Mar 2026 11:59:00 +0000\r\n` +
    `Message-ID: <${n}@example.org>\r\nReferences: <${n - 1}@example.org> <${n - 2}@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: ${type}\r\n`
  const part = (type: string, body: string, encoding = '7bit') =>
    `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n`
  const html = (n: number) =>
    Array.from(
      { length: 120 },
      (_, i) =>
        `<tr><td style=3D"color:#333"><p>${prose(200, n + i)}</p><a href=3D"https://example.org/${i}">more</a></td></tr>`,
    ).join('\r\n')
  const attached = Buffer.from(Array.from({ length: 220_000 }, (_, i) => (i * 31) % 251))
    .toString('base64')
    .replace(/.{76}/g, '$&\r\n')
  return Array.from({ length: 200 }, (_, n) => {
    const text = part('text/plain; charset=utf-8', prose(3_000, n))
    const kinds = [
      () =>
        `${head(n, 'multipart/mixed; boundary=b')}\r\n${text}${part('application/pdf; name=a.pdf', attached, 'base64')}--b--\r\n`,
      () =>
        `${head(n, 'multipart/alternative; boundary=b')}\r\n${text}${part('text/html; charset=utf-8', `<table>${html(n)}</table>`, 'quoted-printable')}--b--\r\n`,
      () => `${head(n, 'text/plain; charset=utf-8')}\r\n${prose(3_000, n)}\r\n`,
    ]
    const kind = n % 10 === 0 ? 0 : n % 10 <= 3 ? 1 : 2
    return new TextEncoder().encode(kinds[kind]?.() ?? '')
  })
}

const NOW_MS = 1_772_366_400_000

/** The messages as they arrive: signed, every second one with Cloudflare's block. */
async function arrived(messages: Uint8Array[], sender: Signer, cloudflare: Signer): Promise<Uint8Array[]> {
  const results =
    'mx.cloudflare.net; dkim=pass header.d=example.org; dmarc=pass header.from=example.org; spf=pass smtp.mailfrom=example.org; arc=none smtp.remote-ip=192.0.2.10'
  const received =
    'Received: from mx.example.org (192.0.2.10) by cloudflare-email.net (cloudflare) id x; Sun, 01 Mar 2026 11:59:00 +0000'
  const one = async (bytes: Uint8Array, n: number) => {
    const signed = await dkimSigned(Buffer.from(bytes).toString('latin1'), sender)
    const set = await arcSet(signed, cloudflare, { results, t: NOW_MS / 1000 })
    const block = [received, set.seal, set.signature, set.results].join('\r\n')
    return new Uint8Array(Buffer.from(n % 2 === 0 ? signed : `${block}\r\n${signed}`, 'latin1'))
  }
  return await Promise.all(messages.map(one))
}

/** D1 that finds the recipient, the account and the mailboxes, and says that every delivery was stored. */
function instantDeps(resolve: Resolve): Deps {
  const rows = (sql: string): unknown[] => {
    if (/from addresses/.test(sql))
      return [{ id: 1, address: 'demo@postern.test', account_id: 1, kind: 'address', enabled: 1 }]
    if (/from accounts where/.test(sql)) return [{ id: 1, modseq: 1, used_bytes: 0, quota_bytes: null, settings: '{}' }]
    if (/select role, id/.test(sql))
      return [
        { role: 'inbox', id: 1 },
        { role: 'junk', id: 2 },
      ]
    if (/returning id, modseq, thread_id/.test(sql)) return [{ id: 1, modseq: 1, thread_id: 1, placed: '[[1,1]]' }]
    return []
  }
  const prepare = (sql: string) => {
    const statement = { sql, bind: () => statement, all: async () => ({ results: rows(sql) }) }
    return statement
  }
  const d1 = { prepare, batch: async (list: { sql: string }[]) => list.map(({ sql }) => ({ results: rows(sql) })) }
  const bucket = { put: async () => null }
  return {
    stores: openStores([d1 as unknown as D1Database], bucket as unknown as R2Bucket),
    queues: { pending: { send: async () => ({}) }, events: { send: async () => ({}) } } as unknown as Deps['queues'],
    providers: openProviders([]),
    eventSettings: eventSettings({}),
    returnDomain: null,
    deliverLocal: async () => ({ kind: 'delivered' }),
    resolve,
    fetch: () => Promise.reject(new TypeError('nothing goes out')),
    origin: null,
    payloadOf: () => Promise.reject(new Error('nothing goes out')),
    now: () => NOW_MS,
    random: (bytes) => crypto.getRandomValues(new Uint8Array(bytes)),
    secrets: { root: null, adminKey: null },
    live: null,
    limiter: { windows: new RateWindows(), requestsPerMinute: 1, failuresPerMinute: 1, requests: null, failures: null },
    blocklists: null,
    classifier: null,
    policy: DEFAULT_POLICY,
    corsOrigins: [],
    dev: false,
    log: () => {},
    background: () => {},
  }
}

/** CPU milliseconds of one pass over all messages: the best of some rounds, the first of which warms up. */
async function cpuOf(messages: Uint8Array[], work: (bytes: Uint8Array) => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round <= ROUNDS; round++) {
    const before = process.cpuUsage()
    for (const bytes of messages) await work(bytes)
    const { user, system } = process.cpuUsage(before)
    if (round > 0) best = Math.min(best, (user + system) / 1000)
  }
  return best
}

it('costs at most three times a bare parse', async () => {
  const [sender, cloudflare] = [await makeSigner('example.org', 's'), await makeSigner('cloudflare-email.net', 'cf')]
  const keys = { [sender.question]: [sender.record], [cloudflare.question]: [cloudflare.record] }
  const corpus = process.env.POSTERN_CORPUS
  const messages = corpus ? messagesIn(corpus) : await arrived(madeMessages(), sender, cloudflare)
  // Of a corpus, whose keys are gone, every signature is checked with one key, as far as the body.
  const anyKey: Resolve = async (name) =>
    name.includes('._domainkey.') ? { kind: 'found', records: [sender.record] } : { kind: 'none' }
  const deps = instantDeps(corpus ? anyKey : tableResolve(keys))
  const bare = await cpuOf(messages, (bytes) => new PostalMime().parse(bytes))
  const pipeline = await cpuOf(messages, async (bytes) => {
    const received = await receive(deps, {
      from: 'a@b.example',
      to: 'demo@postern.test',
      source: 'email-routing',
      read: async () => bytes,
    })
    if (received.kind !== 'filed') throw new Error(`not filed: ${received.kind}`)
  })
  const each = (ms: number) => `${((ms / messages.length) * 1000).toFixed(0)} us`
  console.log(
    `CPU a message over ${messages.length} messages: postal-mime ${each(bare)}, pipeline ${each(pipeline)}, ratio ${(pipeline / bare).toFixed(2)} (bar ${RATIO_MAX})`,
  )
  expect(pipeline / bare).toBeLessThanOrEqual(RATIO_MAX)
})
