/**
 * The plan of a change: from the messages and the rows that count them, every row as it will be. Pure.
 */
import type { Said, SaidOf } from '../events.ts'
import type { ChangeableRow, CountKeys, Counts } from '../store/change-read.ts'
import type { ChangeRows } from '../store/change-write.ts'
import { UIDS_PER_PAGE } from '../store/message-write.ts'
import { isNewsOf, saidByMove } from './change-said.ts'
import { FLAGGED, SEEN } from './flags.ts'

export type Edit = {
  /** Flag bits to set and to clear. */
  set?: number
  clear?: number
  addKeywords?: string[]
  removeKeywords?: string[]
  /** Mailboxes to place into and to take out of; 'all' with `add` is a move. */
  add?: number[]
  remove?: number[] | 'all'
  /** \Deleted in one mailbox. */
  deleted?: { mailboxId: number; value: boolean }
  destroy?: boolean
  /** Where a message goes that would otherwise stand in no mailbox, and be destroyed. */
  rescue?: number
  /** With a move: a message that stands in the target already is destroyed instead. */
  destroyInTarget?: boolean
  /** Only what stands in this mailbox is placed and taken out; the rest of the edit is for all. */
  within?: number
  /** What the account's model is taught of the messages in this very batch (junk/report.ts); null: it is taken back. */
  taught?: SaidOf | null
  /** What is said of the messages, wherever they stand: the event carries it to who teaches. */
  says?: keyof Said
}

/** A newest message that only the database can tell. */
const UNKNOWN = -1
/** Keywords of one message: a row's share of what a list reads. */
export const KEYWORDS_MAX = 100

/** [mailbox, uid] or [mailbox, uid, 1] where \Deleted. */
type Placed = [number, number] | [number, number, 1]

type State = { accountId: number; modseq: number; generation: number; messages: ChangeableRow[]; counts: Counts }

/** Whether the edit can change a count: flags other than \Seen stand in no counting row. */
function isCounted(edit: Edit): boolean {
  const bits = (edit.set ?? 0) | (edit.clear ?? 0)
  return (bits & SEEN) !== 0 || !!edit.add || !!edit.remove || !!edit.deleted || !!edit.destroy
}

/** Which counting rows the plan will need. */
export function planKeys(messages: ChangeableRow[], edit: Edit): CountKeys {
  if (!isCounted(edit)) return { mailboxIds: [], grown: [], threads: [], pages: [] }
  const targets = [...(edit.add ?? []), ...(edit.rescue === undefined ? [] : [edit.rescue])]
  const mailboxIds = new Set(targets)
  const threads = new Map<string, [number, number]>()
  const pages = new Map<string, [number, number]>()
  for (const message of messages) {
    for (const [mailboxId, uid] of placedOf(message)) {
      mailboxIds.add(mailboxId)
      threads.set(`${mailboxId}/${message.thread_id}`, [mailboxId, message.thread_id])
      if (takesOut(edit, mailboxId)) {
        const page = Math.floor(uid / UIDS_PER_PAGE)
        pages.set(`${mailboxId}/${page}`, [mailboxId, page])
      }
    }
    for (const mailboxId of targets) threads.set(`${mailboxId}/${message.thread_id}`, [mailboxId, message.thread_id])
  }
  return {
    mailboxIds: [...mailboxIds],
    grown: targets,
    threads: [...threads.values()],
    pages: [...pages.values()],
  }
}

/** The rows to write, or null where nothing would change. */
export function planChange(state: State, edit: Edit, now: number): ChangeRows | null {
  const plan = new Plan(state, now)
  for (const message of state.messages) plan.edit(message, edit)
  return plan.finish(edit)
}

class Plan {
  readonly #state: State
  readonly #rows: ChangeRows
  readonly #touchedThreads = new Set<string>()
  /** Conversations whose newest message is taken out. */
  readonly #lostNewest = new Set<string>()
  readonly #touchedPages = new Set<string>()
  readonly #touchedMailboxes = new Set<number>()
  readonly #said: Said = {}

