/** The API's description, read from the app itself: for tests that run in Node, where there is no storage. */
import type { Deps } from '../../src/deps.ts'
import { handleHttp } from '../../src/servers/http/app.ts'

// biome-ignore lint/suspicious/noExplicitAny: the description is JSON, whose shape is what tests and linters assert.
export type Description = any

/** A request that takes no key and no storage needs no more than this; anything else that it touched would throw. */
const DEPS = {
  now: () => 0,
  random: (bytes: number) => new Uint8Array(bytes),
  log: () => undefined,
  corsOrigins: [],
} as unknown as Deps

/** GETs a path that is answered without storage. */
export async function getPublic(path: string): Promise<Response> {
  return await handleHttp(new Request(`https://postern.test${path}`), DEPS)
}

/** A copy of its own for each caller, who may break it. */
export async function readDescription(): Promise<Description> {
  return await (await getPublic('/openapi.json')).json()
}
