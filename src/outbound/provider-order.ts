/** Which providers are asked for a submission, in order: what its domain has chosen, without those that cannot do it. */
import type { Deps } from '../deps.ts'
import { readDomain } from '../store/directory-read.ts'
import type { SubmissionRow } from '../store/schema.ts'
import type { Provider } from './provider.ts'

/** Those that a domain has chosen, or else the server's own. Throws where the directory fails. */
export async function providersOf(deps: Deps, domain: string): Promise<Provider[]> {
  const row = await readDomain(deps.stores.directory, domain)
  return deps.providers.inOrder(row?.providers ? (JSON.parse(row.providers) as string[]) : null)
}

/** What it takes to carry a submission. */
export type Needs = Pick<SubmissionRow, 'kind' | 'size'> & { isInternational: boolean }

/**
 * Those that can take a submission. What the server sends by itself goes to those first that keep to its envelope sender:
 * another would have to be handed it in another shape (forwarded.ts).
 */
export function ableTo(providers: readonly Provider[], { kind, size, isInternational }: Needs): Provider[] {
  const fitting = providers.filter(({ bytesMax, hasSmtpUtf8 }) => bytesMax >= size && (hasSmtpUtf8 || !isInternational))
  if (kind === 'mail') return fitting
  return [...fitting.filter(({ hasEnvelope }) => hasEnvelope), ...fitting.filter(({ hasEnvelope }) => !hasEnvelope)]
}
