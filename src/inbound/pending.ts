/** The pending queue: messages whose raw bytes are in R2 and that could not be filed when they came. */
import type { Deps } from '../deps.ts'
import { type Filed, fileReceipt } from './file-receipt.ts'

/** Files one raw object. 'missing' where R2 has it no more: it was filed and deleted. Throws to be tried again. */
export async function filePending(deps: Deps, key: string): Promise<Filed | { kind: 'missing' } | { kind: 'foreign' }> {
  const found = await deps.stores.raw.get(key)
  if (!found) return { kind: 'missing' }
  if (!found.receipt) return { kind: 'foreign' }
  const filed = await fileReceipt(deps, found.receipt, found.bytes)
  deps.log({ level: 'info', at: 'inbound.pending', raw_key: key, outcome: filed.kind })
  return filed
}
