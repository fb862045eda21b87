/**
 * Reports: somebody says that a message is spam, or that it is none, or takes his word back.
 *
 *   read the message and the model -> teach -> ONE BATCH: the move, `messages.taught`, the model, the sender's counts, the list
 *
 * Invariants:
 *  - All of it happens, or none of it. The batch holds only while the message's `taught` and the model are what was read.
 *  - Saying the same twice changes nothing. Saying the opposite takes the first example out before it teaches the other.
 */

import type { Deps } from '../deps.ts'
import { type Failure, fail, isFailure, TemporaryError } from '../errors.ts'
import { type Changed, changeAll } from '../mailbox/change.ts'
import type { Edit } from '../mailbox/change-plan.ts'
import type { Reader } from '../mailbox/reader.ts'
import { placementsOf } from '../mailbox/view.ts'
import { parseMessage } from '../mime/parse.ts'
import { seconds } from '../seconds.ts'
import { featuresOf } from '../spam/learned/features.ts'
import { isShortOfHam } from '../spam/learned/learned.ts'
import { readRoles } from '../store/account-read.ts'
import type { Statement } from '../store/database.ts'
import { readAddresses } from '../store/directory-read.ts'
import { readMessageRow } from '../store/message-read.ts'
import type { MessageRow } from '../store/schema.ts'
import { isToBeTaught } from '../store/teaching-read.ts'
import { dropLessons } from '../store/teaching-write.ts'
import { noteKeptBefore } from './kept-and-read.ts'
import { exampleOf, recount, reteach, senderOfRow, type Taught } from './lesson.ts'
import { listStatement, unlistStatement } from './lists.ts'
import { changeModel } from './model.ts'

/** Messages in one call of reportAll. Teaching them follows by the outbox. */
export const REPORTS_MAX = 100
/** Attempts against other words about the same message. */
const ATTEMPTS = 4

export type Report = {
  /** Null takes back what was said, and moves nothing. */
  as: 'spam' | 'ham' | null
  /** Whether its sender is blocked, or allowed, from now on. */
  listSender: boolean
}

/** Says of a message that the reader may see what it is. True where that was news. */
export async function report(deps: Deps, reader: Reader, id: number, wanted: Report): Promise<boolean | Failure> {
  if (wanted.listSender && reader.addressId !== null)
    return fail('forbidden', "The lists are the account's: a key of one address cannot change them.")
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const outcome = await tryReport(deps, reader, id, wanted)
    if (!isFailure(outcome) || outcome.failure !== 'precondition-failed') return outcome
  }
  throw new TemporaryError('the message is changing too fast')
}

async function tryReport(deps: Deps, reader: Reader, id: number, wanted: Report): Promise<boolean | Failure> {
  const { as } = wanted
  const { accountId, addressId } = reader
  const db = deps.stores.of(accountId)
  const [row, roles] = await Promise.all([
    readMessageRow(db, accountId, id),
    readRoles(db, accountId, ['inbox', 'junk']),
  ])
  if (!row || (addressId !== null && row.address_id !== addressId))
    return fail('not-found', 'There is no such message.')
  const listed = await listOf(deps, row, wanted)
  if ('failure' in listed) return listed
  if (as === null) return await takeBack(deps, reader, row, listed)
  const move = moveOf(as, row, roles)
  if (row.taught !== as) return await teachNow(deps, reader, row, as, move, listed)
  if (wanted.listSender) await db.batch(listed)
  // It was taught before, and somebody has moved it since; the word still says where it belongs.
  if (move.add !== undefined) return newsOf(await changeAll(deps, reader, [id], { ...move, taught: as }))
  return false
}

// What was said may have been taught, or be on its way (reportAll, a move), or both.
async function takeBack(deps: Deps, reader: Reader, row: MessageRow, listed: Statement[]): Promise<boolean | Failure> {
  const { accountId } = reader
  // In the outbox, "nothing" follows what was said.
  const drop = dropLessons([{ account_id: accountId, message_id: row.id }])
  if (row.taught !== null) return await teachNow(deps, reader, row, null, { says: 'nothing' }, [...listed, ...drop])
  if (!(await isToBeTaught(deps.stores.of(accountId), accountId, row.id))) return false
  const untaught = {
    holds: ([message]: { taught: Taught }[]) => message === undefined || message.taught === null,
    statements: drop,
  }
  return newsOf(await changeAll(deps, reader, [row.id], { says: 'nothing' }, untaught))
}

