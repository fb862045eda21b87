/**
 * wrangler.toml as the commands see it, and the local configuration that `npm start` derives from it.
 *
 * The derived file stands in the state folder, so that two instances share nothing, and it is the only place that turns
 * POSTERN_DEV on: wrangler.toml never does, and `npm run deploy` refuses to upload it.
 */
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { parse } from 'smol-toml'
import type { Port } from './listeners.ts'

export type D1Binding = {
  binding: string
  database_name?: string
  database_id?: string
  preview_database_id?: string
  migrations_dir?: string
}

/** The part of wrangler.toml that we read; all else is passed on as it is. */
export type WranglerConfig = {
  main?: string
  tsconfig?: string
  assets?: { directory?: string }
  vars?: Record<string, unknown>
  env?: Record<string, { vars?: Record<string, unknown> }>
  triggers?: { crons?: string[] }
  d1_databases?: D1Binding[]
  r2_buckets?: { binding: string; bucket_name?: string }[]
  queues?: {
    producers?: { binding: string; queue: string }[]
    consumers?: { queue: string; dead_letter_queue?: string }[]
  }
  connect?: { protocol: string; port: number }[]
  [key: string]: unknown
}

export function readWranglerConfig(root: string): WranglerConfig {
  return parse(readFileSync(resolve(root, 'wrangler.toml'), 'utf8')) as WranglerConfig
}

/** The same Worker, for this machine: absolute paths, our listeners, development switched on. */
export function localConfig(config: WranglerConfig, root: string, ports: Port[]): WranglerConfig {
  const absolute = (path: string) => resolve(root, path)
  const tcp = ports.filter(({ via }) => via === 'tcp')
  const local: WranglerConfig = {
    ...config,
    send_metrics: false,
    vars: {
      ...config.vars,
      POSTERN_DEV: '1',
      ...Object.fromEntries(tcp.map(({ variable, port }) => [variable, String(port)])),
    },
    connect: tcp.map(({ port }) => ({ protocol: 'tcp', port })),
    d1_databases: (config.d1_databases ?? []).map(({ preview_database_id: _, ...database }) => ({
      ...database,
      // wrangler names the local file after the id: with the binding's name for it, mail on this machine stays where it
      // is when the real id is written into wrangler.toml.
      database_id: database.binding,
      migrations_dir: absolute(database.migrations_dir ?? 'migrations'),
    })),
  }
  // It has no local form: wrangler would send what it is asked to Cloudflare, and want a login for it.
  delete local.ai
  if (config.main) local.main = absolute(config.main)
  if (config.tsconfig) local.tsconfig = absolute(config.tsconfig)
  if (config.assets?.directory) local.assets = { ...config.assets, directory: absolute(config.assets.directory) }
  return local
}
