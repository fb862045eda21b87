/**
 * The search language, for people: one table that the documentation shows, and a test that each line of it does what it
 * says. search-query.ts reads it.
 */
export const SEARCH_LANGUAGE: readonly (readonly [syntax: string, meaning: string])[] = [
  ['quince tree', 'Both words, anywhere in the message: subject, sender, recipients, text, names of attachments.'],
  ['"quince tree"', 'The words next to each other.'],
  ['orch*', 'Words that begin so; two letters at least, three such prefixes in a search.'],
  ['quince OR pear', 'One of the two, or both. OR binds less than words that stand side by side.'],
  ['-pear', 'Not this. It goes before a word, a phrase, a field or a parenthesis.'],
  ['(quince OR pear) tree', 'Parentheses group.'],
  ['from:ada  to:demo@postern.test', 'In the sender; in To and Cc.'],
  ['subject:"on thursday"', 'In the subject.'],
  ['filename:plan.pdf', 'In the names of attachments.'],
  ['has:attachment', 'With an attachment.'],
  ['is:unread  is:read  is:flagged  is:answered  is:draft', 'By its flags; `is:starred` is `is:flagged`.'],
  ['keyword:orchard', 'With this label.'],
  ['in:archive  in:"My orders"', 'In the mailbox of this role or name.'],
  [
    'after:2026-03-01  before:2026-04',
    'Received on that day (month, year) or later; earlier than it. Days begin at midnight UTC.',
  ],
  ['larger:5M  smaller:20K', 'Of this many bytes or more; of fewer.'],
  ['北京  พรุ่งนี้', 'Scripts without spaces are found by any piece of a word.'],
]
