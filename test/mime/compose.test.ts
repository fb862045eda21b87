/** What is composed is read back as it was meant, by our own reader and by postal-mime, whatever people write. */
import fc from 'fast-check'
import PostalMime from 'postal-mime'
import { describe, expect, it } from 'vitest'
import { baseSubject } from '../../src/mime/base-subject.ts'
import { compose, type Draft } from '../../src/mime/compose.ts'
import { readMailbox, sendableAddress } from '../../src/mime/compose-address.ts'
import { refuseDraft } from '../../src/mime/compose-check.ts'
import { forwardSubject, replyFields, replySubject } from '../../src/mime/compose-reply.ts'
import { parseMessage } from '../../src/mime/parse.ts'

const STAMP = { messageId: 'id@a.example', nowMs: Date.UTC(2026, 2, 1, 12), unique: '0123456789abcdef' }

const PLAIN: Draft = {
  from: { name: '', address: 'ann@a.example' },
  to: [{ name: '', address: 'bob@b.example' }],
  cc: [],
  bcc: [],
  replyTo: [],
  subject: 'Hello',
  text: 'Hi.',
  html: null,
  headers: [],
  attachments: [],
}

const rawOf = (over: Partial<Draft>) => new TextDecoder().decode(compose({ ...PLAIN, ...over }, STAMP))

/** One line of text: spaces at its ends are no reader's to keep, and empty it is no field. */
const hostileLine = (lengthMax: number) =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', maxLength: 80 }),
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.string({
        unit: fc.constantFrom(...'=?_"\\<>@,;:()%*\'. ', '\u202e', 'ü', '漢', '😀', '=?utf-8?B?'),
        maxLength: 60,
      }),
    )
    .map((text) =>
      text
        .replaceAll(/[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
        .trim()
        .slice(0, lengthMax)
        .toWellFormed(),
    )
    .filter((text) => !text.includes('\ufffd') && text === text.trim())

const hostileBody = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 120 }),
      fc.string({
        unit: fc.constantFrom('=', '.', 'From ', ' ', '\t', 'é', '漢', '--', 'x'),
        maxLength: 100,
      }),
    ),
    { minLength: 1, maxLength: 8 },
  )
  // U+FFFD itself is well read, but told apart by nobody from what could not be read.
  .map((lines) => lines.join('\n').replaceAll(/[\0\p{Cs}\r\ufeff\ufffd]/gu, ''))

const address = fc.constantFrom(
  'bob@b.example',
  'b.o_b+tag@b.example',
  '"b \\"o b"@b.example',
  `${'l'.repeat(64)}@b.example`,
)
const mailbox = fc.record({ name: hostileLine(250), address })
const attachment = fc.record({
  filename: hostileLine(250).filter((name) => name !== ''),
  contentType: fc.constantFrom('application/pdf', 'image/png'),
  bytes: fc.uint8Array({ maxLength: 300 }),
  contentId: fc.constantFrom(null, 'image@a.example'),
})
const draft = fc.record({
  from: hostileLine(250).map((name) => ({ name, address: 'ann@a.example' })),
  to: fc.array(mailbox, { minLength: 1, maxLength: 5 }),
  cc: fc.array(mailbox, { maxLength: 3 }),
  bcc: fc.constant<Draft['bcc']>([{ name: 'Secret', address: 'hidden@c.example' }]),
  replyTo: fc.array(mailbox, { maxLength: 2 }),
  subject: hostileLine(998),
  text: hostileBody.filter((text) => text.trim() !== ''),
  html: fc.option(hostileBody.filter((html) => html.trim() !== '')),
  headers: fc.constant<Draft['headers']>([{ name: 'X-Own', value: 'ü '.repeat(100) }]),
  attachments: fc.array(attachment, { maxLength: 3 }),
})

const sendable = ({ name, address }: { name: string; address: string }) => ({ name, address: sendableAddress(address) })
const lf = (text: string) => text.replaceAll('\r\n', '\n')
const ended = (text: string) => lf(text).replace(/\n+$/, '')

