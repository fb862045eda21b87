/**
 * What scoring is handed. Nothing else reaches it: no clock, no network, no database, so the same input always gives the
 * same report.
 */
import type { ParsedMessage } from '../mime/message.ts'
import type { SenderVerdict } from '../verify/verdict.ts'
import type { SenderHistory } from './history.ts'
import type { Features } from './learned/features.ts'
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

/** An entry of a list of hosts that covers a link of this message, found by junk/ among what `urlDomains` names. */
export type UrlListing = {
  /** The host or domain that is listed. */
  host: string
  /** Whose list it is, for the owner to read. */
  source: string
}

export type SpamInput = {
  message: ParsedMessage
  /** The message as it came, where the caller has it: attachments are then looked into. */
  bytes?: Uint8Array
  verdict: SenderVerdict
  /** Of SMTP; `from` is '' for bounces. */
  envelope: { from: string; to: string }
  /** When the message was received. */
  nowMs: number
  lists: ListHit[]
  /** Where anybody was asked. */
  outside?: OutsideOpinions
  /** Null where nothing is known, or there is no account to know it. */
  history?: SenderHistory | null
  /** DEFAULT_POLICY where it is absent. */
  policy?: Policy
  /** What the account has taught its filter; null or absent where it has not. */
  learned?: Learned | null
  /** What learning reads of the message, where the caller has it already. */
  features?: Features
  /** False leaves the shipped model out: for measuring on the mail that it was trained on. */
  withShipped?: boolean
  urlListings?: UrlListing[]
}
