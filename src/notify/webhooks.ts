/** Webhooks as their owner sees them: made, listed, changed, deleted, their secret replaced. */

import type { Deps } from '../deps.ts'
import { checkTarget } from '../egress/target.ts'
import { type Failure, fail, isFailure } from '../errors.ts'
import { seconds } from '../seconds.ts'
import { shardOf } from '../store/ids.ts'
import type { WebhookRow } from '../store/schema.ts'
import { pageWebhooks, readWebhook } from '../store/webhook-read.ts'
import { changeWebhook, deleteWebhook, insertWebhook, putSecrets } from '../store/webhook-write.ts'
import { wakeWebhooks } from './wake-webhooks.ts'
import { openSecrets } from './webhook-secret.ts'

/** Of one account: each event is written once for each webhook that hears it. */
export const WEBHOOKS_MAX = 20
/** How long an old secret signs beside the new one, where nothing else is asked for; and at the most. */
export const OVERLAP_SECONDS = 86_400
export const OVERLAP_SECONDS_MAX = 7 * 86_400

/** Why the server has switched it off. */
export type DisabledReason = 'failing' | 'gone'

/** Times are epoch seconds. */
export type Webhook = {
  id: number
  url: string
  description: string | null
  /** notify/event-types.ts */
  events: string[]
  enabled: boolean
  disabledReason: DisabledReason | null
  failingSince: number | null
  /** Rises with each change. */
  version: number
  createdAt: number
  updatedAt: number
}

/** What its owner says of it. */
export type WebhookInput = Pick<Webhook, 'url' | 'description' | 'events' | 'enabled'>

/** `origin` is this server's, as the owner has called it. The secret is shown this once. */
export async function createWebhook(
  deps: Deps,
  accountId: number,
  input: WebhookInput,
  origin: string,
): Promise<(Webhook & { secret: string }) | Failure> {
  const target = checkTarget(deps, input.url, origin)
  if (isFailure(target)) return target
  const secrets = await openSecrets(deps, accountId)
  if (!secrets) return notConfigured()
  const secret = secrets.make()
  const row = await deps.stores.of(accountId).first<WebhookRow>(
    insertWebhook(
      {
        account_id: accountId,
        url: input.url,
        description: input.description,
        events: JSON.stringify(input.events),
        origin,
        secrets: await secrets.first(secret),
        enabled: input.enabled ? 1 : 0,
      },
      seconds(deps),
      WEBHOOKS_MAX,
    ),
  )
  return row
    ? { ...webhookOf(row), secret }
    : fail('conflict', `An account has at most ${WEBHOOKS_MAX} webhooks: delete one first.`)
}

export async function listWebhooks(deps: Deps, accountId: number, after: number, limit: number): Promise<Webhook[]> {
  return (await pageWebhooks(deps.stores.of(accountId), accountId, after, limit)).map(webhookOf)
}

export async function getWebhook(deps: Deps, accountId: number, id: number): Promise<Webhook | null> {
  const row = await readWebhook(deps.stores.of(accountId), accountId, id)
  return row && webhookOf(row)
}

/** Changes what is named of the version that was read; 'conflict' where somebody else has changed it since. */
export async function editWebhook(
  deps: Deps,
  accountId: number,
  before: Webhook,
  change: Partial<WebhookInput>,
  origin: string,
): Promise<Webhook | Failure> {
  const wanted = { ...before, ...change }
  const target = checkTarget(deps, wanted.url, origin)
  if (isFailure(target)) return target
  const row = await deps.stores.of(accountId).first<WebhookRow>(
    changeWebhook(
      {
        id: before.id,
        version: before.version,
        url: wanted.url,
        description: wanted.description,
        events: JSON.stringify(wanted.events),
        origin,
        enabled: wanted.enabled ? 1 : 0,
      },
      wanted.enabled && (!before.enabled || wanted.url !== before.url),
      seconds(deps),
    ),
  )
  if (!row) return changedMeanwhile()
  if (row.due_at !== null) deps.background(wakeWebhooks(deps, shardOf(accountId)))
  return webhookOf(row)
}

export async function removeWebhook(deps: Deps, accountId: number, id: number): Promise<boolean> {
  const [deleted] = await deps.stores.of(accountId).batch(deleteWebhook(accountId, id))
  return (deleted ?? []).length > 0
}

/** Gives it a new secret, shown this once. The one before signs as well for some seconds; 0: it ends at once. */
export async function rotateSecret(
  deps: Deps,
  accountId: number,
  id: number,
  overlapSeconds: number,
): Promise<(Webhook & { secret: string }) | Failure> {
  const db = deps.stores.of(accountId)
  const row = await readWebhook(db, accountId, id)
  if (!row) return fail('not-found', 'There is no such webhook.')
  const secrets = await openSecrets(deps, accountId)
  if (!secrets) return notConfigured()
  const secret = secrets.make()
  const now = seconds(deps)
  const stored = await secrets.replace(row.secrets, secret, now + overlapSeconds)
  const changed = await db.first<WebhookRow>(putSecrets(row, stored, now))
  return changed ? { ...webhookOf(changed), secret } : changedMeanwhile()
}

function webhookOf(row: WebhookRow): Webhook {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    events: JSON.parse(row.events) as string[],
    enabled: row.enabled === 1,
    disabledReason: row.disabled_reason as DisabledReason | null,
    failingSince: row.failing_since,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}

function notConfigured(): Failure {
  return fail('not-configured', 'POSTERN_SECRET is not set: nothing can be signed.')
}

function changedMeanwhile(): Failure {
  return fail('conflict', 'The webhook has just been changed: read it again.')
}
