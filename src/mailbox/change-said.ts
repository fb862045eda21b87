/**
 * What a change says about messages, for those who learn from it: the word that comes with it, or the move itself. Every server
 * moves messages by the same change, so all of them teach alike.
 */
import type { Said, SaidOf } from '../events.ts'
import type { MailboxRow } from '../store/schema.ts'

type Role = MailboxRow['role'] | undefined

/**
 * Whether a word is one that was not taught yet. What an act shows is no news where somebody has spoken. That a word is taken
 * back always is: it may be on its way.
 */
export function isNewsOf(taught: SaidOf | null, says: keyof Said | undefined): boolean {
  return says !== undefined && taught !== says && (says !== 'implicit-ham' || taught === null)
}

/**
 * What a move says, by the roles of the mailboxes before and after: into Junk, that it is spam; out of Junk, that it is none.
 * Out of Junk to the Trash says nothing: that is how people throw spam away.
 */
export function saidByMove(before: Role[], after: Role[]): 'spam' | 'ham' | undefined {
  if (before.includes('junk') === after.includes('junk')) return undefined
  if (after.includes('junk')) return 'spam'
  return after.some((role) => role !== 'trash') ? 'ham' : undefined
}
