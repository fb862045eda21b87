/**
 * The rooms' walls, as data: what each may import, and what only one of them may touch. ARCHITECTURE.md tells why. A wall
 * that is in the way is moved here and there, on purpose.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { describe, expect, it } from 'vitest'

/** Files that every room may import. */
const OPEN = ['errors', 'events', 'seconds']

type Wall = {
  /** Rooms whose code may be imported. `errors`, `events` and `seconds` are open to all. */
  imports: string[]
  /** Rooms and files of which only types may be imported. */
  types: string[]
}

const WALLS: Record<string, Wall> = {
  mime: { imports: [], types: [] },
  verify: { imports: ['mime'], types: [] },
  dns: { imports: [], types: ['verify'] },
  spam: { imports: ['mime', 'verify'], types: [] },
  opinions: { imports: ['mime', 'verify', 'spam'], types: ['deps'] },
  store: { imports: ['mime'], types: [] },
  access: { imports: ['mime', 'store'], types: ['deps'] },
  mailbox: { imports: ['mime', 'store'], types: ['deps', 'verify', 'spam'] },
  junk: { imports: ['mime', 'verify', 'spam', 'mailbox', 'store'], types: ['deps'] },
  egress: { imports: ['mime', 'verify'], types: ['deps'] },
  notify: { imports: ['mime', 'access', 'mailbox', 'store', 'egress'], types: ['deps'] },
  outbound: {
    imports: ['mime', 'verify', 'mailbox', 'store', 'notify', 'access', 'egress'],
    types: ['deps'],
  },
  inbound: {
    imports: ['mime', 'verify', 'spam', 'access', 'mailbox', 'junk', 'store', 'outbound', 'notify', 'opinions'],
    types: ['deps'],
  },
  'servers/http': {
    imports: ['mime', 'access', 'mailbox', 'junk', 'inbound', 'outbound', 'notify'],
    types: ['deps', 'verify', 'spam'],
  },
  cli: { imports: [], types: [] },
  lab: { imports: ['mime', 'verify', 'spam', 'junk'], types: [] },
}

