/** The SMTP client's stream over Node's sockets, with real TLS: only the test's own certificate is trusted. */
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { SmtpServer } from '../../../src/outbound/providers/smtp/server.ts'
import type { ByteStream } from '../../../src/outbound/providers/smtp/stream.ts'
import { CERTIFICATE } from './certificate.ts'

/** `servername` is who the server has to prove that it is. */
export async function openNodeStream({ host, port, tls }: SmtpServer, servername = 'localhost'): Promise<ByteStream> {
  const options = { host, port, servername, ca: CERTIFICATE }
  const socket = tls === 'implicit' ? connectTls(options) : connectTcp({ host, port })
  await opened(socket, tls === 'implicit' ? 'secureConnect' : 'connect')
  return new NodeStream(socket, tls === 'implicit', servername)
}

function opened(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve)
    socket.once('error', reject)
    socket.once('close', () => reject(new Error('closed')))
  })
}

class NodeStream implements ByteStream {
  isSecure: boolean
  #socket: Socket
  #servername: string
  #chunks: Uint8Array[] = []
  #error: Error | null = null
  #ended = false
  #wake: () => void = () => {}

  constructor(socket: Socket, isSecure: boolean, servername: string) {
    this.isSecure = isSecure
    this.#socket = socket
    this.#servername = servername
    this.#listen()
  }

  #listen(): void {
    this.#socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#wake()
    })
    this.#socket.on('error', (error) => {
      this.#error = error
      this.#wake()
    })
    this.#socket.on('close', () => {
      this.#ended = true
      this.#wake()
    })
    this.#socket.on('end', () => {
      this.#ended = true
      this.#wake()
    })
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  }

  async read(): Promise<Uint8Array | null> {
    while (this.#chunks.length === 0) {
      if (this.#error) throw this.#error
      if (this.#ended) return null
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#chunks.shift() as Uint8Array
  }

  async startTls(): Promise<void> {
    this.#socket.removeAllListeners('data')
    this.#socket.removeAllListeners('end')
    this.#socket.removeAllListeners('close')
    this.#socket = connectTls({ socket: this.#socket, servername: this.#servername, ca: CERTIFICATE })
    await opened(this.#socket, 'secureConnect')
    this.#listen()
    this.isSecure = true
  }

  close(): void {
    this.#socket.destroy()
  }
}
