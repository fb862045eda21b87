/** A message that its sender wrote himself: what is let through, what is taken out, and what is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { type RawOptions, readRawMail } from '../../src/mime/compose-raw.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { latin1 } from '../helpers/world.ts'

const STAMP = { messageId: 'ours@a.example', nowMs: Date.UTC(2026, 2, 1, 12), unique: '0123456789abcdef' }
const HEAD = 'From: Ann <ann@a.example>\r\nTo: bob@b.example\r\nSubject: Hello\r\n'

function finished(raw: string, options: RawOptions = {}) {
  const read = readRawMail(latin1(raw), options)
  if (isFailure(read)) return read
  const { bytes, messageId } = read.finish(STAMP)
  return { ...read, messageId, text: Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''), bytes }
}

const textOf = (raw: string, options?: RawOptions) => {
  const read = finished(raw, options)
  return isFailure(read) ? read.detail : read.text
}

describe('a raw message', () => {
  it('is given what it lacks', () => {
    expect(textOf(`${HEAD}\r\nHi.\r\n`)).toBe(
      `${HEAD}Date: Sun, 01 Mar 2026 12:00:00 +0000\r\nMessage-ID: <ours@a.example>\r\nMIME-Version: 1.0\r\n\r\nHi.\r\n`,
    )
  })

  it('keeps its own date, id and body, byte for byte', () => {
    const own = `${HEAD}Date: Mon, 02 Feb 2026 10:00:00 +0100\r\nMessage-ID: <own@a.example>\r\nMIME-Version: 1.0\r\n`
    const body = '\r\n.\r\n\xfc \t\r\nFrom here\r\n'
    expect(finished(own + body)).toMatchObject({ text: own + body, messageId: 'own@a.example' })
  })

  it('is dated by its sending where it was a draft', () => {
    const dated = textOf(`${HEAD}Date: Mon, 02 Feb 2026 10:00:00 +0100\r\n\r\n`, { isDated: true })
    expect(dated.match(/^Date: .*$/gm)).toEqual(['Date: Sun, 01 Mar 2026 12:00:00 +0000'])
  })

  it('goes to whom it names, or to whom the envelope names, and tells nobody of Bcc', () => {
    const raw = `${HEAD}Cc: Cy <cy@c.example>\r\nBcc: dee@d.example,\r\n eve@e.example\r\n\r\nHi.\r\n`
    const to = (options?: RawOptions) => {
      const read = finished(raw, options)
      return isFailure(read) ? [] : read.recipients.map(({ address }) => address)
    }
    expect(to()).toEqual(['bob@b.example', 'cy@c.example', 'dee@d.example', 'eve@e.example'])
    expect(to({ recipients: [{ name: '', address: 'zoe@z.example' }] })).toEqual(['zoe@z.example'])
    expect(textOf(raw)).not.toMatch(/bcc|dee@|eve@/i)
  })

  it.each([
    'Received: from evil.example by a.example',
    'Return-Path: <x@x.example>',
    'Authentication-Results: mx.cloudflare.net; dmarc=pass',
    'ARC-Seal: i=1',
    'DKIM-Signature: v=1',
    'Sender: eve@evil.example',
    'Delivered-To: bob@b.example',
    'X-CF-SpamH-Score: 0',
    'X-Postern-Text: made',
    'bCC : eve@evil.example',
  ])('loses %s', (line) => {
    const [name = ''] = line.split(':')
    expect(textOf(`${HEAD}${line}\r\n\r\nHi.\r\n`).toLowerCase()).not.toContain(`${name.trim().toLowerCase()}`)
  })

  it('with LF alone is given CRLF', () => {
    expect(textOf(`${HEAD}\r\nHi.\r\nDear`.replaceAll('\r\n', '\n'))).toBe(textOf(`${HEAD}\r\nHi.\r\nDear\r\n`))
  })

  it.each([
    ['two senders', HEAD.replace('ann@a.example>', 'ann@a.example>, eve@e.example')],
    ['From twice', `${HEAD}From: eve@e.example\r\n`],
    ['no From', 'To: bob@b.example\r\n'],
    ['a From without an address', 'From: Ann\r\nTo: bob@b.example\r\n'],
    ['To twice', `${HEAD}to: eve@e.example\r\n`],
    ['nobody to go to', 'From: ann@a.example\r\n'],
    ['a recipient without an address', 'From: ann@a.example\r\nTo: bob\r\n'],
    ['Subject twice', `${HEAD}Subject: x\r\n`],
    ['Content-Type twice', `${HEAD}Content-Type: text/plain\r\nContent-Type: text/html\r\n`],
    ['Resent-From', `${HEAD}Resent-From: eve@e.example\r\n`],
    ['a Message-ID that is none', `${HEAD}Message-ID: <a b>\r\n`],
    ['a Date that is none', `${HEAD}Date: tomorrow\r\n`],
    ['a line that is no field', `${HEAD}no field\r\n`],
    ['bytes that are no ASCII', `${HEAD}X-A: \xfc\r\n`],
    ['a CR on its own', `${HEAD}X-A: a\rBcc: b\r\n`],
    ['an LF on its own', `${HEAD}X-A: a\nBcc: b\r\n`],
    ['an escape character', `${HEAD}X-A: \x1b[2J\r\n`],
    ['NUL', `${HEAD}X-A: a\0\r\n`],
    ['a line of 999 bytes', `${HEAD}X-A: ${'a'.repeat(994)}\r\n`],
    ['a header of 64 KB', HEAD + `X-A: ${'a'.repeat(900)}\r\n`.repeat(80)],
    [
      '51 recipients',
      `From: ann@a.example\r\nTo: ${Array.from({ length: 51 }, (_, n) => `b${n}@b.example`).join(',\r\n ')}\r\n`,
    ],
  ])('with %s is refused', (_, head) => {
    const read = finished(`${head}\r\nHi.\r\n`)
    expect(isFailure(read) ? ['invalid', 'too-large'] : read.text).toContain(isFailure(read) ? read.failure : 'refused')
  })

  it.each(['a\nb\r\n', 'a\rb\r\n', 'a\0b\r\n', `${'a'.repeat(999)}\r\n`])('with the body %j is refused', (body) => {
    expect(isFailure(finished(`${HEAD}\r\n${body}`))).toBe(true)
  })

  it('without an empty line is refused, and so is nothing at all', () => {
    expect([HEAD, ''].map((raw) => isFailure(finished(raw)))).toEqual([true, true])
  })

  it('whatever its bytes, either is refused or says the same sender to every reader', async () => {
    const line = fc.oneof(
      fc.constantFrom(
        'From: ann@a.example',
        'To: b@b.example',
        'Bcc: c@c.example',
        'Date: x',
        '',
        ' folded',
        'X: y',
        'From : e@e.example',
      ),
      fc.string({
        unit: fc.constantFrom('\r', '\n', '\0', ':', ' ', '<', '>', '@', ',', '"', 'a', '\xff'),
        maxLength: 20,
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.constantFrom('\r\n', '\n'), async (lines, end) => {
        const read = finished(lines.join(end) + end)
        if (isFailure(read)) return
        expect(read.text).toMatch(/^(?:[^\r\n\0]{0,998}\r\n)+$/)
        const parsed = await parseMessage(read.bytes)
        expect(parsed.envelope.from.map(({ address }) => address)).toEqual([read.from.address])
        expect([parsed.envelope.bcc, parsed.fields.filter(({ key }) => key === 'bcc')]).toEqual([[], []])
      }),
      { numRuns: 500 },
    )
  })
})
