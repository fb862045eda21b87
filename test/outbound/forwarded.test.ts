/** What a provider is handed of mail that is passed on: by whom it is asked for decides the form, and nobody speaks as us. */
import { describe, expect, it } from 'vitest'
import { withCrlf, withMarks } from '../../src/mime/forwarded.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { type Shaped, shapeFor } from '../../src/outbound/forwarded.ts'
import { openReturnPath } from '../../src/outbound/return-path.ts'
import type { SubmissionRow } from '../../src/store/schema.ts'
import { latin1, NOON, plainMessage } from '../helpers/world.ts'

const ROOT = 'a root secret of this test'
const ENVELOPE = { hasEnvelope: true }
const NONE = { hasEnvelope: false }

type Made = Pick<SubmissionRow, 'kind' | 'sender' | 'source' | 'domain' | 'message_id'>

function shape(
  over: Partial<Made>,
  raw: string,
  provider: { hasEnvelope: boolean },
  returnDomain: string | null = 'back.example',
) {
  const made: Made = {
    kind: 'forward',
    sender: 'alice@elsewhere.example',
    source: 'email-routing',
    domain: 'here.example',
    message_id: 'new@here.example',
    ...over,
  }
  const deps = { now: () => NOON, returnDomain, secrets: { root: ROOT, adminKey: null } }
  return shapeFor(deps, made, marked(raw), provider)
}

function marked(raw: string): Uint8Array {
  return withMarks(withCrlf(latin1(raw)), '0123456789abcdef', 'team@here.example')
}

const text = (bytes: Uint8Array) => Array.from(bytes, (one) => String.fromCharCode(one)).join('')

async function read({ raw, sender }: Shaped) {
  const { envelope, fields, attachments, text: body } = await parseMessage(raw)
  return { ...envelope, sender, keys: fields.map(({ key }) => key), attachments, body }
}

const SIGNED = `DKIM-Signature: v=1; a=rsa-sha256; d=elsewhere.example; s=x; h=from; bh=x; b=x\r\n${plainMessage({ Subject: 'Quinces' })}`

describe('with a provider that keeps the envelope', () => {
  it('the bytes go as they came, under a sender that leads back', async () => {
    const { sender, raw } = await shape({}, SIGNED, ENVELOPE)
    const [local = '', domain] = sender.split('@')
    expect(domain).toBe('back.example')
    expect(await openReturnPath(ROOT, local, NOON)).toEqual({ kind: 'srs', sender: 'alice@elsewhere.example' })
    const original = text(marked(SIGNED))
    expect(text(raw)).toBe(`Received: by here.example (Postern); Sun, 01 Mar 2026 12:00:00 +0000\r\n${original}`)
  })

  it('a bounce keeps the null sender', async () => {
    expect((await shape({ sender: '' }, SIGNED, ENVELOPE)).sender).toBe('')
    expect((await shape({ kind: 'bounce', sender: '' }, SIGNED, ENVELOPE)).sender).toBe('')
  })

  it.each([
    ['of our domain', 'boss@here.example'],
    ['of a name below it', 'boss@sub.here.example'],
    ['of the return domain', 'boss@back.example'],
    ['of several, one of them ours', 'a@elsewhere.example, boss@here.example'],
  ])('what a stranger wrote in the name %s is wrapped', async (_, from) => {
    const {
      sender,
      from: [first],
    } = await read(await shape({}, plainMessage({ From: from }), ENVELOPE))
    expect([sender, first?.address]).toEqual(['team@here.example', 'team@here.example'])
  })

  // Another reader takes another of two addresses than ours does, and SPF and our signature would then speak for it.
  it.each([
    ['of two in brackets the first is ours', '<boss@here.example> <a@elsewhere.example>'],
    ['the second in brackets is none', '<boss@here.example> <x>'],
    ['brackets stand within brackets', '<boss@here.example <a@elsewhere.example>>'],
    ['ours stands before the brackets', 'boss@here.example <a@elsewhere.example>'],
    ['ours stands behind a comment in the brackets', '<a@elsewhere.example(>)boss@here.example>'],
    ['a comment stands within the domain', 'boss@(a)here.example'],
    ['the domain ends in a dot', 'boss@here.example.'],
    ['the local part is quoted oddly', '<"a@elsewhere.example"boss@here.example>'],
    ['the domain is an encoded word', '<boss@=?utf-8?q?here.example?=>'],
    ['it is a route', '<@here.example,@a.example:a@elsewhere.example>'],
  ])('what can be read as ours is wrapped: %s', async (_, from) => {
    const shaped = await read(await shape({}, plainMessage({ From: from }), ENVELOPE))
    expect([shaped.sender, shaped.from[0]?.address]).toEqual(['team@here.example', 'team@here.example'])
  })

  it.each([
    'a@elsewhere.example',
    'Ann Example <a@elsewhere.example>',
    '"Example, Ann (Sales)" <a@elsewhere.example>',
    '=?utf-8?q?=C3=84nn?= <a@elsewhere.example>',
    'a@elsewhere.example (Ann Example)',
  ])('what can be read in one way alone goes as it came: %s', async (from) => {
    expect((await shape({}, plainMessage({ From: from }), ENVELOPE)).sender).toMatch(/@back\.example$/)
  })

  it('a huge From costs its length', async () => {
    for (const fill of [' ', '(', 'a@b ', '" '])
      expect((await shape({}, plainMessage({ From: `a${fill.repeat(200_000)}` }), ENVELOPE)).sender).toMatch(
        /@(here|back)\.example$/,
      )
  }, 2_000)

  it('what an account here wrote is not', async () => {
    const shaped = await read(
      await shape(
        { source: 'local', sender: 'boss@here.example' },
        plainMessage({ From: 'boss@here.example' }),
        ENVELOPE,
      ),
    )
    expect(shaped.from[0]?.address).toBe('boss@here.example')
    expect(shaped.sender).toMatch(/@back\.example$/)
  })

  it('without a return domain it is wrapped', async () => {
    expect(await read(await shape({}, SIGNED, ENVELOPE, null))).toMatchObject({
      sender: 'team@here.example',
      from: [{ address: 'team@here.example' }],
    })
  })
})

