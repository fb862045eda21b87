/**
 * What `npm run deploy` will do, as data: no process is started here, so that a table of cases can hold it.
 *
 * The order is what makes it safe to be interrupted and run again:
 *   what is missing is made -> migrations -> the Worker -> its secrets
 * Migrations only add, so the old Worker works on the new schema while the new one is uploaded; a Worker without its
 * secrets answers 503 on the admin API, and gets them on the next run.
 *
 * Invariant: POSTERN_SECRET, once set, is never set again. Every signing key is derived from it.
 */
import type { D1Binding, WranglerConfig } from './config.ts'

export type Resource = { kind: 'database' | 'bucket' | 'queue'; name: string }
export type Step = { what: string; args: string[] }
/** What stands on Cloudflare before the run. */
export type Found = { databases: { name: string; uuid: string }[]; resources: Resource[] }

export const SECRETS = ['POSTERN_SECRET', 'POSTERN_ADMIN_KEY'] as const
export type SecretName = (typeof SECRETS)[number]
const SWITCH = /^POSTERN_DEV/
/** By the names that credentials have; the URL of an SMTP server holds a password. [vars] are shown in the dashboard and committed. */
const CREDENTIAL = /^POSTERN_(?:\w+_(?:KEY|TOKEN|SECRET|LOGIN)|SMTP_URL|SECRET)$/

/** Where a development switch, or a secret in the clear, would be uploaded or meant to; the reason not to deploy. */
export function refusal(config: WranglerConfig, elsewhere: { place: string; names: string[] }[]): string | undefined {
  const vars = [
    { place: '[vars] of wrangler.toml', names: Object.keys(config.vars ?? {}) },
    ...Object.entries(config.env ?? {}).map(([name, { vars }]) => ({
      place: `[env.${name}.vars] of wrangler.toml`,
      names: Object.keys(vars ?? {}),
    })),
  ]
  for (const { place, names } of [...vars, ...elsewhere]) {
    const found = names.find((name) => SWITCH.test(name))
    if (found)
      return `${found} is set in ${place}: development switches are for npm start only. Remove it, then deploy.`
  }
  for (const { place, names } of vars) {
    const found = names.find((name) => CREDENTIAL.test(name))
    if (found) return `${found} stands in ${place}, in the clear: remove it. ${safely(found)}`
  }
  return undefined
}

function safely(name: string): string {
  return SECRETS.some((one) => one === name)
    ? 'The deployment makes it as a secret.'
    : `Set it with "npx wrangler secret put ${name}".`
}

/** Buckets and queues, each asked for by name; databases come from one list. */
export function probes(config: WranglerConfig): (Resource & { args: string[] })[] {
  return [
    ...bucketNames(config).map((name) => ({ kind: 'bucket' as const, name, args: ['r2', 'bucket', 'info', name] })),
    ...queueNames(config).map((name) => ({ kind: 'queue' as const, name, args: ['queues', 'info', name] })),
  ]
}

/** A database that wrangler.toml names by an id which this Cloudflare account does not have. */
export function strangeDatabase(config: WranglerConfig, found: Found): D1Binding | undefined {
  return config.d1_databases?.find(
    ({ database_id: id }) => id !== undefined && !found.databases.some(({ uuid }) => uuid === id),
  )
}

/** Every call of wrangler up to the new Worker, in order. */
export function plan(config: WranglerConfig, found: Found): Step[] {
  const has = (kind: Resource['kind'], name: string) =>
    found.resources.some((resource) => resource.kind === kind && resource.name === name)
  const databases = config.d1_databases ?? []
  return [
    ...databases
      .filter(({ database_id }) => database_id === undefined)
      .map((database) => databaseName(database, config))
      .filter((name) => !found.databases.some((existing) => existing.name === name))
      .map((name) => ({ what: `create the database ${name}`, args: ['d1', 'create', name] })),
    ...bucketNames(config)
      .filter((name) => !has('bucket', name))
      .map((name) => ({ what: `create the bucket ${name}`, args: ['r2', 'bucket', 'create', name] })),
    ...queueNames(config)
      .filter((name) => !has('queue', name))
      .map((name) => ({ what: `create the queue ${name}`, args: ['queues', 'create', name] })),
    ...databases.map(({ binding }) => ({
      what: `apply the migrations to ${binding}`,
      args: ['d1', 'migrations', 'apply', binding, '--remote'],
    })),
    { what: 'deploy the Worker', args: ['deploy'] },
  ]
}

export function missingSecrets(existing: string[]): SecretName[] {
  return SECRETS.filter((name) => !existing.includes(name))
}

/** wrangler's own name for a database without one. */
function databaseName({ binding, database_name }: D1Binding, config: WranglerConfig): string {
  return database_name ?? `${config.name}-${binding.toLowerCase().replaceAll('_', '-')}`
}

function bucketNames(config: WranglerConfig): string[] {
  return unique((config.r2_buckets ?? []).map(({ bucket_name }) => bucket_name))
}

/** With those that only a consumer or a dead letter names: wrangler makes none of them by itself. */
function queueNames({ queues }: WranglerConfig): string[] {
  return unique([
    ...(queues?.producers ?? []).map(({ queue }) => queue),
    ...(queues?.consumers ?? []).flatMap(({ queue, dead_letter_queue }) => [queue, dead_letter_queue]),
  ])
}

function unique(names: (string | undefined)[]): string[] {
  return [...new Set(names.filter((name) => name !== undefined))]
}
