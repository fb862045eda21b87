/** What an account knows of a sender from the mail that it had of him. junk/ reads it; signals/history.ts says what it means. */

export type SenderRecord = {
  /** Messages delivered. */
  seen: number
  /** Messages that people called ham, and spam. */
  ham: number
  spam: number
  /** Messages that the account has sent there. */
  written: number
  /** Epoch seconds. */
  lastAt: number
}

export type SenderHistory = {
  /**
   * Whether the message is proven to be from its From domain. Records are then of proven mail alone; otherwise of mail that
   * claims the same address.
   */
  isProven: boolean
  address: SenderRecord | null
  /** Null also where the domain says nothing about a sender, as that of a free mailbox. */
  domain: SenderRecord | null
  /** It names a message that the account sent to this very sender. */
  answersOurs: boolean
}
