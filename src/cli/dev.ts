/**
 * `npm start`: the whole mail server on this machine.
 *
 *   arguments -> ports -> state folder (held) -> ports free? -> local configuration -> migrations -> wrangler dev
 *   -> healthy? -> demo account -> summary -> the Worker's log until a signal
 *
 * Invariants:
 *  - No way out leaves a process behind: a signal, a failed start, wrangler's own death, ours (wrangler.ts, guard.ts).
 *  - What cannot be done is said in one clear line, with a non-zero exit.
 *  - A secret is never an argument: `ps` shows those to everyone on the machine.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs, stripVTControlCharacters } from 'node:util'
import { localConfig, readWranglerConfig } from './config.ts'
import { isDue } from './cron.ts'
import { ensureDemo } from './demo.ts'
import { Failure } from './failure.ts'
import { assertFree, LOOPBACK, type Port, portsOf } from './listeners.ts'
import { isBuildFailure, isWorth } from './output.ts'
import { openState, type State } from './state.ts'
import { summary } from './summary.ts'
import { startWrangler, type Wrangler } from './wrangler.ts'

const ROOT = resolve(import.meta.dirname, '../..')
/** Generous: the first start on a slow machine compiles everything with a cold disk. */
const START_TIMEOUT_MS = 120_000
const PROBE_TIMEOUT_MS = 5_000
const PROBE_PAUSE_MS = 100
const ANCESTORS_WATCH_MS = 500
const USAGE = `Usage: npm start [-- --fresh] [--verbose]

  --fresh     forget all mail and keys of the state folder, and begin anew
  --verbose   show all that wrangler says

  POSTERN_STATE       the state folder (.postern)
  POSTERN_HTTP_PORT   the port of the HTTP API (8787)`

/** Whoever runs now: a migration, then the server. */
let running: Wrangler | undefined
let stopping = false

async function main(): Promise<void> {
  const options = readArguments()
  const folder = process.env.POSTERN_STATE || '.postern'
  const ports = portsOf(process.env)
  const state = openState(folder, options)
  await assertFree(ports)
  const secrets = state.secrets()
  const config = readWranglerConfig(ROOT)
  const configFile = join(state.wranglerFolder, 'wrangler.json')
  const local = localConfig(config, ROOT, ports)
  writeFileSync(configFile, JSON.stringify(local, null, 2))

  for (const { binding } of local.d1_databases ?? []) await migrate(state, configFile, binding)
  const url = `http://${LOOPBACK}:${httpPort(ports)}`
  const server = serve(state, configFile, ports, options.verbose)
  await healthy(server, url)
  const demo = await ensureDemo(url, secrets.POSTERN_ADMIN_KEY, ports, state.readDemo())
  state.writeDemo(demo)
  console.log(summary(demo, ports, join(folder, 'demo.json')))
  fireCrons(url, config.triggers?.crons ?? [])
  server.up = true
  await server.wrangler.ended
  if (!stopping) throw new Failure(lastWords('wrangler ended by itself.', server.wrangler))
}

