/**
 * `npm run deploy`: puts this Worker on Cloudflare, and makes what it needs there if it is missing.
 *
 *   no development switch? -> logged in? -> what exists? -> the plan (deploy-plan.ts) -> confirm -> run -> secrets
 *
 * It may be run any number of times, and after any failure. `wrangler` is the one on the PATH (npm puts ours first).
 */
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { parseArgs, parseEnv } from 'node:util'
import { readWranglerConfig, type WranglerConfig } from './config.ts'
import {
  type Found,
  missingSecrets,
  plan,
  probes,
  refusal,
  type SecretName,
  type Step,
  strangeDatabase,
} from './deploy-plan.ts'
import { Failure } from './failure.ts'
import { newAdminKey, newSecret } from './state.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const USAGE = `Usage: npm run deploy [-- --yes] [--dry-run [--outdir <folder>]]

  --yes       do not ask, even on a terminal (without a terminal nothing is ever asked)
  --dry-run   only build and check; nothing is asked of Cloudflare`

async function main(): Promise<void> {
  const options = readArguments()
  const config = readWranglerConfig(ROOT)
  const no = refusal(config, otherPlaces())
  if (no) throw new Failure(no)
  if (options['dry-run']) return show(['deploy', '--dry-run', ...(options.outdir ? ['--outdir', options.outdir] : [])])

  const found = await look(config)
  const strange = strangeDatabase(config, found)
  if (strange) {
    throw new Failure(
      `This Cloudflare account has no database ${strange.database_id} (${strange.binding} in wrangler.toml): ` +
        'remove the database_id line, and the database is found, or made, by its name.',
    )
  }
  const steps = plan(config, found)
  if (!(await confirmed(steps, options.yes))) throw new Failure('Nothing was done.')
  for (const { what, args } of steps) {
    console.log(`\n> ${what}`)
    await show(args)
  }
  await ensureSecrets()
}

function readArguments() {
  const flag = { type: 'boolean', default: false } as const
  try {
    const { values } = parseArgs({
      options: {
        yes: { ...flag, short: 'y' },
        'dry-run': flag,
        outdir: { type: 'string' },
        help: { ...flag, short: 'h' },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    return values
  } catch (error) {
    throw new Failure(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`, 2)
  }
}

/** The environment and the files from which wrangler takes variables. */
function otherPlaces(): { place: string; names: string[] }[] {
  const files = readdirSync(ROOT).filter((name) => /^\.(env|dev\.vars)(\.|$)/.test(name))
  return [
    { place: 'the environment', names: Object.keys(process.env).filter((name) => process.env[name] !== '') },
    ...files.map((name) => ({ place: name, names: Object.keys(parseEnv(readFileSync(join(ROOT, name), 'utf8'))) })),
  ]
}

/** Asks Cloudflare what is there already. */
async function look(config: WranglerConfig): Promise<Found> {
  const login = await wrangler(['whoami', '--json'])
  if (login.code !== 0) {
    throw new Failure('Not logged in to Cloudflare: run "npx wrangler login", or set CLOUDFLARE_API_TOKEN.')
  }
  const list = await wrangler(['d1', 'list', '--json'])
  if (list.code !== 0) throw new Failure(`The databases could not be listed.\n${list.output.trim()}`)
  const databases: Found['databases'] = JSON.parse(list.stdout)
  const resources: Found['resources'] = []
  for (const { kind, name, args } of probes(config)) {
    // Another failure than "not found" looks the same here; then the creation fails too, and says why.
    if ((await wrangler(args)).code === 0) resources.push({ kind, name })
  }
  // No such Worker yet on the first deployment: then it has no secrets either.
  const secrets = await wrangler(['secret', 'list', '--format', 'json'])
  if (secrets.code === 0) refuseSwitches(namesOf(secrets.stdout))
  return { databases, resources }
}

async function confirmed(steps: Step[], yes: boolean): Promise<boolean> {
  console.log(
    `The plan:\n${steps.map(({ what }) => `  - ${what}`).join('\n')}\n  - create the secrets that are missing`,
  )
  if (yes || !process.stdin.isTTY || !process.stdout.isTTY || process.env.CI) return true
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Go on? [y/N] ')
  terminal.close()
  return /^y(es)?$/i.test(answer.trim())
}

/**
 * What is missing is set in one request, over stdin. A list that fails is never taken for an empty one: it would replace
 * the secret from which every signing key is derived.
 */
async function ensureSecrets(): Promise<void> {
  const list = await wrangler(['secret', 'list', '--format', 'json'])
  if (list.code !== 0) {
    throw new Failure(
      `The Worker is deployed, but its secrets could not be listed: run this again.\n${list.output.trim()}`,
    )
  }
  const existing = namesOf(list.stdout)
  refuseSwitches(existing)
  const missing = missingSecrets(existing)
  if (missing.length === 0) return console.log('\nThe Worker has its secrets. Done.')
  console.log(`\n> create ${missing.join(' and ')}`)
  const values = Object.fromEntries(missing.map((name) => [name, makeSecret(name)]))
  const put = await wrangler(['secret', 'bulk'], JSON.stringify(values))
  if (put.code !== 0) {
    throw new Failure(`The Worker is deployed, but has no secrets yet: run this again.\n${put.output.trim()}`)
  }
  if (!values.POSTERN_ADMIN_KEY) return console.log('Done.')
  console.log(`
The admin key. It is shown this once and cannot be read back, so keep it in a safe place:

  ${values.POSTERN_ADMIN_KEY}

Lost it? "npx wrangler secret delete POSTERN_ADMIN_KEY", then deploy again for a new one.`)
}

function makeSecret(name: SecretName): string {
  return name === 'POSTERN_ADMIN_KEY' ? newAdminKey() : newSecret()
}

function namesOf(list: string): string[] {
  return (JSON.parse(list) as { name: string }[]).map(({ name }) => name)
}

function refuseSwitches(names: string[]): void {
  const no = refusal({}, [{ place: 'the secrets of the deployed Worker (npx wrangler secret delete)', names }])
  if (no) throw new Failure(no)
}

/** Runs wrangler before the reader's eyes; its failure is ours. */
async function show(args: string[]): Promise<void> {
  const { code } = await wrangler(args, undefined, 'inherit')
  if (code !== 0)
    throw new Failure(`"wrangler ${args.join(' ')}" failed; what is done stays, and a new run goes on.`, code)
}

type Result = { code: number; stdout: string; output: string }

/** Never a terminal for stdin: wrangler then takes its defaults and asks nothing. */
function wrangler(args: string[], input?: string, stdio: 'pipe' | 'inherit' = 'pipe'): Promise<Result> {
  return new Promise((done, fail) => {
    // Naming the file keeps wrangler from following a redirect to a configuration that was not checked.
    const child = spawn('wrangler', [...args, '--config', join(ROOT, 'wrangler.toml')], {
      cwd: ROOT,
      env: {
        ...process.env,
        PATH: [process.env.PATH, join(ROOT, 'node_modules/.bin')].join(delimiter),
        WRANGLER_HIDE_BANNER: 'true',
        WRANGLER_SEND_METRICS: 'false',
      },
      stdio: ['pipe', stdio, stdio],
    })
    let stdout = ''
    let output = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
      output += chunk
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    child.once('error', fail)
    child.once('close', (code) => done({ code: code ?? 1, stdout, output }))
    // It may end without reading; the exit code says what there is to say.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Failure ? error.message : error)
  process.exitCode = error instanceof Failure ? error.exitCode : 1
}
