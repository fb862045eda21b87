/**
 * The stream over workerd's sockets. What it has to mind there:
 *
 *  - STARTTLS: the socket that is upgraded must have no reader and no writer on it, and is another one afterwards. In production
 *    some servers on 587 have been seen not to come through it (cloudflare/workerd#2712): the time-outs end that, and 465 with TLS
 *    from the first byte is the way to choose.
 *  - `opened` of an upgraded socket may resolve before its handshake is done (cloudflare/workerd#3949): a handshake that fails
 *    shows as a lost connection at the next command, before anything was said in it.
 *  - `close()` of an upgraded socket may never resolve (cloudflare/workerd#2060), so nobody waits for it.
 */
import type { SmtpServer } from './server.ts'
import type { ByteStream } from './stream.ts'
import { Broken } from './wire.ts'

const CONNECT_MS = 15_000

/** Throws `Broken` where no connection comes about. */
export async function openSocket({ host, port, tls }: SmtpServer): Promise<ByteStream> {
  // Only workerd has this module: Node, which reads the HTTP server's routes, must not need it.
  const { connect } = await import('cloudflare:sockets')
  const secureTransport = tls === 'implicit' ? 'on' : tls === 'starttls' ? 'starttls' : 'off'
  const socket = connect({ hostname: host, port }, { secureTransport, allowHalfOpen: false })
  const stream = new SocketStream(socket, tls === 'implicit')
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('late')), CONNECT_MS)
  })
  try {
    await Promise.race([socket.opened, late])
    return stream
  } catch (error) {
    stream.close()
    throw new Broken('The SMTP server cannot be reached.', { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

class SocketStream implements ByteStream {
  isSecure: boolean
  #socket: Socket
  #reader: ReadableStreamDefaultReader<Uint8Array>
  #writer: WritableStreamDefaultWriter<Uint8Array>

  constructor(socket: Socket, isSecure: boolean) {
    this.isSecure = isSecure
    this.#socket = socket
    this.#reader = socket.readable.getReader()
    this.#writer = socket.writable.getWriter()
    // A connection that is lost shows at the next read or write.
    for (const lost of [socket.opened, socket.closed, this.#reader.closed, this.#writer.closed])
      lost.catch(() => undefined)
  }

  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes)
  }

  async read(): Promise<Uint8Array | null> {
    const { value, done } = await this.#reader.read()
    return done ? null : value
  }

  async startTls(): Promise<void> {
    this.#reader.releaseLock()
    this.#writer.releaseLock()
    const secure = this.#socket.startTls()
    const next = new SocketStream(secure, true)
    this.#socket = secure
    this.#reader = next.#reader
    this.#writer = next.#writer
    await secure.opened
    this.isSecure = true
  }

  close(): void {
    try {
      this.#socket.close().catch(() => undefined)
    } catch {
      // It is gone already.
    }
  }
}
