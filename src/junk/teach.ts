/**
 * Teaching what was said of messages by moving them, by reporting many at once, or by an act: later, some at a time.
 *
 *   a change commits its event -> the outbox is told: `lessonsOf` notes the lessons in that batch -> `teachDue` teaches them
 *
 * Invariants:
 *  - A lesson is deleted in the batch that teaches it, and `messages.taught` says so: told twice, it is taught once.
 *  - A lesson is put off before it is tried, and tried alone from the second time on, so that one that ends its run keeps no
 *    other from its turn.
 *  - A word that the message's place contradicts by now is not taught: somebody has changed his mind since.
 */

import type { Deps } from '../deps.ts'
import { isFailure } from '../errors.ts'
import type { PosternEvent, SaidOf } from '../events.ts'
import { changeAll } from '../mailbox/change.ts'
import { whole } from '../mailbox/reader.ts'
import { placementsOf } from '../mailbox/view.ts'
import { parseMessage } from '../mime/parse.ts'
import { seconds } from '../seconds.ts'
import { featuresOf } from '../spam/learned/features.ts'
import { readRoles } from '../store/account-read.ts'
import type { Statement } from '../store/database.ts'
import { ACCOUNTS_PER_SHARD, shardOf } from '../store/ids.ts'
import type { LessonRow } from '../store/schema.ts'
import { readDueLessons, readSenders, readTeachable, type TeachableRow } from '../store/teaching-read.ts'
import {
  claimLessons,
  deleteLessons,
  dropLessons,
  type NewLesson,
  noteLessons,
  returnLessons,
} from '../store/teaching-write.ts'
import { mayTeachHam } from './implicit-ham.ts'
import { type Example, exampleOf, recount, reteach, senderOfRow } from './lesson.ts'
import { changeModel } from './model.ts'
import { senderKeys } from './sender-keys.ts'

/** Lessons in one run: each is a read of R2 and the parse of a whole message. */
const LESSONS_A_RUN = 25
/** Bytes of raw messages in one run, for the sake of its CPU; the first message is read whatever its size. */
const BYTES_A_RUN = 30 * 1024 * 1024
/** When a lesson is tried again that was not taught: half an hour, doubling, at most half a day. */
const RETRY_SECONDS = 1_800
const RETRY_SECONDS_MAX = 43_200
/** Attempts before a lesson is given up: several days of trouble. */
const ATTEMPTS_MAX = 12

/**
 * What events say of messages, as statements that note it. For notify/, which knows nothing of lessons. Their number does not grow
 * with that of the events, since an invocation has a thousand to spend: of each message the newest word is noted.
 */
export function lessonsOf(told: readonly { accountId: number; event: PosternEvent }[], now: number): Statement[] {
  const words = new Map<string, NewLesson>()
  const dropped: Pick<NewLesson, 'account_id' | 'message_id'>[] = []
  for (const { accountId, event } of told) {
    if (!('said' in event) || !event.said) continue
    const { nothing = [], ...said } = event.said
    for (const id of nothing) {
      words.delete(`${accountId}/${id}`)
      dropped.push({ account_id: accountId, message_id: id })
    }
    for (const [word, ids] of Object.entries(said))
      for (const id of ids) hear(words, { account_id: accountId, message_id: id, opinion: word as SaidOf })
  }
  return [...dropLessons(dropped), ...noteLessons([...words.values()], now)]
}

// What an act shows takes nobody's word away.
function hear(words: Map<string, NewLesson>, lesson: NewLesson): void {
  const key = `${lesson.account_id}/${lesson.message_id}`
  if (lesson.opinion !== 'implicit-ham' || !words.has(key)) words.set(key, lesson)
}

/** Asks for an account's lessons to be taught soon. The sweep finds those whose asking is lost. */
export function teachSoon(deps: Deps, accountId: number): void {
  deps.background(deps.queues.events.send({ shard: shardOf(accountId) }))
}

/** Teaches lessons of a shard. True where more of them are due. Throws where storage fails; trying again is safe. */
export async function teachDue(deps: Deps, shard: number): Promise<boolean> {
  const db = deps.stores.of(shard * ACCOUNTS_PER_SHARD)
  const now = seconds(deps)
  const due = await readDueLessons(db, now, LESSONS_A_RUN)
  if (due.length === 0) return false
  const spent = due.filter(({ attempts }) => attempts >= ATTEMPTS_MAX)
  const tried = toTry(due.filter(({ attempts }) => attempts < ATTEMPTS_MAX))
  if (spent.length > 0) deps.log({ level: 'warn', at: 'junk.teach', shard, given_up: spent.length })
  await db.batch([...spent.map(deleteLesson), ...putOff(tried, now)])
  const budget = { bytes: BYTES_A_RUN }
  const later: LessonRow[] = []
  for (const group of groups(tried)) later.push(...(await teachGroup(deps, group, budget)))
  if (later.length > 0) await db.batch([returnLessons(later, now)])
  return due.length === LESSONS_A_RUN || due.length > spent.length + tried.length || later.length > 0
}

// One that was tried before and not taught is tried alone: it may be what ended that run, and with it the turn of the others.
function toTry(due: LessonRow[]): LessonRow[] {
  const [first] = due
  return first && first.attempts > 0 ? [first] : due.filter(({ attempts }) => attempts === 0)
}

function deleteLesson({ account_id, message_id, opinion }: LessonRow): Statement {
  return deleteLessons(account_id, [message_id], [opinion])
}