  constructor(state: State, now: number) {
    this.#state = state
    this.#rows = {
      accountId: state.accountId,
      expected: state.modseq,
      generation: state.generation,
      usedBytes: 0,
      messages: [],
      destroyed: [],
      relocated: [],
      removed: [],
      placed: [],
      mailboxes: [],
      threads: [],
      pages: [],
      vanished: [],
      buriedAt: now,
      event: '',
    }
  }

  edit(message: ChangeableRow, wanted: Edit): void {
    const before = placedOf(message)
    const edit = narrowed(wanted, before)
    if (edit.destroyInTarget && before.some(([mailboxId]) => edit.add?.includes(mailboxId))) {
      this.#destroy(message, before)
      return
    }
    const flags = (message.flags | (edit.set ?? 0)) & ~(edit.clear ?? 0)
    const keywords = editKeywords(message.keywords, edit)
    const kept = before.filter(([mailboxId]) => !takesOut(edit, mailboxId))
    const targets = targetsOf(edit, kept)
    // A move onto the mailbox where it stands leaves it there, with its UID.
    const stays = before.filter(([mailboxId]) => targets.includes(mailboxId))
    const gone = before.filter((one) => !kept.includes(one) && !stays.includes(one))
    const added = targets.filter((id) => !stays.some(([mailboxId]) => mailboxId === id))
    const remaining = [...kept, ...stays].map((one) => editDeleted(one, edit))
    if (remaining.length + added.length === 0) {
      this.#destroy(message, before)
      return
    }
    const deletedChanged = remaining.some((one) => !before.some((old) => old[0] === one[0] && old[2] === one[2]))
    const moved = gone.length > 0 || added.length > 0
    const taught = edit.taught === undefined ? message.taught : edit.taught
    const isNews = isNewsOf(message.taught, edit.says) || taught !== message.taught
    if (flags === message.flags && keywords === message.keywords && !moved && !deletedChanged && !isNews) return
    const fresh = added.map((mailboxId): Placed => [mailboxId, this.#nextUid(mailboxId)])
    for (const one of gone) this.#takeOut(message, one)
    for (const one of fresh) this.#putIn(message, flags, one)
    for (const one of remaining) this.#reflag(message, flags, one, before)
    this.#writePlacements(message, flags, gone, fresh)
    const after = [...remaining, ...fresh]
    this.#rows.messages.push([message.id, flags, keywords, JSON.stringify(after), taught ?? ''])
    if (edit.taught === undefined || edit.says === 'nothing') this.#hear(message, edit, before, after)
  }

  // What is taught in this very batch is not said once more; that what was said before is taken back, is.
  #hear(message: ChangeableRow, edit: Edit, before: Placed[], after: Placed[]): void {
    const roleOf = ([mailboxId]: Placed) => this.#state.counts.mailboxes.get(mailboxId)?.role
    const said = isNewsOf(message.taught, edit.says) ? edit.says : saidByMove(before.map(roleOf), after.map(roleOf))
    if (said === undefined) return
    const ids = this.#said[said] ?? []
    ids.push(message.id)
    this.#said[said] = ids
  }

  finish(edit: Edit): ChangeRows | null {
    const rows = this.#rows
    if (rows.messages.length === 0 && rows.destroyed.length === 0) return null
    const { mailboxes, threads, pages } = this.#state.counts
    for (const id of this.#touchedMailboxes) {
      const box = present(mailboxes.get(id))
      rows.mailboxes.push([
        id,
        box.uid_next,
        box.total,
        box.unread,
        box.deleted,
        box.bytes,
        box.threads,
        box.unread_threads,
      ])
    }
    for (const key of this.#touchedThreads) {
      const thread = present(threads.get(key))
      const newest = thread.n > 0 && this.#lostNewest.has(key) ? UNKNOWN : thread.newest
      rows.threads.push([thread.mailbox_id, thread.thread_id, thread.n, thread.unread, newest])
    }
    for (const key of this.#touchedPages) {
      const page = present(pages.get(key))
      rows.pages.push([page.mailbox_id, page.page, page.n, page.live])
    }
    rows.event = JSON.stringify(eventOf(rows, edit, this.#said))
    return rows
  }

  #destroy(message: ChangeableRow, before: Placed[]): void {
    for (const one of before) this.#takeOut(message, one)
    this.#rows.removed.push(...before.map(([mailboxId]): [number, number] => [mailboxId, message.id]))
    this.#rows.destroyed.push([message.id, message.raw_key, message.address_id ?? 0])
    this.#rows.usedBytes -= message.size
  }

  // A message that leaves one mailbox for another keeps its row: one update instead of a delete and an insert. The
  // flags are the same, or are written by the statement that follows.
  #writePlacements(message: ChangeableRow, flags: number, gone: Placed[], fresh: Placed[]): void {
    const movable = flags === message.flags ? gone.filter(([, , deleted]) => deleted !== 1) : []
    const pairs = Math.min(movable.length, fresh.length)
    for (const [i, [from]] of movable.slice(0, pairs).entries()) {
      const [to, uid] = present(fresh[i])
      this.#rows.relocated.push([from, message.id, to, uid])
    }
    const removed = gone.filter((one) => !movable.slice(0, pairs).includes(one))
    this.#rows.removed.push(...removed.map(([mailboxId]): [number, number] => [mailboxId, message.id]))
    for (const [mailboxId, uid] of fresh.slice(pairs)) {
      this.#rows.placed.push([mailboxId, message.id, uid, unreadOf(flags), flaggedOf(flags), 0, message.thread_id])
    }
  }

  #nextUid(mailboxId: number): number {
    const box = present(this.#state.counts.mailboxes.get(mailboxId))
    return box.uid_next++
  }

  #takeOut(message: ChangeableRow, [mailboxId, uid, deleted]: Placed): void {
    this.#count(message, mailboxId, -1, -unreadOf(message.flags), deleted ? -1 : 0)
    const page = this.#page(mailboxId, uid)
    const at = uid % UIDS_PER_PAGE
    page.live = `${page.live.slice(0, at)}0${page.live.slice(at + 1)}`
    page.n--
    this.#rows.vanished.push([mailboxId, uid])
  }

  #putIn(message: ChangeableRow, flags: number, [mailboxId, uid]: Placed): void {
    this.#count(message, mailboxId, 1, unreadOf(flags), 0)
    const page = this.#page(mailboxId, uid)
    page.live = `${page.live.padEnd(uid % UIDS_PER_PAGE, '0')}1`
    page.n++
  }

  #reflag(message: ChangeableRow, flags: number, one: Placed, before: Placed[]): void {
    const [mailboxId, uid, deleted] = one
    const old = before.find(([id]) => id === mailboxId)
    const unreadDelta = unreadOf(flags) - unreadOf(message.flags)
    const deletedDelta = (deleted ?? 0) - (old?.[2] ?? 0)
    const flaggedDelta = flaggedOf(flags) - flaggedOf(message.flags)
    if (unreadDelta === 0 && deletedDelta === 0 && flaggedDelta === 0) return
    if (unreadDelta !== 0 || deletedDelta !== 0) this.#count(message, mailboxId, 0, unreadDelta, deletedDelta)
    this.#rows.placed.push([
      mailboxId,
      message.id,
      uid,
      unreadOf(flags),
      flaggedOf(flags),
      deleted ?? 0,
      message.thread_id,
    ])
  }

  #count(message: ChangeableRow, mailboxId: number, n: number, unread: number, deleted: number): void {
    const box = present(this.#state.counts.mailboxes.get(mailboxId))
    box.total += n
    box.unread += unread
    box.deleted += deleted
    box.bytes += n * message.size
    this.#touchedMailboxes.add(mailboxId)
    if (n === 0 && unread === 0) return
    const thread = this.#thread(mailboxId, message.thread_id)
    if (n > 0) thread.newest = Math.max(thread.newest, message.id)
    if (n < 0 && message.id === thread.newest) this.#lostNewest.add(`${mailboxId}/${message.thread_id}`)
    const [hadAny, hadUnread] = [thread.n > 0, thread.unread > 0]
    thread.n += n
    thread.unread += unread
    box.threads += Number(thread.n > 0) - Number(hadAny)
    box.unread_threads += Number(thread.unread > 0) - Number(hadUnread)
  }

  #thread(mailboxId: number, threadId: number) {
    const key = `${mailboxId}/${threadId}`
    this.#touchedThreads.add(key)
    const { threads } = this.#state.counts
    const found = threads.get(key) ?? { mailbox_id: mailboxId, thread_id: threadId, n: 0, unread: 0, newest: 0 }
    threads.set(key, found)
    return found
  }

  #page(mailboxId: number, uid: number) {
    const page = Math.floor(uid / UIDS_PER_PAGE)
    const key = `${mailboxId}/${page}`
    this.#touchedPages.add(key)
    const { pages } = this.#state.counts
    const found = pages.get(key) ?? { mailbox_id: mailboxId, page, n: 0, live: '' }
    pages.set(key, found)
    return found
  }
}

