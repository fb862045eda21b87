/**
 * The state folder: all that `npm start` keeps on this machine (local D1 and R2, secrets, demo.json).
 *
 * Invariants:
 *  - Nobody but its owner can read it (0700; secrets 0600).
 *  - One running instance holds it. The lock is SQLite's lock on a file: the system frees it when the process dies, in
 *    whatever way, so there is never a stale one to remove by hand.
 *  - A folder that is not ours is neither used nor changed, and `--fresh` removes nothing but what is named in OURS:
 *    POSTERN_STATE may point anywhere, by mistake too.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseEnv } from 'node:util'
import type { Demo } from './demo.ts'
import { Failure } from './failure.ts'

const LOCK = 'lock'
const OURS = ['data', 'wrangler', 'secrets.env', 'demo.json']

export type Secrets = { POSTERN_SECRET: string; POSTERN_ADMIN_KEY: string }
export type State = ReturnType<typeof openState>

/** Makes the folder if need be, and holds it until this process ends or `release` is called. */
export function openState(folder: string, options: { fresh: boolean }) {
  const path = resolve(folder)
  const at = (name: string) => join(path, name)
  prepareFolder(path, folder)
  const lock = takeLock(at(LOCK), folder)
  if (options.fresh) for (const name of OURS) rmSync(at(name), { recursive: true, force: true })
  mkdirSync(at('wrangler'), { recursive: true, mode: 0o700 })
  return {
    path,
    dataFolder: at('data'),
    wranglerFolder: at('wrangler'),
    secretsFile: at('secrets.env'),
    demoFile: at('demo.json'),
    secrets: () => keepSecrets(at('secrets.env')),
    readDemo: () => readDemo(at('demo.json')),
    writeDemo: (demo: Demo) => writePrivately(at('demo.json'), `${JSON.stringify(demo, null, 2)}\n`),
    release: () => lock.close(),
  }
}

function prepareFolder(path: string, shown: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
    const names = readdirSync(path)
    if (names.length > 0 && !names.includes(LOCK)) {
      throw new Failure(`${shown} holds other files: name an empty or new folder with POSTERN_STATE.`)
    }
    chmodSync(path, 0o700)
  } catch (error) {
    if (error instanceof Failure) throw error
    throw new Failure(`The state folder ${shown} cannot be used (${(error as NodeJS.ErrnoException).code}).`)
  }
}

function takeLock(path: string, shown: string): DatabaseSync {
  const lock = new DatabaseSync(path, { timeout: 0 })
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
    return lock
  } catch {
    lock.close()
    throw new Failure(`${shown} is in use by a running Postern: stop that one, or name another with POSTERN_STATE.`)
  }
}

/** The two secrets of this folder, made on the first run. The file is what wrangler reads: no secret is ever an argument. */
function keepSecrets(path: string): Secrets {
  const kept = existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {}
  const secrets = {
    POSTERN_SECRET: kept.POSTERN_SECRET || newSecret(),
    POSTERN_ADMIN_KEY: kept.POSTERN_ADMIN_KEY || newAdminKey(),
  }
  writePrivately(
    path,
    Object.entries(secrets)
      .map(([name, value]) => `${name}="${value}"\n`)
      .join(''),
  )
  return secrets
}

export function newSecret(): string {
  return randomBytes(32).toString('base64url')
}

/** Prefixed, so that a secret scanner knows it when it leaks. */
export function newAdminKey(): string {
  return `pst_admin_${newSecret()}`
}

function readDemo(path: string): Demo | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    // Absent or half written: the demo account is looked up again and gets new keys.
    return undefined
  }
}

/** Whole or not at all, and never readable by others, not even for a moment. */
function writePrivately(path: string, content: string): void {
  const draft = `${path}.new`
  rmSync(draft, { force: true })
  writeFileSync(draft, content, { mode: 0o600 })
  renameSync(draft, path)
}
