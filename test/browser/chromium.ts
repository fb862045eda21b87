/**
 * A headless Chromium for tests, from the npm package that ships one, so that a machine needs nothing installed.
 *
 * The package is made for Lambda. It carries the libraries that bare machines lack, but puts them in the browser's way
 * only there; and it unpacks to the machine's temporary folder under names without a version. Here the browser is
 * unpacked below node_modules, by version, and moved into place when complete, since test files run at the same time.
 * It is built for Linux on x64; elsewhere the tests take the Chrome that is installed.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inflate } from '@sparticuz/chromium'
import { type Browser, chromium, type LaunchOptions } from 'playwright-core'

const MODULES = join(import.meta.dirname, '../../node_modules')
const PACKAGE = join(MODULES, '@sparticuz', 'chromium')
const CACHE = join(MODULES, '.cache', 'chromium')
const ARCHIVES = ['chromium.br', 'al2023.tar.br', 'fonts.tar.br']

/** Chromium's own sandbox works neither for root nor in most containers. What is tested is the frame's. */
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--font-render-hinting=none']

export async function launchChromium(args: string[] = []): Promise<Browser> {
  return await chromium.launch({ ...(await installation()), args: [...ARGUMENTS, ...args] })
}

async function installation(): Promise<LaunchOptions> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' }
  const folder = await unpacked()
  const env = { LD_LIBRARY_PATH: join(folder, 'al2023', 'lib'), FONTCONFIG_PATH: join(folder, 'fonts') }
  return { executablePath: join(folder, 'chromium'), env: { ...process.env, ...env } }
}

/** The folder with the browser, its libraries and its fonts. */
async function unpacked(): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8'))
  const folder = join(CACHE, version)
  if (existsSync(folder)) return folder
  mkdirSync(CACHE, { recursive: true })
  const unfinished = mkdtempSync(join(CACHE, 'unpacking-'))
  await withTemporaryFolder(unfinished, () => Promise.all(ARCHIVES.map((name) => inflate(join(PACKAGE, 'bin', name)))))
  try {
    renameSync(unfinished, folder)
  } catch (error) {
    // Another test was faster.
    rmSync(unfinished, { recursive: true })
    if (!existsSync(folder)) throw error
  }
  return folder
}

/** The package asks the system for the folder to unpack to. */
async function withTemporaryFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  try {
    return await work()
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
}
