/** Whom an absent owner's account answers: each reason for silence, and the mail that gets an answer. */
import { describe, expect, it } from 'vitest'
import { answerable, NAMED_MAX } from '../../src/inbound/vacation-rules.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'
import type { SenderVerdict } from '../../src/verify/verdict.ts'
import { latin1, plainMessage } from '../helpers/world.ts'

const ALICE = 'alice@elsewhere.example'

/** Proven, as the domain's DMARC pass that was found here. */
function proven(domain = 'elsewhere.example'): SenderVerdict {
  return { ...UNKNOWN_VERDICT, source: 'postern', dmarc: { result: 'pass', domain, policy: 'none', by: 'postern' } }
}

async function judge(over: Record<string, string>, from = ALICE, verdict = proven()) {
  const found = answerable(await parseMessage(latin1(plainMessage(over))), verdict, from)
  return typeof found === 'string' ? found : 'answered'
}

describe('is answered', () => {
  it.each<[string, Record<string, string>, string]>([
    ['a plain message', {}, ALICE],
    ['one that says it is not automatic', { 'Auto-Submitted': 'no (by hand)' }, ALICE],
    ['one that suppresses receipts alone', { 'X-Auto-Response-Suppress': 'DR, RN, NRN' }, ALICE],
    ['an envelope of the same house', {}, 'alice@mail.elsewhere.example'],
    ['a person whose name only looks like it', { From: 'ownerton@elsewhere.example' }, 'ownerton@elsewhere.example'],
    ['urgent mail', { Precedence: 'first-class' }, ALICE],
  ])('%s', async (_, over, from) => expect(await judge(over, from)).toBe('answered'))
})

describe('is not answered', () => {
  it.each<[string, Record<string, string>, string, string]>([
    ['the null sender', {}, '', 'null-sender'],
    ['nobody in From', { From: 'undisclosed:;' }, ALICE, 'no-one-sender'],
    ['several in From', { From: 'a@elsewhere.example, b@elsewhere.example' }, ALICE, 'no-one-sender'],
    ['a list by its id', { 'List-Id': '<plums.elsewhere.example>' }, ALICE, 'list'],
    ['a list by any field of one', { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }, ALICE, 'list'],
    ['bulk', { Precedence: 'Bulk' }, ALICE, 'bulk'],
    ['junk', { Precedence: ' junk' }, ALICE, 'bulk'],
    ['what a program made', { 'Auto-Submitted': 'auto-generated' }, ALICE, 'automatic'],
    ['an answer of a program', { 'Auto-Submitted': 'auto-replied; owner-email="x"' }, ALICE, 'automatic'],
    ['what wants no answer', { 'X-Auto-Response-Suppress': 'DR, OOF' }, ALICE, 'suppressed'],
    ['what wants none at all', { 'X-Auto-Response-Suppress': 'All' }, ALICE, 'suppressed'],
    ['a mailing service in the name of a customer', {}, 'b123@service.example', 'other-envelope'],
    ...[
      ...[
        'MAILER-DAEMON',
        'owner-plums',
        'plums-request',
        'plums-owner',
        'no-reply',
        'noreply+12',
        'do-not-reply',
        'majordomo',
      ],
      ...['listserv', 'bounce+x=y', 'bounces-12', 'SRS0=ab=cd=x.example=y', 'shop.noreply'],
    ].map((local): [string, Record<string, string>, string, string] => {
      return [local, {}, `${local}@elsewhere.example`, 'robot']
    }),
    ['a robot in From', { From: 'noreply@elsewhere.example' }, ALICE, 'robot'],
  ])('%s', async (_, over, from, why) => expect(await judge(over, from)).toBe(why))

  it.each<[string, SenderVerdict]>([
    ['nobody looked', UNKNOWN_VERDICT],
    ['another domain is proven', proven('third.example')],
    [
      'the policy failed',
      { ...proven(), dmarc: { result: 'fail', domain: 'elsewhere.example', policy: 'none', by: 'postern' } },
    ],
    [
      'the block bears no seal',
      {
        ...proven(),
        source: 'cloudflare',
        dmarc: { result: 'pass', domain: 'elsewhere.example', policy: 'none', by: 'cloudflare' },
      },
    ],
  ])('a sender of whom %s', async (_, verdict) => expect(await judge({}, ALICE, verdict)).toBe('not-proven'))
})

it('reads who is named in To, Cc and what a mail was sent anew with, and no more of a huge list than it may look up', async () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `a${n}@elsewhere.example`).join(', ')
  const read = async (over: Record<string, string>) =>
    answerable(await parseMessage(latin1(plainMessage(over))), proven(), ALICE)
  expect(await read({ To: 'Ann@Here.test', Cc: 'bob@here.test', 'Resent-To': 'carol@here.test' })).toMatchObject({
    to: ALICE,
    sender: ALICE,
    named: ['ann@here.test', 'bob@here.test', 'carol@here.test'],
  })
  const found = await read({ To: many })
  expect(typeof found === 'string' ? 0 : found.named.length).toBe(NAMED_MAX)
})
