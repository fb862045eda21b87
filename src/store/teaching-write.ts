/** Statements over what an account's model has learned, what is still to be taught, and what is known of senders. */
import { type SQL, sql } from 'drizzle-orm'
import { int, integers, list, table } from './database.ts'
import type { LessonRow, SenderRow, SpamModelRow } from './schema.ts'

/** What learning changes of a model's row. */
export type ModelContent = Pick<SpamModelRow, 'ham' | 'spam' | 'weights' | 'counts' | 'stats' | 'buffer'>

/** Writes a model that was made from version `expected` (0: there was none). A stale one rolls its batch back: isStaleModel. */
export function putModel(accountId: number, expected: number, model: ModelContent): SQL {
  const standing = sql`coalesce((select version from spam_models where account_id = ${accountId}), 0)`
  return sql`insert into spam_models (account_id, version, ham, spam, weights, counts, stats, buffer)
    select ${int(accountId)}, iif(${standing} = ${expected}, ${int(expected + 1)}, null), ${model.ham}, ${model.spam},
      ${model.weights}, ${model.counts}, ${model.stats}, ${model.buffer}
    where true on conflict do update set version = excluded.version, ham = excluded.ham, spam = excluded.spam,
      weights = excluded.weights, counts = excluded.counts, stats = excluded.stats, buffer = excluded.buffer`
}

/**
 * Begins a new generation: what was taught of messages is not in the account's model any more. The change number rises, so that no
 * change that was planned before writes what it has read.
 */
export function beginGeneration(accountId: number): SQL {
  return sql`update accounts set modseq = modseq + 1, model_generation = model_generation + 1 where id = ${accountId}`
}

/** Notes that an account's kept mail was looked through. */
export function noteLookedAt(accountId: number, now: number): SQL {
  return sql`update spam_models set looked_at = ${now} where account_id = ${accountId}`
}

/** By how much each count of a sender changes. */
export type SenderDelta = { seen?: number; ham?: number; spam?: number; implicit?: number; written?: number }

const COUNTS = ['seen', 'ham', 'spam', 'implicit', 'written'] as const

/** Counts for these keys, made where they are missing. No count falls below zero. */
export function countSenders(accountId: number, keys: readonly string[], delta: SenderDelta, now: number): SQL[] {
  if (keys.length === 0) return []
  const columns = COUNTS.filter((name) => (delta[name] ?? 0) !== 0)
  if (columns.length === 0) return []
  const names = sql.raw(columns.join(', '))
  const initial = columns.map((name) => int(Math.max(0, delta[name] ?? 0)))
  const changes = columns.map((name) => sql`${sql.raw(name)} = max(0, ${sql.raw(name)} + ${int(delta[name] ?? 0)})`)
  const rows = keys.map((key) => sql`(${int(accountId)}, ${key}, ${sql.join(initial, sql`, `)}, ${int(now)})`)
  return [
    sql`insert into senders (account_id, key, ${names}, last_at) values ${sql.join(rows, sql`, `)}
      on conflict do update set ${sql.join(changes, sql`, `)}, last_at = max(last_at, excluded.last_at)`,
  ]
}

/** Under which key it is counted that the account has written to a folded address: that of mail which is proven to be his. */
export function writtenKey(folded: string): string {
  return `address:${folded}`
}

/** Counts one message that the account sends to these folded addresses. */
export function countWritten(accountId: number, recipients: readonly string[], now: number): SQL[] {
  if (recipients.length === 0) return []
  return [
    sql`insert into senders (account_id, key, written, last_at)
      select ${int(accountId)}, c0, 1, ${int(now)} from ${table(recipients.map((one) => [writtenKey(one)]))} where true
      on conflict do update set written = written + 1, last_at = max(last_at, excluded.last_at)`,
  ]
}

/** Forgets those of these senders of whom nothing was said, to whom nothing was written, and who were last met before a second. */
export function forgetSenders(senders: readonly Pick<SenderRow, 'account_id' | 'key'>[], before: number): SQL[] {
  if (senders.length === 0) return []
  const keys = JSON.stringify(senders.map(({ account_id, key }) => [account_id, key]))
  return [
    sql`delete from senders where (account_id, key) in (select value ->> 0, value ->> 1 from json_each(${keys}))
      and ham = 0 and spam = 0 and implicit = 0 and written = 0 and last_at < ${before}`,
  ]
}