// Doubling by the attempts that a lesson has had; those of one count are one statement.
function putOff(tried: LessonRow[], now: number): Statement[] {
  const byAttempts = Map.groupBy(tried, ({ attempts }) => attempts)
  return [...byAttempts].map(([attempts, lessons]) =>
    claimLessons(lessons, now + Math.min(RETRY_SECONDS * 2 ** attempts, RETRY_SECONDS_MAX)),
  )
}

type Group = { accountId: number; word: SaidOf; lessons: LessonRow[] }

/** Lessons of one account that say the same: they are taught together. */
function groups(due: LessonRow[]): Group[] {
  const byKind = Map.groupBy(due, ({ account_id, opinion }) => `${account_id}/${opinion}`)
  return [...byKind.values()].map((lessons) => {
    const [first] = lessons as [LessonRow]
    return { accountId: first.account_id, word: first.opinion, lessons }
  })
}

/** Gives the lessons for which the run's budget was too small. */
async function teachGroup(
  deps: Deps,
  { accountId, word, lessons }: Group,
  budget: { bytes: number },
): Promise<LessonRow[]> {
  const db = deps.stores.of(accountId)
  const ids = lessons.map((lesson) => lesson.message_id)
  const [rows, roles] = await Promise.all([
    readTeachable(db, accountId, ids),
    readRoles(db, accountId, ['junk', 'trash']),
  ])
  const wanted = rows.filter((row) => row.taught !== word && !isContradicted(row, word, roles))
  const { examples, later } = await readExamples(deps, wanted, word, budget)
  const taught = word === 'implicit-ham' ? await onlyModest(deps, accountId, examples) : examples
  await commit(deps, { accountId, word, rows, taught, done: ids.filter((id) => !later.has(id)) })
  return lessons.filter((lesson) => later.has(lesson.message_id))
}

// A word is dropped where the message stands by now where the opposite word would have put it.
function isContradicted(
  row: Pick<TeachableRow, 'placed' | 'taught'>,
  word: SaidOf,
  roles: { role: string; id: number }[],
): boolean {
  if (word === 'implicit-ham' && row.taught !== null) return true
  const standing = placementsOf(row.placed).map(({ mailboxId }) => roles.find(({ id }) => id === mailboxId)?.role)
  if (word === 'spam') return roles.some(({ role }) => role === 'junk') && standing.includes(undefined)
  if (word === 'implicit-ham') return standing.includes('junk') || standing.includes('trash')
  return standing.includes('junk')
}

type Read = { examples: (Example & { row: TeachableRow })[]; later: Set<number> }

/** Reads the messages, one after another, as far as the run's budget goes; the rest waits for its next turn. */
async function readExamples(deps: Deps, rows: TeachableRow[], word: SaidOf, budget: { bytes: number }): Promise<Read> {
  const read: Read = { examples: [], later: new Set() }
  for (const row of rows) {
    if (budget.bytes <= 0) {
      read.later.add(row.id)
      continue
    }
    budget.bytes -= row.size
    const raw = await deps.stores.raw.get(row.raw_key)
    // Its row says that the object is there; if it is not, there is nothing to learn from.
    if (!raw) continue
    const message = await parseMessage(raw.bytes)
    if (word === 'implicit-ham' && isAutomaticReply(message.fields)) continue
    read.examples.push({ ...exampleOf(row, featuresOf(message)), row })
  }
  return read
}

function isAutomaticReply(fields: readonly { key: string; raw: string }[]): boolean {
  return fields.some(({ key, raw }) => key === 'auto-submitted' && /^\s*auto-replied\b/i.test(raw))
}

async function onlyModest(deps: Deps, accountId: number, examples: Read['examples']): Promise<Read['examples']> {
  const keys = [...new Set(examples.flatMap(({ row }) => senderKeys(senderOfRow(row))))]
  const known = await readSenders(deps.stores.of(accountId), accountId, keys)
  return mayTeachHam(examples, known)
}

type Commitment = {
  accountId: number
  word: SaidOf
  rows: TeachableRow[]
  taught: Example[]
  /** Messages whose lessons are done with: taught, or not to be. */
  done: number[]
}

async function commit(deps: Deps, { accountId, word, rows, taught, done }: Commitment): Promise<void> {
  if (done.length === 0) return
  const drop = deleteLessons(accountId, done, [word])
  if (taught.length === 0) {
    await deps.stores.of(accountId).batch([drop])
    return
  }
  const now = seconds(deps)
  const counts = taught.flatMap((example) => recount(accountId, example, word, now))
  const changed = await changeModel(
    deps,
    accountId,
    (learned) => {
      for (const example of taught) reteach(learned, example, word)
    },
    (write) =>
      changeAll(
        deps,
        whole(accountId),
        taught.map(({ id }) => id),
        { taught: word },
        {
          holds: (messages) => messages.length === taught.length && messages.every((one) => isAsRead(one, rows)),
          statements: [write, ...counts, drop],
        },
      ),
  )
  // Somebody has changed one of the messages meanwhile: all of them have their turn again.
  if (isFailure(changed)) deps.log({ level: 'info', at: 'junk.teach', account: accountId, outcome: changed.failure })
}

function isAsRead(now: Pick<TeachableRow, 'id' | 'taught' | 'placed'>, rows: TeachableRow[]): boolean {
  const read = rows.find(({ id }) => id === now.id)
  return read !== undefined && read.taught === now.taught && read.placed === now.placed
}