function readArguments(): { fresh: boolean; verbose: boolean } {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({ options: { fresh: flag, verbose: flag, help: { ...flag, short: 'h' } } })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    return values
  } catch (error) {
    throw new Failure(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`, 2)
  }
}

/** wrangler applies what is not applied yet, each migration whole or not at all. */
async function migrate(state: State, configFile: string, binding: string): Promise<void> {
  const args = [
    'd1',
    'migrations',
    'apply',
    binding,
    '--local',
    '--persist-to',
    state.dataFolder,
    '--config',
    configFile,
  ]
  const wrangler = startWrangler(args, { cwd: ROOT, folder: state.wranglerFolder })
  running = wrangler
  const { code } = await wrangler.ended
  if (code !== 0) throw new Failure(lastWords(`The migrations of ${binding} failed.`, wrangler))
}

/** `up` when the summary stands; before it, the log would only show our own preparations. */
type Server = { wrangler: Wrangler; up: boolean; buildFailed: boolean }

function serve(state: State, configFile: string, ports: Port[], verbose: boolean): Server {
  const args = [
    'dev',
    ...['--config', configFile, '--local', '--persist-to', state.dataFolder],
    ...['--ip', LOOPBACK, '--port', String(httpPort(ports)), '--inspector-port', '0'],
    // The developer's own settings first, ours last: the last file wins.
    ...(existsSync(join(ROOT, '.dev.vars')) ? ['--env-file', join(ROOT, '.dev.vars')] : []),
    ...['--env-file', state.secretsFile],
    '--show-interactive-dev-session=false',
  ]
  const onLine = (raw: string) => {
    const line = stripVTControlCharacters(raw)
    server.buildFailed ||= isBuildFailure(line)
    if (stopping) return
    if (verbose || (server.up && isWorth(line))) console.log(line)
  }
  const wrangler = startWrangler(args, { cwd: ROOT, folder: state.wranglerFolder, onLine })
  const server: Server = { wrangler, up: false, buildFailed: false }
  running = wrangler
  return server
}

async function healthy(server: Server, url: string): Promise<void> {
  const { wrangler } = server
  let ended = false
  wrangler.ended.then(() => {
    ended = true
  })
  for (const start = Date.now(); Date.now() - start < START_TIMEOUT_MS; await sleep(PROBE_PAUSE_MS)) {
    if (ended) throw new Failure(lastWords('wrangler ended before the server was up.', wrangler))
    if (server.buildFailed) throw new Failure(lastWords('The Worker does not compile.', wrangler))
    if (await answers(`${url}/healthz`)) return
  }
  throw new Failure(lastWords(`${url}/healthz gave no good answer in ${START_TIMEOUT_MS / 1000} s.`, wrangler))
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS) })).ok
  } catch {
    return false
  }
}

/** Looks at the clock at each full minute, as Cloudflare does. */
function fireCrons(url: string, crons: string[]): void {
  const MINUTE_MS = 60_000
  const next = () => setTimeout(fire, MINUTE_MS - (Date.now() % MINUTE_MS)).unref()
  const fire = () => {
    for (const cron of crons.filter((cron) => isDue(cron, new Date()))) {
      fetch(`${url}/cdn-cgi/local/scheduled?cron=${encodeURIComponent(cron)}`).catch((error) =>
        console.error(`The cron trigger "${cron}" failed: ${error.message}`),
      )
    }
    next()
  }
  next()
}

function httpPort(ports: Port[]): number {
  const http = ports.find(({ via }) => via === 'http')
  if (!http) throw new Error('no HTTP listener')
  return http.port
}

function lastWords(line: string, wrangler: Wrangler): string {
  const words = wrangler.lastWords().map((word) => `  ${stripVTControlCharacters(word)}`)
  return [line, ...(words.length > 0 ? ['Its last words:', ...words] : [])].join('\n')
}

async function stop(exitCode: number): Promise<never> {
  stopping = true
  await running?.stop()
  process.exit(exitCode)
}

function watchForTheEnd(): void {
  const onSignal = () => {
    // Whoever asks twice does not want to wait.
    if (stopping) process.exit(1)
    void stop(0)
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  process.on('exit', () => running?.kill())
  // The reader of our output is gone, as in `npm start | head`.
  process.stdout.on('error', () => void stop(0))
  process.stderr.on('error', () => void stop(0))
  // npm does not pass every signal on, and none when it is killed: then our ancestors change.
  const before = ancestors()
  if (process.env.npm_lifecycle_event !== undefined) {
    setInterval(() => ancestors() !== before && !stopping && void stop(0), ANCESTORS_WATCH_MS).unref()
  }
}

/** Our parent and, where that is the shell which npm put between (Linux: it shows in /proc), the shell's parent. */
function ancestors(): string {
  const parent = process.ppid
  try {
    const [, shell, grandparent] = /^\d+ \((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${parent}/stat`, 'utf8')) ?? []
    return /^(sh|dash|ash|busybox|bash)$/.test(shell ?? '') ? `${parent} ${grandparent}` : String(parent)
  } catch {
    return String(parent)
  }
}

watchForTheEnd()
try {
  await main()
} catch (error) {
  if (!stopping) {
    console.error(error instanceof Failure ? error.message : error)
    await stop(error instanceof Failure ? error.exitCode : 1)
  }
}
