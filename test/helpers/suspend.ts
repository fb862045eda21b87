/** Suspends an account, or lets it in again, as its row says it. */
import { env } from 'cloudflare:workers'
import type { World } from './world.ts'

export async function suspend(world: World, accountId: number, suspended: boolean): Promise<void> {
  await env.DB.prepare('update accounts set suspended_at = ? where id = ?')
    .bind(suspended ? Math.floor(world.deps.now() / 1000) : null, accountId)
    .run()
}
