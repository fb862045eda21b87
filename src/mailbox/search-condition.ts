/**
 * What a search means: the tree of search-query.ts as conditions on messages. A field whose value says nothing that it
 * knows (`is:blue`, `after:noon`) is searched for as the words that it is made of.
 */
import type { Condition } from '../store/condition.ts'
import { ANSWERED, DRAFT, FLAGGED, SEEN } from './flags.ts'
import type { Field, Query } from './search-query.ts'
import { type Column, matchOf, phrasesOf } from './search-words.ts'
import type { Mailbox } from './view.ts'

/** Prefixes in one query, each a merge of many words' postings. Further ones are words. */
const PREFIXES_MAX = 3
/** Mailboxes that all `in:` of a query look into together: D1 takes a statement of 100 KB. */
const NAMED_MAX = 1_000
const KEYWORD = /^[\x21-\x7e]{1,64}$/

/** What a search is read with. `mailboxes` is asked for only where the query names one. */
export type Meaning = { mailboxes: readonly Pick<Mailbox, 'id' | 'name' | 'role'>[] }

type Part = Extract<Query, { kind: 'part' }>
type Budget = { prefixes: number; mailboxes: number }

/** Whether the query names a mailbox. */
export function namesMailbox(query: Query): boolean {
  if (query.kind === 'part') return query.field === 'in'
  return query.kind === 'not' ? namesMailbox(query.of) : query.of.some(namesMailbox)
}

/** The condition, or null where nothing that can be searched was typed. */
export function conditionOf(query: Query, meaning: Meaning): Condition | null {
  return conditionIn(query, meaning, { prefixes: PREFIXES_MAX, mailboxes: NAMED_MAX })
}

/** The words of a text, all of which must stand in a column: what an API's filter gives. Nothing fits where it has none. */
export function wordsIn(column: Column, text: string): Condition {
  const words = text.split(/\s+/).filter((word) => word !== '')
  const of = words.flatMap((word) => phrasesOf(word, false)).map((phrase) => textOf(phrase, column))
  return of.length === 0 ? NOTHING : all(of)
}

const NOTHING: Condition = { kind: 'any', of: [] }

function conditionIn(query: Query, meaning: Meaning, budget: Budget): Condition | null {
  switch (query.kind) {
    case 'part':
      return conditionOfPart(query, meaning, budget)
    case 'not': {
      const inner = conditionIn(query.of, meaning, budget)
      return inner && { kind: 'not', of: inner }
    }
    default: {
      const of = query.of.map((one) => conditionIn(one, meaning, budget)).filter((one) => one !== null)
      return of.length === 0 ? null : of.length === 1 ? (of[0] as Condition) : { kind: query.kind, of }
    }
  }
}

function conditionOfPart(part: Part, meaning: Meaning, budget: Budget): Condition | null {
  if (part.field === null) return words(part.value, null, part, budget)
  return READERS[part.field](part, meaning, budget) ?? words(`${part.field}:${part.value}`, null, part, budget)
}

type ReadField = (part: Part, meaning: Meaning, budget: Budget) => Condition | null

const inColumn =
  (column: Column): ReadField =>
  (part, _, budget) =>
    words(part.value, column, part, budget)

const READERS: Record<Field, ReadField> = {
  from: inColumn('sender'),
  to: inColumn('recipients'),
  subject: inColumn('subject'),
  filename: inColumn('attachments'),
  has: ({ value }) => (/^attachments?$/i.test(value) ? { kind: 'attachment' } : null),
  is: ({ value }) => flagOf(value.toLowerCase()),
  keyword: ({ value }) => (KEYWORD.test(value) ? { kind: 'keyword', keyword: value.toLowerCase() } : null),
  in: ({ value }, { mailboxes }, budget) => mailboxOf(value, mailboxes, budget),
  after: ({ value }) => timeOf('since', value),
  before: ({ value }) => timeOf('until', value),
  larger: ({ value }) => sizeOf('larger', value),
  smaller: ({ value }) => sizeOf('smaller', value),
}

const FLAG_WORDS: Record<string, { bits: number; set: boolean }> = {
  unread: { bits: SEEN, set: false },
  read: { bits: SEEN, set: true },
  seen: { bits: SEEN, set: true },
  flagged: { bits: FLAGGED, set: true },
  starred: { bits: FLAGGED, set: true },
  unflagged: { bits: FLAGGED, set: false },
  answered: { bits: ANSWERED, set: true },
  unanswered: { bits: ANSWERED, set: false },
  draft: { bits: DRAFT, set: true },
}

function flagOf(word: string): Condition | null {
  const flag = Object.hasOwn(FLAG_WORDS, word) ? FLAG_WORDS[word] : undefined
  return flag ? { kind: 'flags', ...flag } : null
}

// Mailboxes of one name may stand in different ones: all of them are meant. A name that none has finds nothing.
function mailboxOf(value: string, mailboxes: Meaning['mailboxes'], budget: Budget): Condition {
  const wanted = value.normalize('NFC').toLowerCase()
  const named = mailboxes.filter(({ name, role }) => role === wanted || name.toLowerCase() === wanted)
  const taken = named.slice(0, budget.mailboxes)
  budget.mailboxes -= taken.length
  return { kind: 'mailbox', ids: taken.map(({ id }) => id) }
}

const DATE = /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?$/

function timeOf(kind: 'since' | 'until', value: string): Condition | null {
  const match = DATE.exec(value)
  if (!match) return null
  const [year, month, day] = [Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)]
  const ms = Date.UTC(year, month - 1, day)
  // A day that the month does not have is no date.
  if (new Date(ms).getUTCMonth() !== month - 1 || new Date(ms).getUTCDate() !== day) return null
  return { kind, second: ms / 1000 }
}

const SIZE = /^(\d{1,12})(?:([kmg])(?:i?b)?|b)?$/i
const UNITS: Record<string, number> = { k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

function sizeOf(kind: 'larger' | 'smaller', value: string): Condition | null {
  const match = SIZE.exec(value)
  return match ? { kind, bytes: Number(match[1]) * (UNITS[match[2]?.toLowerCase() ?? ''] ?? 1) } : null
}

function words(text: string, column: Column | null, { isPrefix }: Part, budget: Budget): Condition | null {
  const phrases = phrasesOf(text, isPrefix && budget.prefixes > 0)
  if (phrases.length === 0) return null
  if (phrases.some((phrase) => phrase.isPrefix)) budget.prefixes--
  return all(phrases.map((phrase) => textOf(phrase, column)))
}

function textOf(phrase: Parameters<typeof matchOf>[0], column: Column | null): Condition {
  return { kind: 'text', match: matchOf(phrase, column) }
}

function all(of: Condition[]): Condition {
  return of.length === 1 ? (of[0] as Condition) : { kind: 'all', of }
}
