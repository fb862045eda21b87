/**
 * wrangler as a child process that cannot outlive us.
 *
 * Each one leads a process group of its own, with workerd and esbuild in it, so that one signal reaches them all, and a
 * terminal's Ctrl-C reaches only us, who then end them in order. If we die without a word, guard.ts inside wrangler
 * sees the pipe between us end, and ends the group.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** wrangler needs some hundred milliseconds to end workerd itself; after this it is no longer asked. */
const GRACE_MS = 4_000
const LAST_LINES_MS = 500
const KEPT_LINES_MAX = 20

export type Wrangler = {
  /** Settles when the process has ended. */
  ended: Promise<{ code: number }>
  /** The last lines that it wrote, without blank ones. */
  lastWords: () => string[]
  stop: () => Promise<void>
  /** The same at once, for when there is no more time to wait. */
  kill: () => void
}

export function startWrangler(
  args: string[],
  options: { cwd: string; folder: string; onLine?: (line: string) => void },
): Wrangler {
  const child = spawn(process.execPath, ['--no-warnings', '--import', guardFile(), wranglerFile(), ...args], {
    cwd: options.cwd,
    env: { ...process.env, ...quietEnv(options.folder) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const kept: string[] = []
  const take = (line: string) => {
    if (line.trim() !== '') kept.push(line)
    if (kept.length > KEPT_LINES_MAX) kept.shift()
    options.onLine?.(line)
  }
  eachLine(child, take)
  const ended = new Promise<{ code: number }>((done) => {
    child.once('error', (error) => {
      take(error.message)
      done({ code: 1 })
    })
    // After 'exit' its last lines may still be on their way; but a grandchild may hold the pipe open for ever.
    child.once('exit', (code) => setTimeout(() => done({ code: code ?? 1 }), LAST_LINES_MS))
    child.once('close', (code) => done({ code: code ?? 1 }))
  })
  return {
    ended,
    lastWords: () => [...kept],
    stop: () => stopGroup(child),
    kill: () => void signalGroup(child, 'SIGKILL'),
  }
}

async function stopGroup(child: ChildProcess): Promise<void> {
  // The leader alone, while it lives: workerd, ended before wrangler expects it, would be reported as a crash.
  const asked = child.exitCode === null && child.signalCode === null && child.kill('SIGTERM')
  const deadline = Date.now() + GRACE_MS
  while (asked && signalGroup(child, 0) && Date.now() < deadline) await sleep(25)
  signalGroup(child, 'SIGKILL')
}

/** False when no process of the group is left. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false
  try {
    return process.kill(-child.pid, signal)
  } catch {
    return false
  }
}

function eachLine(child: ChildProcess, take: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    let rest = ''
    stream?.setEncoding('utf8')
    stream?.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) take(line)
    })
    stream?.once('end', () => {
      if (rest !== '') take(rest)
    })
  }
}

/** Nothing asked, nothing looked up on the network, nothing shared with another instance. */
function quietEnv(folder: string): Record<string, string> {
  return {
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    // Hides the banner, and with it the look for a newer version.
    WRANGLER_HIDE_BANNER: 'true',
    WRANGLER_SEND_METRICS: 'false',
    WRANGLER_NO_SKILLS_UPDATE_PROMPTS: 'true',
    CLOUDFLARE_CF_FETCH_ENABLED: 'false',
    WRANGLER_LOG_PATH: join(folder, 'logs'),
    WRANGLER_CACHE_DIR: join(folder, 'cache'),
    WRANGLER_REGISTRY_PATH: join(folder, 'registry'),
  }
}

function guardFile(): string {
  return new URL('./guard.ts', import.meta.url).href
}

/** The file behind wrangler's launcher: a launcher between us would be one more process to lose. */
function wranglerFile(): string {
  return createRequire(import.meta.filename).resolve('wrangler')
}
