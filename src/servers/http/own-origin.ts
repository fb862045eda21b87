/** This server as links name it: by its own URL where the operator gives one, else as the request has called it. */
import type { Deps } from '../../deps.ts'

export function ownOrigin({ origin }: Pick<Deps, 'origin'>, requestUrl: string): string {
  return origin ?? new URL(requestUrl).origin
}
