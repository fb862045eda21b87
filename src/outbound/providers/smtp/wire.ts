/**
 * Commands out, replies in (RFC 5321 §4.2), within limits: a server may say what it likes, at any length and pace, and costs us
 * neither memory nor time. What breaks the dialogue is thrown as `Broken`; every reply, also a refusal, is a value.
 */
import { latin1, latin1Bytes } from '../../../mime/latin1.ts'
import type { ByteStream } from './stream.ts'

export type Reply = {
  code: number
  /** RFC 3463, where the reply begins with one that agrees with its code (RFC 2034). */
  enhanced: string | null
  /** All lines without their codes, in printable characters; cut. */
  text: string
  /** The same lines, each as it came after its code. */
  lines: string[]
}

/** The connection is gone, silent, or speaks no SMTP. */
export class Broken extends Error {
  override name = 'Broken'
}

/** RFC 5321 §4.5.3.1.5 says 512; servers that list much in one line write more. */
const LINE_CHARS_MAX = 2_048
/** EHLO's answer has some twenty. */
const LINES_MAX = 100
/** Kept for people. */
const TEXT_CHARS_MAX = 500

export class Wire {
  readonly stream: ByteStream
  /** What came and was not read yet, one character a byte. */
  #held = ''

  constructor(stream: ByteStream) {
    this.stream = stream
  }

  async command(line: string, limitMs: number): Promise<Reply> {
    await this.write(new TextEncoder().encode(`${line}\r\n`), limitMs)
    return await this.reply(limitMs)
  }

  async write(bytes: Uint8Array, limitMs: number): Promise<void> {
    await within(this.stream.write(bytes), limitMs)
  }

  /** The next reply, all lines of it in the given time. */
  async reply(limitMs: number): Promise<Reply> {
    return await within(this.#readReply(), limitMs)
  }

  /** Goes on in TLS. What came before it and was not read was put there by somebody else (a known attack). */
  async startTls(limitMs: number): Promise<void> {
    if (this.#held !== '') throw new Broken('The server said something between STARTTLS and TLS.')
    await within(this.stream.startTls(), limitMs)
  }

  async #readReply(): Promise<Reply> {
    const lines: string[] = []
    for (let code: string | null = null; ; ) {
      const line = await this.#readLine()
      const [, ownCode, separator, text] = /^([2-5]\d\d)(?:([ -])(.*))?$/.exec(line) ?? []
      if (ownCode === undefined || (code !== null && code !== ownCode)) throw new Broken('The server speaks no SMTP.')
      code = ownCode
      lines.push(text ?? '')
      if (separator !== '-') return replyOf(Number(code), lines)
      if (lines.length >= LINES_MAX) throw new Broken('The server does not come to the end of its reply.')
    }
  }

  async #readLine(): Promise<string> {
    for (;;) {
      const end = this.#held.indexOf('\n')
      if (end > LINE_CHARS_MAX || (end < 0 && this.#held.length > LINE_CHARS_MAX))
        throw new Broken('The server does not come to the end of its line.')
      if (end >= 0) {
        const line = this.#held.slice(0, end).replace(/\r$/, '')
        this.#held = this.#held.slice(end + 1)
        return line
      }
      const bytes = await this.stream.read().catch(broken)
      if (bytes === null) throw new Broken('The server closed the connection.')
      this.#held += latin1(bytes)
    }
  }
}

function replyOf(code: number, lines: string[]): Reply {
  const named = /^([245]\.\d{1,3}\.\d{1,3})(?: |$)/.exec(lines[0] ?? '')?.[1]
  const enhanced = named?.[0] === String(code)[0] ? (named ?? null) : null
  const spoken = lines.map((line) => (enhanced && line.startsWith(enhanced) ? line.slice(enhanced.length + 1) : line))
  return { code, enhanced, text: printable(spoken.join(' ')), lines }
}

/** Replies are ASCII, or UTF-8 (RFC 6531 §3.7.4.2); whatever else stands there is not shown. */
function printable(text: string): string {
  const decoded = new TextDecoder().decode(latin1Bytes(text.slice(0, 4 * TEXT_CHARS_MAX)))
  return decoded
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim()
    .slice(0, TEXT_CHARS_MAX)
}

/** What the work gives. Late is broken: the work may go on for ever, and the connection is closed over it. */
async function within<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Broken('The server did not answer in time.')), limitMs)
  })
  try {
    return await Promise.race([work.catch(broken), late])
  } finally {
    clearTimeout(timer)
  }
}

function broken(error: unknown): never {
  if (error instanceof Broken) throw error
  throw new Broken('The connection was lost.', { cause: error })
}
