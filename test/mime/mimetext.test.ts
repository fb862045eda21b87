/** Mail as mimetext writes it, which many a Worker sends with: it can be handed to send-raw as it is, and reads as it was meant. */
import { createMimeMessage } from 'mimetext/browser'
import { describe, expect, it } from 'vitest'
import { isFailure } from '../../src/errors.ts'
import { readRawMail } from '../../src/mime/compose-raw.ts'
import type { ParsedMessage } from '../../src/mime/message.ts'
import { parseMessage } from '../../src/mime/parse.ts'
import { findPart } from '../../src/mime/structure.ts'
import { decodeTransferBytes } from '../../src/mime/transfer.ts'

const STAMP = { messageId: 'ours@a.example', nowMs: Date.UTC(2026, 2, 1, 12), unique: '0123456789abcdef' }
const BYTES = Uint8Array.from({ length: 300 }, (_, n) => n % 256)
const base64 = btoa(String.fromCharCode(...BYTES))

type Shape = { text?: string; html?: string; files?: { filename: string; contentId?: string }[] }

function written({ text, html, files = [] }: Shape, name = 'Ann', subject = 'Hello'): Uint8Array {
  const message = createMimeMessage()
  message.setSender({ name, addr: 'ann@a.example' })
  message.setTo([
    { name: 'Bob', addr: 'bob@b.example' },
    { name: '', addr: 'cy@c.example' },
  ])
  message.setBcc('dee@d.example')
  message.setSubject(subject)
  if (text !== undefined) message.addMessage({ contentType: 'text/plain', data: text })
  if (html !== undefined) message.addMessage({ contentType: 'text/html', data: html })
  for (const { filename, contentId } of files)
    message.addAttachment({
      ...{ filename, contentType: 'application/octet-stream', data: base64 },
      ...(contentId === undefined ? {} : { inline: true, headers: { 'Content-ID': contentId } }),
    })
  return new TextEncoder().encode(message.asRaw())
}

async function sent(raw: Uint8Array) {
  const read = readRawMail(raw)
  if (isFailure(read)) throw new Error(read.detail)
  const { bytes } = read.finish(STAMP)
  return { recipients: read.recipients.map(({ address }) => address), bytes, message: await parseMessage(bytes) }
}

const bytesOf = ({ structure }: ParsedMessage, raw: Uint8Array, part: string) => {
  const found = findPart(structure, part)
  return found && decodeTransferBytes(found.encoding, raw.subarray(found.bodyStart, found.bodyEnd)).bytes
}

describe('a message by mimetext', () => {
  it.each<[string, Shape]>([
    ['text', { text: 'Hi.' }],
    ['HTML', { html: '<p>Hi.</p>' }],
    ['both', { text: 'Hi.', html: '<p>Hi.</p>' }],
    ['a file', { text: 'Hi.', files: [{ filename: 'a.bin' }] }],
    [
      'files and a picture',
      { html: '<img src="cid:p">', files: [{ filename: 'a.bin' }, { filename: 'p.png', contentId: 'p' }] },
    ],
  ])('with %s goes to all its recipients, Bcc unseen', async (_, shape) => {
    const { recipients, bytes, message } = await sent(written(shape))
    expect(recipients.sort()).toEqual(['bob@b.example', 'cy@c.example', 'dee@d.example'])
    expect(new TextDecoder('latin1').decode(bytes)).not.toContain('dee@d.example')
    expect(message.text.trim()).toBe(shape.text ?? message.text.trim())
    expect(message.attachments.map(({ filename }) => filename).sort()).toEqual(
      (shape.files ?? []).map(({ filename }) => filename),
    )
    for (const { part } of message.attachments) expect(bytesOf(message, bytes, part)).toEqual(BYTES)
  })

  it.each(['Grüße aus Köln', '日本語の件名', 'x'.repeat(200), 'a "quoted" one', '=?not a word?='])(
    'has the subject and the name %s',
    async (text) => {
      const { message } = await sent(written({ text: 'Hi.' }, text, text))
      expect([message.envelope.subject, message.envelope.from]).toEqual([
        text,
        [{ name: text, address: 'ann@a.example' }],
      ])
    },
  )
})
