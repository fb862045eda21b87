/** The other side of a connection, by lines and by bytes: what scripted servers and the faulty proxy are made of. */
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export class Peer {
  readonly socket: Socket
  #held = Buffer.alloc(0)
  #ended = false
  #wake: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk])
      this.#wake()
    })
    for (const event of ['end', 'close', 'error']) {
      socket.on(event, () => {
        this.#ended = true
        this.#wake()
      })
    }
  }

  static to(port: number): Peer {
    return new Peer(connect({ host: '127.0.0.1', port }))
  }

  /** Up to and with `end`. Throws where the other side is gone. */
  async until(end: string): Promise<string> {
    for (;;) {
      const at = this.#held.indexOf(end)
      if (at >= 0) return this.#take(at + end.length)
      await this.#more()
    }
  }

  async bytes(count: number): Promise<string> {
    while (this.#held.length < count) await this.#more()
    return this.#take(count)
  }

  /** A whole reply, all its lines. */
  async reply(): Promise<string> {
    for (let text = ''; ; ) {
      const line = await this.until('\r\n')
      text += line
      if (line[3] !== '-') return text
    }
  }

  say(text: string): void {
    this.socket.write(text, 'latin1')
  }

  #take(count: number): string {
    const text = this.#held.subarray(0, count).toString('latin1')
    this.#held = this.#held.subarray(count)
    return text
  }

  async #more(): Promise<void> {
    if (this.#ended) throw new Error('gone')
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
  }
}

export type Listening = { port: number; close(): Promise<void> }

/** Serves each connection by a script; what the script throws ends its connection. */
export async function listen(script: (peer: Peer) => Promise<void>): Promise<Listening> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    script(new Peer(socket)).catch(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return { port: (server.address() as AddressInfo).port, close }
}
