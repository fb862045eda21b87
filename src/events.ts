/**
 * The closed union of business events. They are committed to the outbox with the change they tell of, carry ids and
 * never content, and are told at least once.
 */
export type PosternEvent =
  /** Delivered to a mailbox that is not Junk. */
  | { type: 'message.received'; message: number; mailbox: number }
  /** Delivered to Junk. */
  | { type: 'message.junked'; message: number; mailbox: number }
  /** Held back: `held` is its row in quarantine. */
  | { type: 'message.quarantined'; held: number }
  | { type: 'message.released'; message: number; mailbox: number }
  | { type: 'message.appended'; message: number; mailbox: number }
  /** `taught`: of how many of them the account's model has learned in the same commit, which is told as spam.trained too. */
  | { type: 'messages.changed'; count: number; modseq: number; said?: Said; taught?: number }
  | { type: 'messages.moved'; messages: number[]; mailbox: number; modseq: number; said?: Said; taught?: number }
  | { type: 'messages.destroyed'; count: number; modseq: number }
  /** One was made, named anew, moved or deleted. */
  | { type: 'mailboxes.changed'; modseq: number }
  /** 'scheduled' where it is to be sent later, 'finished' when no recipient is left to be tried. */
  | { type: `submission.${'queued' | 'scheduled' | 'cancelled' | 'finished'}`; submission: number }
  /** What became of recipients of a submission, by their numbers. 'complained' changes no status. */
  | { type: `delivery.${DeliveryChange}`; submission: number; recipients: number[] }
  /** An address of the account. */
  | { type: `address.${'created' | 'changed' | 'deleted'}`; address: number }
  /** The account's model has learned from so many messages. */
  | { type: 'spam.trained'; count: number }
  /** The server has switched a webhook off; or its owner has it tried, which stands in no log of events. */
  | { type: 'webhook.disabled' | 'webhook.test'; webhook: number }

export type DeliveryChange =
  | 'delivered'
  | 'deferred'
  | 'bounced'
  | 'failed'
  | 'suppressed'
  | 'cancelled'
  | 'unknown'
  | 'complained'

/** What somebody thinks of a message, for the account's model; 'implicit-ham' is what an act shows without a word. */
export type SaidOf = 'spam' | 'ham' | 'implicit-ham'
/**
 * Messages of which a change says something that is still to be taught: moves into and out of Junk, and reports; or, as
 * 'nothing', that what was said before is not to be taught any more.
 */
export type Said = { [Word in SaidOf | 'nothing']?: number[] }