// A report that lists nobody takes back what an opposite one has listed.
async function listOf(deps: Deps, row: MessageRow, { as, listSender }: Report): Promise<Statement[] | Failure> {
  const sender = senderOfRow(row)
  const list = as === 'spam' ? 'block' : 'allow'
  if (as !== null && listSender) {
    if (!sender) return fail('invalid', 'The message names no one sender who could be listed.', 'list_sender')
    // Spam in one's own name is common, and a copy in Sent is one's own: neither should shut the owner out.
    const [own] = as === 'spam' ? await readAddresses(deps.stores.directory, [sender.address]) : []
    if (own?.account_id === row.account_id)
      return fail('invalid', 'The sender is an address of this account, and is not blocked.', 'list_sender')
    return [listStatement(row.account_id, sender.address, list, seconds(deps))]
  }
  if (!sender || row.taught === null) return []
  const opposite = (['allow', 'block'] as const).filter((one) => as === null || one !== list)
  return [unlistStatement(row.account_id, sender.address, opposite)]
}

/** Where a word puts a message: spam into Junk, ham out of it. */
function moveOf(as: 'spam' | 'ham', row: Pick<MessageRow, 'placed'>, roles: { role: string; id: number }[]): Edit {
  const idOf = (wanted: string) => roles.find(({ role }) => role === wanted)?.id
  const [inbox, junk] = [idOf('inbox'), idOf('junk')]
  const standing = placementsOf(row.placed).map(({ mailboxId }) => mailboxId)
  // The owner may have no Junk mailbox: then nothing moves, and the word is taught all the same.
  if (junk === undefined || inbox === undefined) return {}
  if (as === 'ham') return standing.includes(junk) ? { remove: [junk], add: [inbox], within: junk } : {}
  return standing.length === 1 && standing[0] === junk ? {} : { remove: 'all', add: [junk] }
}

async function teachNow(
  deps: Deps,
  reader: Reader,
  row: MessageRow,
  as: Taught,
  move: Edit,
  listed: Statement[],
): Promise<boolean | Failure> {
  const { accountId } = reader
  const raw = await deps.stores.raw.get(row.raw_key)
  if (!raw) throw new Error(`the raw object ${row.raw_key} is missing`)
  const example = exampleOf(row, featuresOf(await parseMessage(raw.bytes)))
  const counts = recount(accountId, example, as, seconds(deps))
  let isShort = false
  const changed = await changeModel(
    deps,
    accountId,
    (learned) => {
      reteach(learned, example, as)
      isShort = isShortOfHam(learned)
    },
    (write) =>
      changeAll(
        deps,
        reader,
        [row.id],
        { ...move, taught: as },
        {
          holds: ([message]) => message === undefined || message.taught === row.taught,
          statements: [write, ...counts, ...listed],
        },
      ),
  )
  if (as === 'spam' && isShort) deps.background(noteKeptBefore(deps, accountId, row.id, row.from_addr))
  return newsOf(changed)
}

function newsOf(changed: Changed | Failure): boolean | Failure {
  if (isFailure(changed)) return changed
  return changed.notFound.length > 0 ? fail('not-found', 'There is no such message.') : changed.modseq !== null
}

/** The same for many at once: they move now, and are taught soon. */
export async function reportAll(
  deps: Deps,
  reader: Reader,
  ids: number[],
  as: 'spam' | 'ham',
): Promise<Changed | Failure> {
  if (ids.length > REPORTS_MAX) return fail('too-large', `At most ${REPORTS_MAX} messages can be reported in one call.`)
  const roles = await readRoles(deps.stores.of(reader.accountId), reader.accountId, ['inbox', 'junk'])
  const changed = await changeAll(deps, reader, ids, { ...moveAllOf(as, roles), says: as })
  return changed
}

function moveAllOf(as: 'spam' | 'ham', roles: { role: string; id: number }[]): Edit {
  const idOf = (wanted: string) => roles.find(({ role }) => role === wanted)?.id
  const [inbox, junk] = [idOf('inbox'), idOf('junk')]
  if (junk === undefined || inbox === undefined) return {}
  return as === 'spam' ? { remove: 'all', add: [junk] } : { remove: [junk], add: [inbox], within: junk }
}
