/**
 * What `npm start` listens on. A further protocol is one more line in LISTENERS: its port can then be set, is checked
 * before anything starts, reaches wrangler's configuration and the Worker, and stands in the summary and demo.json.
 *
 * Invariant: everything binds LOOPBACK. Development runs without TLS and with a known password.
 */
import { createServer } from 'node:net'
import { Failure } from './failure.ts'

export const LOOPBACK = '127.0.0.1'

/** `http` is wrangler's own port; a `tcp` one becomes a [[connect]] entry, and the Worker is told its number. */
type Listener = { name: string; label: string; variable: string; port: number; via: 'http' | 'tcp' }

const LISTENERS = [
  { name: 'http', label: 'HTTP API', variable: 'POSTERN_HTTP_PORT', port: 8787, via: 'http' },
] as const satisfies Listener[]

export type ListenerName = (typeof LISTENERS)[number]['name']
export type Port = Omit<Listener, 'name'> & { name: ListenerName }

/** The ports of this run: from the environment, else the usual ones. */
export function portsOf(env: Record<string, string | undefined>): Port[] {
  const ports = LISTENERS.map((listener): Port => ({ ...listener, port: portOf(listener, env[listener.variable]) }))
  for (const [i, { port, variable }] of ports.entries()) {
    const twin = ports.slice(0, i).find((other) => other.port === port)
    if (twin) throw new Failure(`${twin.variable} and ${variable} are both ${port}: each needs a port of its own.`)
  }
  return ports
}

function portOf(listener: Listener, value: string | undefined): number {
  if (value === undefined || value === '') return listener.port
  const port = /^\d{1,5}$/.test(value) ? Number(value) : Number.NaN
  if (port >= 1 && port <= 65_535) return port
  throw new Failure(`${listener.variable} must be a port from 1 to 65535, not "${value}".`)
}

/** Fails on the first port that cannot be listened on. */
export async function assertFree(ports: Port[]): Promise<void> {
  for (const { port, label, variable } of ports) {
    const error = await tryListen(port)
    if (error === undefined) continue
    const why = error === 'EADDRINUSE' ? 'is taken' : `cannot be used (${error})`
    throw new Failure(`Port ${port} (${label}) ${why}: choose another with ${variable}.`)
  }
}

function tryListen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
