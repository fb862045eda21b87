/**
 * The reference that a submission has at a provider: it comes back with the provider's events, whose signature vouches for
 * it, and names the account (whose shard holds the row) and the submission. Not a secret, and no proof of anything.
 */
const FORM = /^p([0-9a-z]{1,11})-([0-9a-z]{1,11})$/

export type Reference = { accountId: number; submissionId: number }

export function formatReference({ accountId, submissionId }: Reference): string {
  return `p${accountId.toString(36)}-${submissionId.toString(36)}`
}

/** Null for what is none. Whether there is such a submission is for the database to say. */
export function parseReference(text: string): Reference | null {
  const [, account, submission] = FORM.exec(text) ?? []
  if (account === undefined || submission === undefined) return null
  const reference = { accountId: Number.parseInt(account, 36), submissionId: Number.parseInt(submission, 36) }
  return Object.values(reference).every(Number.isSafeInteger) ? reference : null
}

/** What the reference is called in a provider's tags, metadata, custom arguments and variables. */
export const REFERENCE_NAME = 'postern_reference'
