/**
 * Filing: the place that a message goes to. The last pure step of inbound mail:
 *   parse -> verify -> score -> FILE -> store -> notify
 *
 * Invariant: each input gives exactly one place. Nothing is refused but where the sender can still be told (RFC 5321 §6.1):
 * what was accepted is held in quarantine instead. The reason stands in the spam report, which is stored with the message.
 */
import type { SpamReport } from '../spam/report.ts'

export type Place = 'inbox' | 'junk' | 'quarantine' | 'rejected'

export function fileMessage({ verdict }: Pick<SpamReport, 'verdict'>, canRefuse: boolean): Place {
  if (verdict !== 'reject') return verdict
  return canRefuse ? 'rejected' : 'quarantine'
}
