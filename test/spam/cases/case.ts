import type { TagName } from '../../../src/spam/finding.ts'
import type { SpamInput } from '../../../src/spam/input.ts'
import type { Mail } from '../mail.ts'

/** A message that fires a tag, and one that almost does. */
export type Case = [tag: TagName, name: string, fires: Mail, misses: Mail, over?: Partial<SpamInput>]

export const headers = (over: NonNullable<Mail['headers']>): Mail => ({ headers: over })

export const html = (body: string): Mail => ({
  html: `<html><body>${body}</body></html>`,
  alternative: 'See the other form of this.',
})

export const link = (href: string): Mail => html(`<p>Our offer: <a href="${href}">look</a></p>`)

/** HTML alone, as lures come. */
export const page = (body: string, over: Mail['headers'] = {}): Mail => ({
  html: `<html><body>${body}</body></html>`,
  headers: over,
})

export const long =
  'We met last week and said that we would look at the plans again on Friday, at noon, in the small room on the second floor. '
