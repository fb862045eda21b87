/** A server that fails on purpose, over the same storage and the same waiting queues as a clean one. */
import { env } from 'cloudflare:workers'
import { type Faults, faultyD1, faultyQueue, faultyR2 } from './faults.ts'
import type { SimpleProvider } from './provider.ts'
import { makeWorld, type World } from './world.ts'

/** Every call of its storage, its queues and its provider goes through `faults`. */
export function faultyWorld(
  clean: World,
  faults: Faults,
  provider?: SimpleProvider,
  over: { returnDomain?: string } = {},
): World {
  const world = makeWorld({
    ...over,
    databases: [faultyD1(env.DB, faults)],
    bucket: faultyR2(env.RAW, faults),
    queues: {
      pending: faultyQueue('pending', clean.pending, faults),
      events: faultyQueue('events', clean.events, faults),
      outbound: faultyQueue('outbound', clean.outbound, faults),
      webhooks: faultyQueue('webhooks', clean.webhooks, faults),
    },
    ...(provider && {
      provider: { ...provider, send: (message) => faults.run('provider', () => provider.send(message)) },
    }),
  })
  world.clock.ms = clean.clock.ms
  return world
}
