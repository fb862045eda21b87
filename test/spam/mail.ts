import { parseMessage } from '../../src/mime/parse.ts'
import type { SpamInput } from '../../src/spam/input.ts'
import { UNKNOWN_VERDICT } from '../../src/verify/trusted-block.ts'

/** When every message of these tests arrives. */
export const NOW_MS = Date.UTC(2026, 10, 2, 10, 0, 0)

export type Mail = {
  /** Replaces fields of the ordinary message, or adds to them; null leaves one out, a list repeats it. */
  headers?: Record<string, string | string[] | null>
  /** Plain text. */
  text?: string
  /** Instead of the text: HTML alone. */
  html?: string
  /** Beside the HTML: an alternative. */
  alternative?: string
  /** Instead of all: the body as it stands. */
  body?: string
  attachment?: string
  /** What is in the attachment, one character a byte. */
  content?: string
}

const ORDINARY: Record<string, string | string[] | null> = {
  From: 'Ann Lee <ann@shop.example>',
  To: 'me@here.example',
  Subject: 'Lunch on Friday',
  Date: 'Mon, 02 Nov 2026 09:59:00 +0000',
  'Message-ID': '<1.abc@shop.example>',
  'MIME-Version': '1.0',
}

/** What scoring is handed for a message that is ordinary but for what `mail` says. */
export async function spamInput(mail: Mail, over: Partial<SpamInput> = {}): Promise<SpamInput> {
  const bytes = bytesOf(rawMail(mail))
  const message = await parseMessage(bytes)
  const envelope = { from: 'ann@shop.example', to: 'me@here.example' }
  return { message, bytes, verdict: UNKNOWN_VERDICT, envelope, nowMs: NOW_MS, lists: [], ...over }
}

/** One character a byte, so that a test can write any byte. */
export function bytesOf(raw: string): Uint8Array {
  return Uint8Array.from(raw, (char) => char.charCodeAt(0))
}

/** Text as its UTF-8 bytes, one character a byte. */
export function utf8(text: string): string {
  return String.fromCharCode(...new TextEncoder().encode(text))
}

function rawMail(mail: Mail): string {
  const { fields, body } = bodyOf(mail)
  const all = { ...ORDINARY, ...fields, ...mail.headers }
  const lines = Object.entries(all).flatMap(([name, value]) => {
    const values = value === null ? [] : [value].flat()
    return values.map((one) => `${name}: ${one}\r\n`)
  })
  return `${lines.join('')}\r\n${body}`
}

const part = (type: string, body: string, more = '') =>
  `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: 8bit\r\n${more}\r\n${body}\r\n`

function bodyOf(mail: Mail): { fields: Record<string, string>; body: string } {
  const { text = 'See you there.', html, alternative, attachment, content = 'MZ', body } = mail
  if (body !== undefined) return { fields: {}, body }
  if (attachment !== undefined) {
    const disposition = `Content-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(attachment)}\r\n`
    const parts = part('text/plain', text) + part('application/octet-stream', content, disposition)
    return { fields: { 'Content-Type': 'multipart/mixed; boundary=b' }, body: `${parts}--b--\r\n` }
  }
  if (html === undefined) {
    return {
      fields: { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Transfer-Encoding': '8bit' },
      body: utf8(text),
    }
  }
  const htmlType = 'text/html; charset=utf-8'
  if (alternative === undefined) {
    return { fields: { 'Content-Type': htmlType, 'Content-Transfer-Encoding': '8bit' }, body: utf8(html) }
  }
  const parts = part('text/plain; charset=utf-8', utf8(alternative)) + part(htmlType, utf8(html))
  return { fields: { 'Content-Type': 'multipart/alternative; boundary=b' }, body: `${parts}--b--\r\n` }
}
