/**
 * Filing: the mailbox that an accepted message goes to. The last pure step of inbound mail:
 *   parse -> verify -> score -> FILE -> store -> notify
 *
 * Invariant: each input gives exactly one mailbox. Junk goes to Junk, never away; refusal belongs to receive.ts, while
 * the sender can still be told (RFC 5321 §6.1). The reason stands in the spam report, which is stored with the message.
 */
import type { SpamReport } from '../spam/report.ts'

export function fileMessage(report: SpamReport): 'inbox' | 'junk' {
  return report.verdict === 'inbox' ? 'inbox' : 'junk'
}