export type NewLesson = Pick<LessonRow, 'account_id' | 'message_id' | 'opinion'>

/** Lessons in one statement: some 40 characters each, of the 100 KB that D1 takes. */
const LESSONS_A_STATEMENT = 1_000

/**
 * Notes what is to be taught of messages, one lesson of each. The newest word about one stands, but what an act shows never takes a
 * person's word away.
 */
export function noteLessons(lessons: readonly NewLesson[], now: number): SQL[] {
  const statements: SQL[] = []
  for (let at = 0; at < lessons.length; at += LESSONS_A_STATEMENT) {
    const rows = lessons.slice(at, at + LESSONS_A_STATEMENT).map(lessonValues)
    statements.push(sql`insert into lessons (account_id, message_id, opinion, due_at, created_at)
      select j.column1, j.column2, j.column3, ${int(now)}, ${int(now)} from (values ${sql.join(rows, sql`, `)}) j where true
      on conflict do update set opinion = excluded.opinion, attempts = 0, due_at = excluded.due_at,
        created_at = excluded.created_at where excluded.opinion <> 'implicit-ham'`)
  }
  return statements
}

/** The same of one account's messages, of which all is one word. */
export function putLessons(
  accountId: number,
  ids: readonly number[],
  opinion: LessonRow['opinion'],
  now: number,
): SQL[] {
  return noteLessons(
    ids.map((id) => ({ account_id: accountId, message_id: id, opinion })),
    now,
  )
}

// Written into the statement, as it takes 100 parameters: numbers that are checked, and one word of a closed set.
function lessonValues({ account_id, message_id, opinion }: NewLesson): SQL {
  const word = WORDS.find((one) => one === opinion)
  if (!word) throw new Error(`${opinion} is no lesson`)
  return sql`(${integers([account_id])}, ${integers([message_id])}, ${sql.raw(`'${word}'`)})`
}

const WORDS: readonly LessonRow['opinion'][] = ['spam', 'ham', 'implicit-ham']

/** The same for the message that the batch has just stored. */
export function putLessonOf(accountId: number, id: SQL, opinion: LessonRow['opinion'], now: number): SQL {
  return sql`insert or ignore into lessons (account_id, message_id, opinion, due_at, created_at)
    values (${int(accountId)}, ${id}, ${opinion}, ${int(now)}, ${int(now)})`
}

/** Takes lessons into work: they are due again at `dueAt`, whatever becomes of this attempt. */
export function claimLessons(lessons: readonly Pick<LessonRow, 'account_id' | 'message_id'>[], dueAt: number): SQL {
  return sql`update lessons set attempts = attempts + 1, due_at = ${dueAt} where (account_id, message_id) in
    (values ${pairs(lessons)})`
}

/** Gives lessons back that were taken up and not tried: they are due now. */
export function returnLessons(lessons: readonly Pick<LessonRow, 'account_id' | 'message_id'>[], now: number): SQL {
  return sql`update lessons set attempts = max(0, attempts - 1), due_at = ${now} where (account_id, message_id) in
    (values ${pairs(lessons)})`
}

function pairs(lessons: readonly Pick<LessonRow, 'account_id' | 'message_id'>[]): SQL {
  return sql.join(
    lessons.map((one) => sql`(${integers([one.account_id])}, ${integers([one.message_id])})`),
    sql`, `,
  )
}

/** Drops what is still to be taught of messages, whatever it is. */
export function dropLessons(lessons: readonly Pick<LessonRow, 'account_id' | 'message_id'>[]): SQL[] {
  if (lessons.length === 0) return []
  return [sql`delete from lessons where (account_id, message_id) in (values ${pairs(lessons)})`]
}

/** Deletes lessons that say this; a newer word about the same message stays. */
export function deleteLessons(accountId: number, ids: readonly number[], opinions: LessonRow['opinion'][]): SQL {
  return sql`delete from lessons where account_id = ${accountId} and message_id in (${integers(ids)})
    and opinion in (${list(opinions)})`
}