/** What only these rooms or files may say. */
const TOUCHES: { what: string; pattern: RegExp; only: string[] }[] = [
  { what: 'drizzle', pattern: /from 'drizzle-orm/, only: ['store'] },
  { what: 'D1 and R2', pattern: /\b(D1Database|R2Bucket)\b/, only: ['store', 'deps'] },
  { what: 'Hono', pattern: /from '(hono|@hono)/, only: ['servers/http'] },
  { what: 'the clock', pattern: /\bDate\.now\(\)|new Date\(\)/, only: ['deps', 'cli'] },
  { what: 'randomness', pattern: /\b(Math\.random|getRandomValues|randomUUID|randomBytes)\b/, only: ['deps', 'cli'] },
  { what: 'the network', pattern: /(?<![.\w]|async )fetch\(/, only: ['cli', 'worker', 'dns', 'egress', 'deps'] },
  { what: 'sockets', pattern: /'cloudflare:sockets'/, only: ['outbound/providers', 'deps'] },
  { what: 'Workers AI', pattern: /\bai\.run\(/i, only: ['opinions'] },
  { what: 'the Cache API', pattern: /\bcaches\b/, only: ['dns'] },
  { what: 'the sending binding', pattern: /'cloudflare:email'/, only: ['outbound/providers'] },
  { what: 'Node, but for what workerd has of it', pattern: /from 'node:(?!crypto'|buffer')/, only: ['cli', 'lab'] },
  { what: 'the environment', pattern: /\bprocess\.env\b/, only: ['cli'] },
]

const TOP_LEVEL = [
  '.ci',
  '.gitattributes',
  '.github',
  '.gitignore',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'LICENSE',
  'OPERATING.md',
  'README.md',
  'biome.json',
  'migrations',
  'package-lock.json',
  'package.json',
  'src',
  'test',
  'tsconfig.json',
  'vitest.config.ts',
  'wrangler.toml',
  'drizzle.config.ts',
]

/** Words that speak of something else than the project. */
const FOREIGN = [
  /\.\.\/shared/,
  /\/work\//,
  /\/tmp\/[a-z]/,
  /registry\.npmjs/,
  /\bTODO\b|\bFIXME\b/,
  /\b(it|test|describe)\.(skip|only|todo|fails)\w*\b/,
]

const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { encoding: 'utf8' })
  .trim()
  .split('\n')
  .sort()
const sources = files.filter((file) => /^src\/.*\.tsx?$/.test(file))

/** The room of a file below src/: its folder, a server's own folder, or the file's own name at the top. */
function roomOf(file: string): string {
  const parts = file.replace(/^src\//, '').split('/')
  if (parts.length === 1) return (parts[0] as string).replace(/\.ts$/, '')
  return parts[0] === 'servers' ? `servers/${parts[1]}` : (parts[0] as string)
}

type Import = { from: string; typeOnly: boolean }

function importsOf(text: string): Import[] {
  const pattern = /^(?:import|export)\s+(type\s+)?([^'"]*?)\s*(?:from\s+)?'(\.[^']+)'/gms
  return [...text.matchAll(pattern)].map((match) => ({
    from: match[3] as string,
    typeOnly: match[1] !== undefined || /^\{\s*(type\s+\w+(\s+as\s+\w+)?\s*,?\s*)+\}$/s.test(match[2] as string),
  }))
}

describe('the rooms', () => {
  it('are all in the table', () => {
    const rooms = new Set(sources.map(roomOf))
    expect([...rooms].filter((room) => !(room in WALLS) && !['worker', 'deps', ...OPEN].includes(room))).toEqual([])
  })

  it('import only what their walls allow', () => {
    const broken: string[] = []
    for (const file of sources) {
      const room = roomOf(file)
      const wall = WALLS[room]
      if (!wall) continue
      for (const { from, typeOnly } of importsOf(readFileSync(file, 'utf8'))) {
        const target = roomOf(normalize(join(dirname(file), from)))
        const allowed = target === room || OPEN.includes(target) || wall.imports.includes(target)
        if (!allowed && !(typeOnly && wall.types.includes(target))) broken.push(`${file} imports ${from}`)
      }
    }
    expect(broken).toEqual([])
  })

  it.each(TOUCHES)('touch $what only in $only', ({ pattern, only }) => {
    const broken = sources.filter(
      (file) =>
        !only.some((room) => room === roomOf(file) || file.startsWith(`src/${room}/`)) &&
        pattern.test(withoutComments(readFileSync(file, 'utf8'))),
    )
    expect(broken).toEqual([])
  })

  it('leave the entry to dispatch, in under 120 lines', () => {
    expect(readFileSync('src/worker.ts', 'utf8').split('\n').length).toBeLessThan(120)
  })
})

describe('the house', () => {
  it('has nothing at its top that readers and tools do not need', () => {
    const top = new Set(files.map((file) => file.split('/')[0] as string))
    expect([...top].filter((name) => !TOP_LEVEL.includes(name))).toEqual([])
  })

  it('speaks of itself alone', () => {
    const texts = files.filter(
      (file) => !/^(package-lock\.json|test\/tidy\.test\.ts|test\/fixtures\/.*\.eml)$/.test(file),
    )
    const broken = texts.flatMap((file) =>
      FOREIGN.filter((word) => word.test(readFileSync(file, 'utf8'))).map((word) => `${file}: ${word}`),
    )
    expect(broken).toEqual([])
  })

  it('opens every source file with what it is', () => {
    expect(sources.filter((file) => !/^(#!.*\n)?\/\*\*/.test(readFileSync(file, 'utf8')))).toEqual([])
  })

  it('keeps a file one idea: under 400 lines', () => {
    const long = files.filter(
      (file) => /^(src|test)\/.*\.ts$/.test(file) && readFileSync(file, 'utf8').split('\n').length > 400,
    )
    expect(long).toEqual([])
  })

  it('lists every RFC that the source cites', () => {
    const listed = new Set(readFileSync('test/rfc.txt', 'utf8').match(/^\d+/gm))
    const cited = sources.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/RFC (\d+)/g)].map((match) => match[1] as string),
    )
    expect([...new Set(cited)].filter((rfc) => !listed.has(rfc)).sort()).toEqual([])
  })

  it('pins every dependency', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
    )
    expect(loose).toEqual([])
  })
})

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')
}
