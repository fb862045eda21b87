/**
 * The demo account of a local server: made over the admin API on the first run, found again on every later one.
 *
 * Each step first looks for what an interrupted run has left, so a start that was cut short heals on the next one. Only
 * keys cannot be found again, since they are shown once: when demo.json lacks a working one, new ones are made.
 */
import { type Api, connectApi } from './api.ts'
import type { ListenerName, Port } from './listeners.ts'

const DOMAIN = 'postern.test'
const ADDRESS = `demo@${DOMAIN}`
const ACCOUNT_NAME = 'Demo'
const SCOPES = ['mail:read', 'mail:write', 'mail:send', 'spam:train', 'settings']

/** What demo.json says. Programs read it: fields are added, never renamed. */
export type Demo = {
  url: string
  address: string
  account_id: string
  admin_key: string
  api_key: string
  app_password: string
  ports: Record<ListenerName, number>
}

export async function ensureDemo(url: string, adminKey: string, ports: Port[], known?: Demo): Promise<Demo> {
  const where = { url, ports: Object.fromEntries(ports.map(({ name, port }) => [name, port])) as Demo['ports'] }
  if (known && (await stillWorks(url, known))) return { ...known, ...where, admin_key: adminKey }
  const admin = connectApi(url, adminKey)
  await admin.create('/v1/admin/domains', { name: DOMAIN })
  const accountId = await ensureAddress(admin)
  const key = await make<{ key: string }>(admin, '/v1/admin/keys', {
    account_id: accountId,
    name: 'demo',
    scopes: SCOPES,
  })
  const app = await make<{ password: string }>(admin, '/v1/admin/app-passwords', {
    account_id: accountId,
    name: 'demo',
  })
  return {
    url: where.url,
    address: ADDRESS,
    account_id: accountId,
    admin_key: adminKey,
    api_key: key.key,
    app_password: app.password,
    ports: where.ports,
  }
}

async function stillWorks(url: string, known: Demo): Promise<boolean> {
  if (!known.api_key || !known.app_password || !known.account_id) return false
  return (await connectApi(url, known.api_key).status('/v1/me')) === 200
}

/** The account of the demo address; the address decides, since an account's name is not unique. */
async function ensureAddress(admin: Api): Promise<string> {
  const taken = () =>
    admin.find<{ address: string; account_id: string }>('/v1/admin/addresses', ({ address }) => address === ADDRESS)
  const existing = await taken()
  if (existing) return existing.account_id
  const accountId = await ensureAccount(admin)
  const made = await admin.create('/v1/admin/addresses', { address: ADDRESS, account_id: accountId })
  return made ? accountId : ((await taken())?.account_id ?? accountId)
}

async function ensureAccount(admin: Api): Promise<string> {
  const left = await admin.find<{ id: string; name: string }>('/v1/admin/accounts', ({ name }) => name === ACCOUNT_NAME)
  return (left ?? (await make<{ id: string }>(admin, '/v1/admin/accounts', { name: ACCOUNT_NAME }))).id
}

async function make<T>(admin: Api, path: string, body: object): Promise<T> {
  const made = await admin.create<T>(path, body)
  if (!made) throw new Error(`POST ${path} answered 409`)
  return made
}
