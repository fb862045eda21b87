/** The form in which a message leaves: one kind of line end, the same header as we read, and dots that come off again. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseHeaderBlock } from '../../../src/mime/headers.ts'
import { dotStuffed, inWireForm, isEightBit, slicesOf } from '../../../src/outbound/providers/smtp/wire-form.ts'

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))
const textOf = (bytes: Uint8Array) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
const joined = (slices: Iterable<Uint8Array>) => [...slices].map(textOf).join('')

const part = fc.constantFrom(
  '.',
  '\r',
  '\n',
  '\r\n',
  '\r\r\n',
  'a: b',
  'Bcc: c',
  ' ',
  'x',
  '\xff',
  '\0',
  '\r\n.\r\n',
  '\n.\n',
)
const message = fc.array(part, { maxLength: 40 }).map((parts) => parts.join(''))
const limits = { numRuns: 1_000, interruptAfterTimeLimit: 1_500 }

it('has CRLF and no other line end, and is made once', () => {
  fc.assert(
    fc.property(message, (text) => {
      const made = inWireForm(bytesOf(text))
      expect(textOf(made)).toMatch(/^(?:[^\r\n]*\r\n)+$/)
      expect(inWireForm(made)).toBe(made)
      expect(textOf(made).replace(/[\r\n ?]/g, '')).toBe(text.replace(/[\r\n ]/g, ''))
    }),
    limits,
  )
})

it('has the header that we read before, field by field', () => {
  fc.assert(
    fc.property(message, (text) => {
      // What had a CR in its name was no field, and has a name now that nobody knows.
      const fieldsOf = (bytes: Uint8Array) =>
        parseHeaderBlock(bytes)
          .fields.filter(({ key }) => !key.includes('?'))
          .map(({ key, raw }) => [key, raw.replace(/[\r\n ?]/g, '')])
      expect(fieldsOf(inWireForm(bytesOf(text)))).toEqual(fieldsOf(bytesOf(text)))
    }),
    limits,
  )
})

it('ends where its dots say, and nowhere before', () => {
  fc.assert(
    fc.property(message, (text) => {
      const made = inWireForm(bytesOf(text))
      const sent = joined(dotStuffed(made))
      expect(`\r\n${sent}`).not.toContain('\r\n.\r\n')
      expect(sent.replace(/^\./gm, '')).toBe(textOf(made))
    }),
    limits,
  )
})

it.each([64 * 1024 - 2, 64 * 1024 - 1, 64 * 1024, 64 * 1024 + 1])(
  'knows a dot at the edge of a slice (%i)',
  (length) => {
    const text = `${'x'.repeat(length - 2)}\r\n.\r\n.${'y'.repeat(64 * 1024)}\r\n`
    expect(joined(dotStuffed(bytesOf(text)))).toBe(text.replace(/^\./gm, '..'))
    expect(joined(slicesOf(bytesOf(text)))).toBe(text)
  },
)

it.each([
  ['\x00\x7f\r\n', false],
  ['a\x80', true],
  ['', false],
])('%j is more than ASCII: %s', (text, expected) => {
  expect(isEightBit(bytesOf(text))).toBe(expected)
})
