/**
 * A typed client, as a stranger would make one: types generated from the description by a public generator, a program
 * compiled against them, and run against `npm start`. And programs with mistakes, which must not compile.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Demo } from '../../src/cli/demo.ts'
import { readDescription } from '../helpers/description.ts'
import { generateTypes } from './generate.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const START_TIMEOUT_MS = 90_000
const COMPILER_OPTIONS = {
  target: 'ES2024',
  module: 'NodeNext',
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  allowImportingTsExtensions: true,
  erasableSyntaxOnly: true,
  noEmit: true,
  skipLibCheck: true,
  types: ['node'],
}

let project: string
let server: ChildProcess
let demo: Promise<Demo>
let errors: string[]

beforeAll(async () => {
  project = mkdtempSync(join(tmpdir(), 'postern-client-'))
  // It compiles the Worker while the types are made.
  demo = startServer(join(project, 'state'), await freePort())
  demo.catch(() => undefined)
  cpSync(join(import.meta.dirname, 'programs'), project, { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(project, 'node_modules'))
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  writeFileSync(join(project, 'api.ts'), await generateTypes(await readDescription()))
  errors = await compile()
}, START_TIMEOUT_MS)

afterAll(async () => {
  const ended = new Promise((resolve) => server.once('close', resolve))
  if (server.exitCode === null && server.kill('SIGTERM')) await ended
  rmSync(project, { recursive: true, force: true })
}, 30_000)

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Resolves when the demo account is there. */
async function startServer(state: string, port: number): Promise<Demo> {
  const env = { ...process.env, POSTERN_STATE: state, POSTERN_HTTP_PORT: String(port), npm_lifecycle_event: undefined }
  server = spawn(process.execPath, ['src/cli/dev.ts'], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [server.stdout, server.stderr])
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  const deadline = Date.now() + START_TIMEOUT_MS
  while (!output.includes('Postern is running.')) {
    if (server.exitCode !== null || Date.now() > deadline) throw new Error(`It did not start:\n${output}`)
    await sleep(50)
  }
  return JSON.parse(readFileSync(join(state, 'demo.json'), 'utf8'))
}

/** What the compiler finds wrong with the programs, as lines of "file(line,column): error ...". */
async function compile(): Promise<string[]> {
  const files = ['tour.ts', 'wrong.ts']
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }))
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
  const { stdout } = await run(compiler, ['--project', project, '--pretty', 'false'])
  return stdout.split('\n').filter((line) => /error TS/.test(line))
}

async function run(script: string, args: string[]): Promise<{ stdout: string; stderr: string; code: number }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...args], { cwd: project })
    return { stdout, stderr, code: 0 }
  } catch (error) {
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: unknown }
    if (typeof code !== 'number') throw error
    return { stdout, stderr, code }
  }
}

test('A program in the generated types compiles, and what it says of the server is so', async () => {
  expect(errors.filter((error) => !error.startsWith('wrong.ts'))).toEqual([])
  const { url, api_key } = await demo
  expect((await fetch(`${url}/docs`)).status).toBe(200)
  const { stdout, stderr, code } = await run('tour.ts', [url, api_key])
  expect({ code, stderr, steps: stdout.trim().split('\n') }).toEqual({
    code: 0,
    stderr: '',
    steps: [
      'me',
      'mailboxes',
      'import',
      'search and read',
      'label',
      'make a mailbox and move',
      'batch',
      'reply',
      'changes',
      'a problem',
    ],
  })
})

test('A program with mistakes does not compile, and each mistake is found', async () => {
  const lines = readFileSync(join(project, 'wrong.ts'), 'utf8').split('\n')
  const wrong = lines.flatMap((line, index) => (line.includes('// wrong') ? [index + 1] : []))
  const places = errors.flatMap((error) => /^wrong\.ts\((\d+),/.exec(error)?.slice(1).map(Number) ?? [])
  expect(wrong.length).toBeGreaterThan(5)
  expect([[...new Set(places)], errors]).toEqual([wrong, errors])
})
