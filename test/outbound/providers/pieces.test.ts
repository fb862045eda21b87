/** What providers are made of: JSON with files in it, References, and who sees whom. */
import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseHeaderBlock } from '../../../src/mime/headers.ts'
import { groupsOf } from '../../../src/outbound/providers/groups.ts'
import { Base64, jsonBytes } from '../../../src/outbound/providers/json.ts'
import { rebuild } from '../../../src/outbound/providers/rebuild.ts'
import { REFERENCES_BYTES_MAX, referencesWith, referToItself } from '../../../src/outbound/providers/references.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('JSON with files', () => {
  it('is what JSON would be with their base64, whatever stands beside them', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\\u00000', '"\\u00000"', '\u0001', '"', '\\'))
    const storable = text.map((one) => one.toWellFormed().replaceAll('\0', ''))
    const drawn = fc.array(fc.record({ name: storable, bytes: fc.uint8Array({ maxLength: 70 }) }), { maxLength: 5 })
    fc.assert(
      fc.property(drawn, storable, (files, other) => {
        const made = (write: (bytes: Uint8Array) => unknown) => ({
          files: files.map(({ name, bytes }) => ({ name, content: write(bytes) })),
          other,
        })
        const written = jsonBytes(made((bytes) => new Base64(bytes)))
        expect(JSON.parse(textOf(written))).toEqual(made((bytes) => Buffer.from(bytes).toString('base64')))
      }),
    )
  })

  it.each([0, 1, 2, 3, 48 * 1024 - 1, 48 * 1024, 48 * 1024 + 1, 100_000])('holds %d bytes', (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, n) => (n * 31) % 256)
    const { content } = JSON.parse(textOf(jsonBytes({ content: new Base64(bytes) })))
    expect(content).toBe(Buffer.from(bytes).toString('base64'))
  })
})

describe('References', () => {
  const own = 'own@a.example'
  const long = Array.from({ length: 100 }, (_, n) => `<${'x'.repeat(50)}${n}@b.example>`)

  it.each([
    ['there are none', 'Subject: x', [own]],
    ['there are some', 'References: <a@b> <c@d>', ['a@b', 'c@d', own]],
    ['they are folded', 'References: <a@b>\r\n <c@d>', ['a@b', 'c@d', own]],
    ['only In-Reply-To tells', 'In-Reply-To: <a@b>', ['a@b', own]],
    ['our own stands there already', `References: <${own}> <c@d>`, ['c@d', own]],
    ['they are no ASCII', 'References: <ä@b> <c@d>', ['c@d', own]],
  ])('have our own id at the end where %s', (_, header, ids) => {
    const raw = bytesOf(`From: a@a.example\r\n${header}\r\nTo: b@b.example\r\n\r\nReferences: <body@b>\r\n`)
    expect(referencesWith(parseHeaderBlock(raw).fields, own)).toEqual(ids)
    const text = textOf(referToItself(raw, own))
    expect(text.match(/^References: /gm)).toHaveLength(2)
    expect(text).toContain(`References: ${ids.map((id) => `<${id}>`).join('\r\n ')}\r\n`)
    expect(text.endsWith('To: b@b.example\r\n\r\nReferences: <body@b>\r\n')).toBe(true)
    expect(text.split('\r\n\r\n')).toHaveLength(2)
  })

  it('keep the oldest and the newest within the limit', () => {
    const raw = bytesOf(`References: ${long.join('\r\n ')}\r\n\r\n`)
    const ids = referencesWith(parseHeaderBlock(raw).fields, own)
    const value = ids.map((id) => `<${id}>`).join('\r\n ')
    expect(value.length).toBeLessThanOrEqual(REFERENCES_BYTES_MAX)
    expect([`<${ids[0]}>`, `<${ids.at(-2)}>`, ids.at(-1)]).toEqual([long[0], long[99], own])
  })

  it('leave bytes that are no message as they are', () => {
    for (const text of ['', '\r\n', 'no field\r\n', '\0\0'])
      expect(textOf(referToItself(bytesOf(text), own))).toBe(text)
  })
})

describe('who sees whom', () => {
  const people = (...list: string[]) => list.map((address) => ({ name: '', address }))
  const short = (groups: ReturnType<typeof groupsOf>) =>
    groups.map(({ to, cc, bcc, members }) => ({
      to: to.map(({ address }) => address).join(),
      cc: cc.map(({ address }) => address).join(),
      bcc: bcc.map(({ address }) => address).join(),
      members: members.join(),
    }))

  it.each([
    [
      'all are named',
      ['a@x.y', 'b@x.y'],
      ['a@x.y'],
      ['b@x.y'],
      [{ to: 'a@x.y', cc: 'b@x.y', bcc: '', members: '0,1' }],
    ],
    ['one is not', ['a@x.y', 'h@x.y'], ['a@x.y'], [], [{ to: 'a@x.y', cc: '', bcc: 'h@x.y', members: '0,1' }]],
    [
      'some are no part of the call',
      ['a@x.y'],
      ['z@x.y', 'a@x.y'],
      ['y@x.y'],
      [{ to: 'a@x.y', cc: '', bcc: '', members: '0' }],
    ],
    [
      'only Cc has some',
      ['a@x.y', 'h@x.y'],
      ['z@x.y'],
      ['a@x.y'],
      [{ to: 'a@x.y', cc: '', bcc: 'h@x.y', members: '0,1' }],
    ],
    ['one stands twice', ['a@x.y'], ['a@x.y'], ['A@X.Y'], [{ to: 'a@x.y', cc: '', bcc: '', members: '0' }]],
    [
      'it is written otherwise',
      ['A@bücher.example'],
      ['a@xn--bcher-kva.example'],
      [],
      [{ to: 'A@bücher.example', cc: '', bcc: '', members: '0' }],
    ],
    [
      ...(['nobody is named', ['h@x.y', 'i@x.y', 'H@x.y'], [], []] as const),
      [
        { to: 'h@x.y', cc: '', bcc: '', members: '0,2' },
        { to: 'i@x.y', cc: '', bcc: '', members: '1' },
      ],
    ],
  ])('where %s', (_, recipients, to, cc, groups) => {
    expect(short(groupsOf(recipients, people(...to), people(...cc)))).toEqual(groups)
  })
})

it('A message that breaks its reader is refused before anybody is asked', async () => {
  class Breaking extends Uint8Array {
    override subarray(): never {
      throw new RangeError('a decoder failed')
    }
  }
  const raw = new Breaking(bytesOf('From: a@a.example\r\n\r\nHi\r\n'))
  const named = {
    sender: '',
    recipients: ['x@b.example'],
    messageId: 'm',
    domain: 'a.example',
    key: 'k',
    reference: 'p',
  }
  expect(await rebuild({ ...named, raw })).toMatchObject({ refused: { kind: 'permanent', code: '5.6.0' } })
})
