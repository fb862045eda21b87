/**
 * `npm start` as a newcomer meets it: a real start, the three lines that it prints, a second instance, the end by
 * Ctrl-C, and a second start. One long test, since each start takes seconds.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Demo } from '../../src/cli/demo.ts'

const START_TIMEOUT_MS = 90_000

let parent: string
let state: string
let started: ChildProcess[] = []

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'postern-dev-'))
  state = join(parent, 'state')
})

afterEach(() => {
  for (const child of started) child.kill('SIGKILL')
  started = []
  rmSync(parent, { recursive: true, force: true })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await new Promise((resolve) => server.close(resolve))
  return port
}

function start(folder: string, port: number) {
  const child = spawn(process.execPath, ['src/cli/dev.ts'], {
    env: { ...process.env, POSTERN_STATE: folder, POSTERN_HTTP_PORT: String(port), npm_lifecycle_event: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  return {
    output: () => output,
    ended,
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    async up() {
      const deadline = Date.now() + START_TIMEOUT_MS
      while (!output.includes('Postern is running.') || !output.includes('Ctrl-C stops it')) {
        if (child.exitCode !== null || Date.now() > deadline) throw new Error(`It did not start:\n${output}`)
        await sleep(50)
      }
      return JSON.parse(readFileSync(join(folder, 'demo.json'), 'utf8')) as Demo
    },
  }
}

/** Every process that has this folder among its arguments: wrangler and workerd both do. */
function processesOf(folder: string): string[] {
  return commandLines().filter((line) => line.includes(folder))
}

function commandLines(): string[] {
  return execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).split('\n')
}

function sh(line: string): string {
  return execFileSync('sh', ['-c', line], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
}

test('It starts, serves what it prints, ends whole, and keeps the mail', { timeout: 240_000 }, async () => {
  const port = await freePort()
  const first = start(state, port)
  const demo = await first.up()
  expect(demo).toEqual({
    url: `http://127.0.0.1:${port}`,
    address: 'demo@postern.test',
    account_id: expect.stringMatching(/^acc_/),
    admin_key: expect.stringMatching(/^pst_admin_/),
    api_key: expect.stringMatching(/^pst_/),
    app_password: expect.any(String),
    ports: { http: port },
  })
  expect(statSync(join(state, 'demo.json')).mode & 0o777).toBe(0o600)
  for (const value of [demo.url, demo.address, demo.api_key, demo.app_password, demo.admin_key]) {
    expect(first.output()).toContain(value)
  }

  const secret = /POSTERN_SECRET="(.+)"/.exec(readFileSync(join(state, 'secrets.env'), 'utf8'))?.[1] ?? 'none'
  expect(processesOf(state)).not.toEqual([])
  for (const shown of [secret, demo.admin_key])
    expect(commandLines().filter((line) => line.includes(shown))).toEqual([])

  const [deliver = '', find = '', read = ''] = first
    .output()
    .split('\n')
    .filter((line) => /^ {2}(printf|curl) /.test(line))
  sh(deliver)
  expect(JSON.parse(sh(find)).data).toMatchObject([{ subject: 'Hello, Postern' }])
  expect(JSON.parse(sh(read))).toMatchObject({ subject: 'Hello, Postern', text: expect.stringContaining('quince') })

  const sameFolder = start(state, await freePort())
  expect(await sameFolder.ended).toBe(1)
  expect(sameFolder.output()).toMatch(/^.* is in use by a running Postern: .*\n$/)
  const samePort = start(join(parent, 'other'), port)
  expect(await samePort.ended).toBe(1)
  expect(samePort.output()).toBe(`Port ${port} (HTTP API) is taken: choose another with POSTERN_HTTP_PORT.\n`)

  first.signal('SIGINT')
  expect(await first.ended).toBe(0)
  expect(processesOf(state)).toEqual([])

  const otherPort = await freePort()
  const second = start(state, otherPort)
  expect(await second.up()).toEqual({ ...demo, url: `http://127.0.0.1:${otherPort}`, ports: { http: otherPort } })
  expect(JSON.parse(sh(find.replaceAll(String(port), String(otherPort)))).data).toHaveLength(1)
  // Not even a chance to say goodbye: the guard ends the rest.
  second.signal('SIGKILL')
  await second.ended
  for (let i = 0; i < 100 && processesOf(state).length > 0; i++) await sleep(50)
  expect(processesOf(state)).toEqual([])
  expect(existsSync(join(state, 'data'))).toBe(true)
})