function placedOf(message: ChangeableRow): Placed[] {
  return JSON.parse(message.placed) as Placed[]
}

function takesOut(edit: Edit, mailboxId: number): boolean {
  return edit.destroy === true || edit.remove === 'all' || (edit.remove?.includes(mailboxId) ?? false)
}

function narrowed(edit: Edit, before: Placed[]): Edit {
  if (edit.within === undefined || before.some(([mailboxId]) => mailboxId === edit.within)) return edit
  const { add: _, remove: __, ...rest } = edit
  return rest
}

function targetsOf(edit: Edit, kept: Placed[]): number[] {
  if (edit.destroy) return []
  const added = [...new Set(edit.add)].filter((id) => !kept.some(([mailboxId]) => mailboxId === id))
  return kept.length + added.length === 0 && edit.rescue !== undefined ? [edit.rescue] : added
}

function editDeleted(one: Placed, edit: Edit): Placed {
  if (edit.deleted?.mailboxId !== one[0]) return one
  return edit.deleted.value ? [one[0], one[1], 1] : [one[0], one[1]]
}

function editKeywords(json: string, edit: Edit): string {
  if (!edit.addKeywords?.length && !edit.removeKeywords?.length) return json
  return JSON.stringify(keywordsAfter(json, edit).sort())
}

