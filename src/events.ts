/**
 * The closed union of business events. They are committed to the outbox with the change they tell of, carry ids and
 * never content, and are told at least once.
 */
export type PosternEvent =
  | { type: 'message.received'; message: number; mailbox: number }
  | { type: 'message.appended'; message: number; mailbox: number }
  | { type: 'messages.changed'; count: number; modseq: number }
  | { type: 'messages.moved'; messages: number[]; mailbox: number; modseq: number }
  | { type: 'messages.destroyed'; count: number; modseq: number }
  /** One was made, named anew, moved or deleted. */
  | { type: 'mailboxes.changed'; modseq: number }
