/** Any mail through any provider: it is delivered, or refused with a reason of ours; nothing throws, and no request is malformed. */
import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Outgoing } from '../../../src/outbound/provider.ts'
import type { Double, Seen } from './double.ts'
import { cloudflareRest } from './doubles/cloudflare-rest.ts'
import { mailchannels } from './doubles/mailchannels.ts'
import { mailgun } from './doubles/mailgun.ts'
import { postmark } from './doubles/postmark.ts'
import { resend } from './doubles/resend.ts'
import { sendgrid } from './doubles/sendgrid.ts'
import { ses } from './doubles/ses.ts'

const DOUBLES: Double[] = [cloudflareRest, resend, postmark, mailgun, ses, sendgrid, mailchannels]
const FIXTURES = 'test/fixtures'
const mails = readdirSync(FIXTURES)
  .filter((name) => name.endsWith('.eml'))
  .map((name) => [name, new Uint8Array(readFileSync(`${FIXTURES}/${name}`))] as const)

let serial = 0

async function send(double: Double, raw: Uint8Array) {
  const sent: Seen[] = []
  const fetch = (url: string, init: RequestInit) => double.handle(new Request(url, init), sent)
  const provider = double.make({ fetch, now: () => Date.UTC(2026, 2, 1, 12) }, double.secret)
  const message: Outgoing = {
    ...{ sender: 'ann@a.example', recipients: ['x@b.example', 'y@b.example'], raw, domain: 'a.example' },
    ...{ messageId: `m${++serial}@a.example`, key: `k${serial}`, reference: 'p1-1' },
  }
  return { outcomes: await provider.send(message), sent }
}

/** Delivered to both, or refused by us. What the double itself refuses has a code of its own. */
function expectSane(name: string, { outcomes, sent }: Awaited<ReturnType<typeof send>>): void {
  expect([name, outcomes.length]).toEqual([name, 2])
  const isDelivered = outcomes.every(({ kind }) => kind === 'delivered')
  if (isDelivered) expect(sent.flatMap(({ recipients }) => recipients).sort()).toEqual(['x@b.example', 'y@b.example'])
  else
    for (const outcome of outcomes)
      expect([name, outcome]).toEqual([
        name,
        {
          kind: 'permanent',
          code: expect.stringMatching(/^5\.\d\.\d$/),
          detail: expect.any(String),
          isProviders: true,
        },
      ])
}

describe.each(DOUBLES.map((double) => [double.name, double] as const))('%s', (_, double) => {
  it('takes or refuses each of the odd mails that are kept here', async () => {
    for (const [name, raw] of mails) expectSane(name, await send(double, raw))
  })

  it('takes or refuses whatever bytes there may be', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(
        'Content-Type: multipart/mixed; boundary=b',
        '--b',
        '--b--',
        'Content-Id: <\0>',
        'References: <a',
      ),
      fc.constantFrom(
        'Content-Disposition: attachment; filename="\r"',
        'To: x@b.example, =?utf-8?q?=00?= <y@b.example>',
      ),
      fc.string({ maxLength: 20 }).map((name) => `Subject: ${name}\0 ${name}`),
    )
    const mail = fc.array(line, { maxLength: 20 }).map((lines) => ['From: =?utf-8?q?=0D=0A,?= <a@a.example>', ...lines])
    await fc.assert(
      fc.asyncProperty(mail, async (lines) => {
        expectSane('drawn', await send(double, new TextEncoder().encode(lines.join('\r\n'))))
      }),
      { numRuns: 100 },
    )
  })
})
