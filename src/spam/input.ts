/**
 * What scoring is handed. Nothing else reaches it: no clock, no network, no database, so the same input always gives the
 * same report.
 */
import type { ParsedMessage } from '../mime/message.ts'
import type { SenderVerdict } from '../verify/verdict.ts'

/** An allow or block entry that covers this message's sender, found by junk/. */
export type ListHit = {
  list: 'allow' | 'block'
  /** Whose entry it is: the account's own, or the whole server's. */
  scope: 'account' | 'server'
  kind: 'address' | 'domain' | 'ip'
  /** The entry in its canonical form: 'ann@shop.example', 'shop.example', '192.0.2.0/24'. */
  value: string
}

export type SpamInput = {
  message: ParsedMessage
  verdict: SenderVerdict
  /** Of SMTP; `from` is '' for bounces. */
  envelope: { from: string; to: string }
  /** When the message was received. */
  nowMs: number
  lists: ListHit[]
  /** The account's own, where it has one; SPAM_THRESHOLD otherwise. */
  threshold?: number
}
