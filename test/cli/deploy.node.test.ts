/**
 * `npm run deploy` as a process, in a project of its own, against a wrangler that only pretends. What wrangler itself
 * does to Cloudflare is not tested here: there is no Cloudflare to ask.
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readWranglerConfig } from '../../src/cli/config.ts'
import { plan, refusal, strangeDatabase } from '../../src/cli/deploy-plan.ts'

const CONFIG = `
name = "postern"
main = "src/worker.ts"
[[d1_databases]]
binding = "DB"
database_name = "postern"
[[d1_databases]]
binding = "DB_1"
database_name = "postern-1"
[[r2_buckets]]
binding = "RAW"
bucket_name = "postern-raw"
[[queues.producers]]
binding = "PENDING"
queue = "postern-pending"
[[queues.consumers]]
queue = "postern-pending"
dead_letter_queue = "postern-dead"
[[queues.consumers]]
queue = "postern-dead"
`
const LOOK = [
  'whoami --json',
  'd1 list --json',
  'r2 bucket info postern-raw',
  'queues info postern-pending',
  'queues info postern-dead',
  'secret list --format json',
]
const CREATE = [
  'd1 create postern',
  'd1 create postern-1',
  'r2 bucket create postern-raw',
  'queues create postern-pending',
  'queues create postern-dead',
]
const UPLOAD = ['d1 migrations apply DB --remote', 'd1 migrations apply DB_1 --remote', 'deploy']
const SECRETS = ['secret list --format json', 'secret bulk < POSTERN_SECRET,POSTERN_ADMIN_KEY']

let project: string

beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'postern-deploy-'))
  cpSync('src/cli', join(project, 'src/cli'), { recursive: true })
  symlinkSync(join(process.cwd(), 'node_modules'), join(project, 'node_modules'))
  mkdirSync(join(project, 'bin'))
  cpSync('test/cli/fake-wrangler.mjs', join(project, 'bin/wrangler'))
  writeFileSync(join(project, 'package.json'), '{"type":"module"}')
  writeFileSync(join(project, 'wrangler.toml'), CONFIG)
  saveCloud({ loggedIn: true, databases: [], buckets: [], queues: [], calls: [] })
})

afterEach(() => rmSync(project, { recursive: true }))

type Cloud = {
  loggedIn: boolean
  databases: { name: string; uuid: string }[]
  buckets: string[]
  queues: string[]
  secrets?: Record<string, string>
  calls: string[]
  fail?: string
}

function cloud(): Cloud {
  return JSON.parse(readFileSync(join(project, 'cloud.json'), 'utf8'))
}

function saveCloud(state: Cloud): void {
  writeFileSync(join(project, 'cloud.json'), JSON.stringify(state))
}

/** Runs it, and takes the calls that wrangler got. */
async function deploy(args: string[] = [], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(project, 'src/cli/deploy.ts'), ...args], {
    env: {
      ...process.env,
      PATH: [join(project, 'bin'), process.env.PATH].join(delimiter),
      FAKE_CLOUDFLARE: join(project, 'cloud.json'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
  }
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  const { calls } = cloud()
  saveCloud({ ...cloud(), calls: [] })
  return { code, output, calls }
}

test('The first deployment makes all that is missing, in a safe order, and shows the admin key once', async () => {
  const first = await deploy()
  expect(first.calls).toEqual([...LOOK, ...CREATE, ...UPLOAD, ...SECRETS])
  expect(first.code).toBe(0)
  const { secrets } = cloud()
  expect(first.output.split(String(secrets?.POSTERN_ADMIN_KEY))).toHaveLength(2)
  expect(first.output).not.toContain(secrets?.POSTERN_SECRET)

  const second = await deploy()
  expect(second.calls).toEqual([...LOOK, ...UPLOAD, 'secret list --format json'])
  expect(second.output).not.toContain(secrets?.POSTERN_ADMIN_KEY)
  expect(cloud().secrets).toEqual(secrets)
})

const BREAKS = [
  'd1 create postern-1',
  'queues create postern-dead',
  'd1 migrations apply DB_1 --remote',
  'deploy',
  'secret bulk',
]

test.each(BREAKS)('A run that failed at "%s" is completed by the next', async (fail) => {
  saveCloud({ ...cloud(), fail })
  const broken = await deploy()
  expect(broken.code).not.toBe(0)
  expect(broken.calls.at(-1)).toMatch(new RegExp(`^${fail}`))
  saveCloud({ ...cloud(), fail: '' })
  expect((await deploy()).code).toBe(0)
  expect(Object.keys(cloud().secrets ?? {})).toEqual(['POSTERN_SECRET', 'POSTERN_ADMIN_KEY'])
  expect(cloud().databases.map(({ name }) => name)).toEqual(['postern', 'postern-1'])
})

test('Secrets are never replaced when their list cannot be read', async () => {
  await deploy()
  const { secrets } = cloud()
  saveCloud({ ...cloud(), fail: 'secret list --format json' })
  const run = await deploy()
  expect(run.code).not.toBe(0)
  expect(run.calls.at(-1)).toBe('secret list --format json')
  expect(cloud().secrets).toEqual(secrets)
})

test('A lost admin key is made anew, and the secret stays', async () => {
  await deploy()
  const secret = cloud().secrets?.POSTERN_SECRET ?? ''
  saveCloud({ ...cloud(), secrets: { POSTERN_SECRET: secret } })
  expect((await deploy()).calls.at(-1)).toBe('secret bulk < POSTERN_ADMIN_KEY')
  expect(cloud().secrets?.POSTERN_SECRET).toBe(secret)
})

test('Without a login nothing is done', async () => {
  saveCloud({ ...cloud(), loggedIn: false })
  const { code, output, calls } = await deploy()
  expect({ code, calls }).toEqual({ code: 1, calls: ['whoami --json'] })
  expect(output).toContain('npx wrangler login')
})

test('A dry run only builds', async () => {
  const { code, calls } = await deploy(['--dry-run', '--outdir', 'out'])
  expect({ code, calls }).toEqual({ code: 0, calls: ['deploy --dry-run --outdir out'] })
})

test('An unknown argument is refused', async () => {
  const { code, output, calls } = await deploy(['--force'])
  expect({ code, calls }).toEqual({ code: 2, calls: [] })
  expect(output).toContain("Unknown option '--force'.")
})

test.each<[place: string, write: () => void, env?: Record<string, string>]>([
  ['[vars] of wrangler.toml', () => write('wrangler.toml', `${CONFIG}\n[vars]\nPOSTERN_DEV = "1"\n`)],
  [
    '[env.stage.vars] of wrangler.toml',
    () => write('wrangler.toml', `${CONFIG}\n[env.stage.vars]\nPOSTERN_DEV = ""\n`),
  ],
  ['.dev.vars', () => write('.dev.vars', 'POSTERN_DEV=1\n')],
  ['.env', () => write('.env', '# local\nexport POSTERN_DEV="1"\n')],
  ['.env.production', () => write('.env.production', 'POSTERN_DEV=1\n')],
  ['the environment', () => undefined, { POSTERN_DEV: '1' }],
])('A development switch in %s stops it, dry run or not', async (place, prepare, env) => {
  prepare()
  for (const args of [[], ['--dry-run']]) {
    const { code, output, calls } = await deploy(args, env)
    expect({ code, calls }).toEqual({ code: 1, calls: [] })
    expect(output).toContain(`POSTERN_DEV is set in ${place}`)
  }
})

test('A development switch among the secrets of the deployed Worker stops it', async () => {
  saveCloud({ ...cloud(), secrets: { POSTERN_DEV: '1' } })
  const { code, calls } = await deploy()
  expect({ code, calls }).toEqual({ code: 1, calls: LOOK })
})

function write(name: string, content: string): void {
  writeFileSync(join(project, name), content)
}

test.each([
  'POSTERN_SECRET',
  'POSTERN_ADMIN_KEY',
  'POSTERN_RESEND_KEY',
  'POSTERN_CLOUDFLARE_TOKEN',
  'POSTERN_SES_SECRET',
  'POSTERN_SMTP_URL',
  'POSTERN_POSTMARK_EVENTS_LOGIN',
  'POSTERN_RESEND_EVENTS_SECRET',
])('%s in the clear is refused', (name) => {
  for (const config of [{ vars: { [name]: 'x' } }, { env: { stage: { vars: { [name]: 'x' } } } }]) {
    expect(refusal(config, [])).toMatch(new RegExp(`^${name} stands in .*, in the clear`))
    expect(refusal({}, [{ place: 'the environment', names: [name] }])).toBeUndefined()
  }
})

test('What is no secret may stand in the clear', () => {
  const names = ['POSTERN_URL', 'POSTERN_PROVIDERS', 'POSTERN_SES_REGION', 'POSTERN_RETURN_DOMAIN', 'POSTERN_DNSBL']
  expect(refusal({ vars: Object.fromEntries(names.map((name) => [name, 'x'])) }, [])).toBeUndefined()
})

test('All that this project names is made: queues that only a consumer has, and the object that holds live streams', () => {
  const config = readWranglerConfig('.')
  const made = plan(config, { databases: [], resources: [] }).map(({ args }) => args.join(' '))
  const queues = ['pending', 'events', 'outbound', 'webhooks', 'sending-events', 'dead']
  expect(made.filter((call) => call.startsWith('queues ')).sort()).toEqual(
    queues.map((name) => `queues create postern-${name}`).sort(),
  )
  // wrangler makes the class of a Durable Object with the Worker, where a migration names it.
  const { durable_objects, migrations } = config as {
    durable_objects?: { bindings: { class_name: string }[] }
    migrations?: { new_sqlite_classes: string[] }[]
  }
  expect(migrations?.flatMap(({ new_sqlite_classes }) => new_sqlite_classes)).toEqual(
    durable_objects?.bindings.map(({ class_name }) => class_name),
  )
})

test('A database named by its id is not made by name, and must exist', () => {
  const config = { d1_databases: [{ binding: 'DB', database_name: 'postern', database_id: 'u1' }] }
  const found = { databases: [{ name: 'renamed', uuid: 'u1' }], resources: [] }
  expect(strangeDatabase(config, found)).toBeUndefined()
  expect(plan(config, found).map(({ args }) => args[1])).toEqual(['migrations', undefined])
  expect(strangeDatabase(config, { ...found, databases: [] })).toMatchObject({ binding: 'DB' })
})