/** Whether the edit would leave a message with more keywords than it may have. */
export function hasTooManyKeywords(message: ChangeableRow, edit: Edit): boolean {
  return edit.addKeywords !== undefined && keywordsAfter(message.keywords, edit).length > KEYWORDS_MAX
}

function keywordsAfter(json: string, edit: Edit): string[] {
  const removed = new Set(edit.removeKeywords)
  const kept = (JSON.parse(json) as string[]).filter((keyword) => !removed.has(keyword))
  return [...new Set([...kept, ...(edit.addKeywords ?? [])])]
}

function unreadOf(flags: number): number {
  return flags & SEEN ? 0 : 1
}

function flaggedOf(flags: number): number {
  return flags & FLAGGED ? 1 : 0
}

// A move names its messages; other changes are only counted. What either says of messages, junk/ learns from.
function eventOf(rows: ChangeRows, edit: Edit, said: Said) {
  const modseq = rows.expected + 1
  if (rows.messages.length === 0) return { type: 'messages.destroyed', count: rows.destroyed.length, modseq }
  const target = edit.add?.[0] ?? edit.rescue
  const taught = edit.taught ? { taught: rows.messages.length } : {}
  const told = { ...(Object.keys(said).length > 0 ? { said } : {}), ...taught }
  if (target === undefined) return { type: 'messages.changed', count: rows.messages.length, modseq, ...told }
  return { type: 'messages.moved', messages: rows.messages.map(([id]) => id), mailbox: target, modseq, ...told }
}

// What planKeys asked for and the guard keeps true is there; anything else is a broken database, never a silent default.
function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('a row that the plan needs is missing')
  return value
}
