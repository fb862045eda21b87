/**
 * What scoring is handed. Nothing else reaches it: no clock, no network, no database, so the same input always gives the
 * same report.
 */
import type { ParsedMessage } from '../mime/message.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import type { Learned } from './learned/learned.ts'
import type { OutsideOpinions } from './outside.ts'

/** An allow or block entry that covers this message's sender, found by junk/. */
export type ListHit = {
  list: 'allow' | 'block'
  /** Whose entry it is: the account's own, or the whole server's. */
  scope: 'account' | 'server'
  kind: 'address' | 'domain' | 'ip' | 'helo'
  /** The entry in its canonical form: 'ann@shop.example', 'shop.example', '192.0.2.0/24', 'mail.shop.example'. */
  value: string
}

/** From how many points on a message goes where; the account's choice, or the server's. */
export type Policy = {
  junk: number
  /** Null: nothing is held back for its score. */
  quarantine: number | null
  /** What is turned away while the sender can still be told. */
  reject: 'never' | 'lists' | 'lists-and-malware'
}

export const DEFAULT_POLICY: Policy = { junk: 5, quarantine: null, reject: 'never' }

export type SpamInput = {
  message: ParsedMessage
  verdict: SenderVerdict
  /** Of SMTP; `from` is '' for bounces. */
  envelope: { from: string; to: string }
  /** When the message was received. */
  nowMs: number
  lists: ListHit[]
  /** Where anybody was asked. */
  outside?: OutsideOpinions
  /** DEFAULT_POLICY where it is absent. */
  policy?: Policy
  /** What the account has taught its filter; null or absent where it has not. */
  learned?: Learned | null
  /** False leaves the shipped model out: for measuring on the mail that it was trained on. */
  withShipped?: boolean
}
