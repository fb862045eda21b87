/**
 * Signing secrets of webhooks, in the form that Standard Webhooks gives them, and the signatures made with them.
 *
 * A secret is stored sealed: it must be read to sign, and a copy of the database alone signs nothing. While a new one replaces an
 * old, both sign, so that a receiver can change over when it suits him.
 */
import { openSealer, type Sealer } from '../access/sealed.ts'
import type { Deps } from '../deps.ts'

/** Standard Webhooks asks for 24 to 64. */
const SECRET_BYTES = 32
const PREFIX = 'whsec_'
/** The new one, and the one that it replaces. */
const SECRETS_MAX = 2

/** As they are stored: the newest first. `endsAt` in epoch seconds; null: it does not end. */
type Kept = { sealed: string; endsAt: number | null }

export type Secrets = {
  /** A new secret, as it is shown once. */
  make(): string
  /** What is stored of a webhook's first secret. */
  first(secret: string): Promise<string>
  /** What is stored where a new one replaces the others; the newest of them signs until `endsAt` as well. */
  replace(stored: string, secret: string, endsAt: number): Promise<string>
  /** The header of signatures: one for each secret that has not ended, the newest first. */
  sign(stored: string, id: string, timestamp: number, body: string): Promise<string>
}

/** Null where POSTERN_SECRET is not set. */
export async function openSecrets(deps: Deps, accountId: number): Promise<Secrets | null> {
  const sealer = await openSealer(deps, 'webhook-secret')
  return sealer && secretsOf(deps, accountId, sealer)
}

function secretsOf(deps: Deps, accountId: number, sealer: Sealer): Secrets {
  const binding = [accountId]
  const keep = async (secret: string): Promise<Kept> => ({ sealed: await sealer.seal(binding, secret), endsAt: null })
  return {
    make: () => PREFIX + base64(deps.random(SECRET_BYTES)),
    first: async (secret) => JSON.stringify([await keep(secret)]),
    async replace(stored, secret, endsAt) {
      const [newest] = JSON.parse(stored) as Kept[]
      const old = newest && endsAt > deps.now() / 1000 ? [{ ...newest, endsAt }] : []
      return JSON.stringify([await keep(secret), ...old].slice(0, SECRETS_MAX))
    },
    async sign(stored, id, timestamp, body) {
      const valid = (JSON.parse(stored) as Kept[]).filter(({ endsAt }) => endsAt === null || endsAt > timestamp)
      const signatures = valid.map(async ({ sealed }) => {
        const secret = await sealer.open(binding, sealed)
        // Another POSTERN_SECRET than it was sealed with: a receiver cannot be told who speaks.
        if (typeof secret !== 'string') throw new Error('the secret of a webhook cannot be read')
        return `v1,${await hmac(secret, `${id}.${timestamp}.${body}`)}`
      })
      return (await Promise.all(signatures)).join(' ')
    },
  }
}

async function hmac(secret: string, text: string): Promise<string> {
  const bytes = Uint8Array.from(atob(secret.slice(PREFIX.length)), (character) => character.charCodeAt(0))
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return base64(new Uint8Array(await crypto.subtle.sign('HMAC', key, new TextEncoder().encode(text))))
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}
