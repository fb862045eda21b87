/**
 * The closed union of business events. They are committed to the outbox with the change they tell of, carry ids and
 * never content, and are told at least once.
 */
export type PosternEvent =
  | { type: 'message.received'; message: number; mailbox: number }
  | { type: 'message.appended'; message: number; mailbox: number }
  | { type: 'messages.changed'; count: number; modseq: number; said?: Said }
  | { type: 'messages.moved'; messages: number[]; mailbox: number; modseq: number; said?: Said }
  | { type: 'messages.destroyed'; count: number; modseq: number }
  /** One was made, named anew, moved or deleted. */
  | { type: 'mailboxes.changed'; modseq: number }

/** What somebody thinks of a message, for the account's model; 'implicit-ham' is what an act shows without a word. */
export type SaidOf = 'spam' | 'ham' | 'implicit-ham'
/**
 * Messages of which a change says something that is still to be taught: moves into and out of Junk, and reports; or, as
 * 'nothing', that what was said before is not to be taught any more.
 */
export type Said = { [Word in SaidOf | 'nothing']?: number[] }