describe('composing', () => {
  it('is read back by our own reader', async () => {
    await fc.assert(
      fc.asyncProperty(draft, async (given) => {
        expect(refuseDraft(given)).toBeNull()
        const bytes = compose(given, STAMP)
        const read = await parseMessage(bytes)
        expect(read.envelope.subject ?? '').toBe(given.subject)
        expect(read.envelope.from).toEqual([given.from].map(sendable))
        expect(read.envelope.to).toEqual(given.to.map(sendable))
        expect(read.envelope.cc).toEqual(given.cc.map(sendable))
        expect(read.envelope.replyTo).toEqual(given.replyTo.map(sendable))
        expect(ended(read.text)).toBe(ended(given.text))
        expect(read.html === null ? null : ended(read.html)).toBe(given.html === null ? null : ended(given.html))
        expect(read.attachments.map((one) => one.filename).sort()).toEqual(
          given.attachments.map((one) => one.filename).sort(),
        )
        expect(read.defects).toEqual([])
        expect([read.dateMs, read.envelope.messageId]).toEqual([STAMP.nowMs, STAMP.messageId])
      }),
      { numRuns: 300 },
    )
  })

  it('is read back by postal-mime', async () => {
    await fc.assert(
      fc.asyncProperty(draft, async (given) => {
        // It decodes what looks like an encoded word in a file name that is none.
        fc.pre(given.attachments.every(({ filename }) => !filename.includes('=?')))
        const read = await PostalMime.parse(compose(given, STAMP))
        expect(read.subject ?? '').toBe(given.subject)
        expect(read.from).toEqual({ name: given.from.name, address: given.from.address })
        // It takes the quotes of a local part away where there is no name.
        const unquoted = (one: { name?: string | undefined; address?: string | null | undefined }) => [
          one.name,
          one.address?.replaceAll(/["\\]/g, ''),
        ]
        expect(read.to?.map(unquoted)).toEqual(given.to.map(sendable).map(unquoted))
        expect(ended(read.text ?? '')).toBe(ended(given.text))
        expect(
          read.attachments
            .map((one) => [one.filename, [...new Uint8Array(one.content as ArrayBuffer)], one.contentId ?? null])
            .sort(),
        ).toEqual(
          given.attachments
            .map(({ filename, bytes, contentId }) => [filename, [...bytes], contentId && `<${contentId}>`])
            .sort(),
        )
      }),
      { numRuns: 300 },
    )
  })

  it('writes ASCII in lines of at most 998 characters, encoded words of at most 75, and no Bcc', () => {
    fc.assert(
      fc.property(draft, (given) => {
        const raw = new TextDecoder().decode(compose(given, STAMP))
        expect(raw).toMatch(/^(?:[\t\x20-\x7e]{0,998}\r\n)+$/)
        const head = raw.slice(0, raw.indexOf('\r\n\r\n'))
        for (const [word] of head.matchAll(/=\?utf-8\?B\?[^?]*\?=/g)) expect(word.length).toBeLessThanOrEqual(75)
        for (const line of head.split('\r\n'))
          if (line.includes('=?utf-8?B?')) expect(line.length).toBeLessThanOrEqual(76)
        expect(raw).not.toMatch(/hidden@c\.example|^bcc:/im)
      }),
      { numRuns: 300 },
    )
  })

  it('nests what belongs together', () => {
    const bytes = new Uint8Array([1])
    const pdf = { filename: 'inline.pdf', contentType: 'application/pdf', bytes, contentId: null }
    const image = { filename: 'attachment.png', contentType: 'image/png', bytes, contentId: 'i@a' }
    const shape = async (over: Partial<Draft>) => {
      const walk = (part: { type: string; subtype: string; parts: never[] }): unknown =>
        part.parts.length > 0 ? [part.subtype, ...part.parts.map(walk)] : part.subtype
      return walk((await parseMessage(compose({ ...PLAIN, ...over }, STAMP))).structure as never)
    }
    return Promise.all([
      expect(shape({})).resolves.toEqual('plain'),
      expect(shape({ html: '<p>Hi' })).resolves.toEqual(['alternative', 'plain', 'html']),
      expect(shape({ attachments: [pdf] })).resolves.toEqual(['mixed', 'plain', 'pdf']),
      expect(shape({ html: '<p>Hi', attachments: [image] })).resolves.toEqual([
        'related',
        ['alternative', 'plain', 'html'],
        'png',
      ]),
      expect(shape({ html: '<p>Hi', attachments: [pdf, image] })).resolves.toEqual([
        'mixed',
        ['related', ['alternative', 'plain', 'html'], 'png'],
        'pdf',
      ]),
    ])
  })

  it('names the type of multipart/related, and makes the text of HTML', () => {
    const image = { filename: 'a.png', contentType: 'image/png', bytes: new Uint8Array(), contentId: 'i@a' }
    const raw = rawOf({ text: null, html: '<p>Hello <b>Bob</b>', attachments: [image] })
    expect(raw).toContain('multipart/related; type="multipart/alternative";')
    expect(raw).toContain('\r\nHello Bob')
  })

  it('writes long files in lines of 76 characters', () => {
    const bytes = new Uint8Array(1_000)
    const raw = rawOf({
      attachments: [{ filename: 'a.bin', contentType: 'application/octet-stream', bytes, contentId: null }],
    })
    expect(raw.match(/^A{76}\r$/gm)?.length).toBe(17)
  })
})

describe('what is refused', () => {
  const many = Array.from({ length: 51 }, () => ({ name: '', address: 'bob@b.example' }))
  const file = { filename: 'a.pdf', contentType: 'application/pdf', bytes: new Uint8Array(), contentId: null }
  const bob = (name: string, address = 'bob@b.example') => [{ name, address }]
  it.each<[string, Partial<Draft>]>([
    ['to', { to: [] }],
    ['to', { to: many }],
    ['to', { to: many.slice(0, 25), cc: many.slice(0, 25), bcc: many.slice(0, 1) }],
    ['to/0', { to: bob('Bob\r\nBcc: eve@evil.example') }],
    ['to/0', { to: bob('', 'bob@b.example\r\nBcc: eve@evil.example') }],
    ['to/0', { to: bob('', 'bob@b.example>, <eve@evil.example') }],
    ['to/0', { to: bob('', 'bob') }],
    ['to/0', { to: bob('', 'bob@localhost') }],
    ['to/0', { to: bob('', 'b ö@b.example') }],
    ['cc/0', { cc: bob('Bob\nX') }],
    ['bcc/0', { bcc: bob('Bob\0') }],
    ['reply_to/0', { replyTo: bob('Bob\r') }],
    ['from', { from: { name: 'Ann\r\nX-Evil: 1', address: 'ann@a.example' } }],
    ['to/0', { to: bob('n'.repeat(251)) }],
    ['subject', { subject: 'Hello\r\nBcc: eve@evil.example' }],
    ['subject', { subject: 'Hello\r\n' }],
    ['subject', { subject: 'Hello\0' }],
    ['subject', { subject: '\ud800' }],
    ['subject', { subject: 's'.repeat(999) }],
    ['text', { text: null }],
    ['text', { text: 'a\0b' }],
    ['html', { html: '\udc00' }],
    ['headers/X-Own', { headers: [{ name: 'X-Own', value: 'a\r\nBcc: eve@evil.example' }] }],
    ['headers/X-Own', { headers: [{ name: 'X-Own', value: ' ' }] }],
    ['headers/X-Own', { headers: [{ name: 'X-Own', value: 'v'.repeat(2_001) }] }],
    [
      'headers/x-own',
      {
        headers: [
          { name: 'X-Own', value: 'a' },
          { name: 'x-own', value: 'b' },
        ],
      },
    ],
    ['headers/X-A:~1', { headers: [{ name: 'X-A:/', value: 'b' }] }],
    ['headers/X-A\r\nBcc', { headers: [{ name: 'X-A\r\nBcc', value: 'b' }] }],
    ['headers/Bcc', { headers: [{ name: 'Bcc', value: 'eve@evil.example' }] }],
    ['headers/From', { headers: [{ name: 'From', value: 'eve@evil.example' }] }],
    ['headers/Content-Type', { headers: [{ name: 'Content-Type', value: 'text/html' }] }],
    ['headers/References', { headers: [{ name: 'References', value: 'id@a.example' }] }],
    ['headers/List-Unsubscribe', { headers: [{ name: 'List-Unsubscribe', value: `<https://${'a'.repeat(901)}>` }] }],
    ['headers', { headers: Array.from({ length: 21 }, (_, n) => ({ name: `X-${n}`, value: 'a' })) }],
    ['attachments', { attachments: Array.from({ length: 51 }, () => file) }],
    ['attachments/0/filename', { attachments: [{ ...file, filename: 'a\r\n.pdf' }] }],
    ['attachments/0/filename', { attachments: [{ ...file, filename: '' }] }],
    ['attachments/0/content_type', { attachments: [{ ...file, contentType: 'text/html\r\nX: 1' }] }],
    ['attachments/0/content_type', { attachments: [{ ...file, contentType: 'text/html; name="x"' }] }],
    ['attachments/0/content_type', { attachments: [{ ...file, contentType: 'message/rfc822' }] }],
    ['attachments/0/content_id', { attachments: [{ ...file, contentId: 'a>\r\nX: 1' }] }],
  ])('%s %j', (field, over) => {
    expect(refuseDraft({ ...PLAIN, ...over })).toMatchObject({ failure: 'invalid', field })
  })
})

describe('an address as a program writes it', () => {
  it.each([
    ['a@b.example', { name: '', address: 'a@b.example' }],
    ['Ann <a@b.example>', { name: 'Ann', address: 'a@b.example' }],
    ['"Doe, \\"A\\"" <a@b.example>', { name: 'Doe, "A"', address: 'a@b.example' }],
    ['Doe, Ann <a@b.example>', { name: 'Doe, Ann', address: 'a@b.example' }],
    ['=?utf-8?Q?x?= <a@b.example>', { name: '=?utf-8?Q?x?=', address: 'a@b.example' }],
    ['Ann <a@b.example> <c@d.example>', null],
    ['Ann\r\n <a@b.example>', { name: 'Ann\r\n', address: 'a@b.example' }],
    ['a@b.example\r\n', { name: '', address: 'a@b.example\r\n' }],
    ['Ann a@b.example>', null],
  ])('%s', (text, read) => expect(readMailbox(text)).toEqual(read))

  it.each([
    ['Ann.B@Exämple.org', 'Ann.B@xn--exmple-cua.org'],
    ['"a b"@b.example', '"a b"@b.example'],
    ['a b@b.example', null],
    ['a..b@b.example', null],
  ])('is sent to: %s', (text, sent) => expect(sendableAddress(text)).toBe(sent))
})

describe('a reply', () => {
  it.each([
    ['Hello', 'Re: Hello', 'Fwd: Hello'],
    ['Re: Hello', 'Re: Hello', 'Fwd: Hello'],
    ['RE:Hello', 'Re: Hello', 'Fwd: Hello'],
    ['AW: Re[2]: WG: 回复：Fwd: RE (3): Hello', 'Re: Hello', 'Fwd: Hello'],
    ['[list] Re: Hello', 'Re: [list] Re: Hello', 'Fwd: [list] Re: Hello'],
    ['Regarding: Hello', 'Re: Regarding: Hello', 'Fwd: Regarding: Hello'],
    ['Re:', 'Re:', 'Fwd:'],
    ['', 'Re:', 'Fwd:'],
    ['Re: '.repeat(200), 'Re:', 'Fwd:'],
  ])('marks the subject %s once, and a forward too', (subject, replied, forwarded) => {
    expect([replySubject(subject), forwardSubject(subject)]).toEqual([replied, forwarded])
    expect(baseSubject(replied)).toBe(baseSubject(subject))
  })

  it('names what it answers, and of long threads the first id and the last ones', () => {
    expect(replyFields('c@x', ['a@x', 'b@x'], null)[1]?.value).toBe('<a@x> <b@x> <c@x>')
    expect(replyFields('b@x', [], 'a@x')).toEqual([
      { name: 'In-Reply-To', value: '<b@x>' },
      { name: 'References', value: '<a@x> <b@x>' },
    ])
    const ids = Array.from({ length: 100 }, (_, n) => `${n}-${'x'.repeat(60)}@x`)
    const value = replyFields('own@x', ids, null)[1]?.value ?? ''
    expect(value.length).toBeLessThanOrEqual(2_000)
    expect(value).toMatch(/^<0-x+@x> .*<99-x+@x> <own@x>$/)
  })

  it('leaves out ids that cannot be written', () => {
    expect(replyFields('a\u00e9@x', [], null)).toEqual([])
    expect(replyFields(null, ['a@x'], null)).toEqual([])
    expect(replyFields('b@x', ['a\u00e9@x'], null)[1]?.value).toBe('<b@x>')
  })
})