describe('with any other provider', () => {
  it('says who sends it, and answers to who wrote it; nothing speaks for the bytes that were', async () => {
    const raw = `X-Injected: yes\r\n${SIGNED.replace('To: demo@postern.test', 'To: team@here.example\r\nCc: Bob <bob@elsewhere.example>\r\nReferences: <first@x>')}`
    const shaped = await read(await shape({}, raw, NONE))
    expect(shaped).toMatchObject({
      sender: 'team@here.example',
      from: [{ name: 'Alice Example via team', address: 'team@here.example' }],
      replyTo: [{ name: 'Alice Example', address: 'alice@elsewhere.example' }],
      to: [{ address: 'team@here.example' }],
      cc: [{ name: 'Bob', address: 'bob@elsewhere.example' }],
      subject: 'Quinces',
      messageId: 'new@here.example',
      body: expect.stringContaining('this is a message.'),
    })
    expect(shaped.keys).toEqual([
      'date',
      'from',
      'reply-to',
      'to',
      'cc',
      'subject',
      'message-id',
      'in-reply-to',
      'references',
      'x-postern-forwarded',
      'mime-version',
      'content-type',
    ])
  })

  it('keeps attachments byte for byte', async () => {
    const body = [
      '--b',
      'Content-Type: text/plain',
      '',
      'See there.',
      '--b',
      'Content-Type: application/pdf; name="a.pdf"',
      'Content-Disposition: attachment; filename="a.pdf"',
      'Content-Transfer-Encoding: base64',
      '',
      'JVBERi0=',
      '--b--',
      '',
    ]
    const raw = plainMessage({ 'Content-Type': 'multipart/mixed;\r\n boundary="b"' }, body.join('\r\n'))
    const shaped = await shape({}, raw, NONE)
    expect(text(shaped.raw).endsWith(body.join('\r\n'))).toBe(true)
    expect((await read(shaped)).attachments).toMatchObject([{ filename: 'a.pdf', size: 5 }])
  })

  it.each([
    ['a name that would end the line', 'From: =?utf-8?q?a=0D=0ABcc:_evil@x.example?= <a@elsewhere.example>'],
    ['a subject that would', 'Subject: =?utf-8?q?a=0D=0ABcc:_evil@x.example?='],
    ['an address in a name', 'From: "ceo@bank.example" <a@elsewhere.example>'],
    ['nobody in From', 'From: undisclosed:;'],
    ['8-bit in the header', 'Subject: \xe4\xf6\xfc'],
    ['no end of the header', 'Subject: cut off'],
    ['a huge list in To', `To: ${Array.from({ length: 5_000 }, (_, n) => `a${n}@elsewhere.example`).join(', ')}`],
  ])('writes a header of its own for %s', async (name, line) => {
    const raw = name === 'no end of the header' ? line : `${line}\r\n\r\nBody\r\n`
    const { raw: bytes } = await shape({}, raw, NONE)
    const block = text(bytes).split('\r\n\r\n')[0] ?? ''
    expect(block).toMatch(/^[\x20-\x7e\r\n]*$/)
    expect(block).not.toMatch(/^Bcc/m)
    expect(block.length).toBeLessThan(4_000)
    expect(block).toContain('<team@here.example>')
  })

  it('a vacation answer of ours goes as it is, from the address in it', async () => {
    const made = { kind: 'vacation', sender: '', source: null } as const
    expect((await shape(made, plainMessage({ From: 'ann@here.example' }), NONE)).sender).toBe('ann@here.example')
    expect((await shape(made, plainMessage({ From: 'ann@here.example' }), ENVELOPE)).sender).toBe('')
  })

  it('believes no Delivered-To that names another domain', async () => {
    const raw = latin1('Delivered-To: ceo@bank.example\r\nFrom: a@elsewhere.example\r\n\r\nx\r\n')
    const made = {
      kind: 'forward',
      sender: 'a@elsewhere.example',
      source: 'email-routing',
      domain: 'here.example',
      message_id: 'm@here.example',
    } as const
    const deps = { now: () => NOON, returnDomain: null, secrets: { root: ROOT, adminKey: null } }
    expect((await shapeFor(deps, made, raw, NONE)).sender).toBe('postmaster@here.example')
  })
})
