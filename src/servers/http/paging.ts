/** Lists in pages: one more than asked for is read, so that `has_more` is known without counting. */
import type { Deps } from '../../deps.ts'
import { type Binding, openCursor, type Position, sealCursor } from './cursor.ts'

export type PageQuery = { cursor?: string | undefined; limit: number }
export type Page<Item> = { data: Item[]; has_more: boolean; next_cursor: string | null }

export type PagedList<Row, Item> = {
  /** Whose list, which, and its filter. */
  binding: Binding
  /** Rows above the id `after`, in id order. */
  read(after: number, limit: number): Promise<Row[]>
  render(row: Row): Item
}

/** A page of a list in id order. */
export function readPage<Row extends { id: number }, Item>(
  deps: Deps,
  query: PageQuery,
  list: PagedList<Row, Item>,
): Promise<Page<Item>> {
  return readPageBy<Row, number, Item>(deps, query, { ...list, start: 0, positionOf: (row) => row.id })
}

export type PagedListBy<Row, At extends Position, Item> = Omit<PagedList<Row, Item>, 'read'> & {
  /** Before every row. */
  start: At
  read(after: At, limit: number): Promise<Row[]>
  positionOf(row: Row): At
}

/** A page of a list in another order. */
export async function readPageBy<Row, At extends Position, Item>(
  deps: Deps,
  query: PageQuery,
  list: PagedListBy<Row, At, Item>,
): Promise<Page<Item>> {
  const after = query.cursor === undefined ? list.start : ((await openCursor(deps, list.binding, query.cursor)) as At)
  const rows = await list.read(after, query.limit + 1)
  const shown = rows.slice(0, query.limit)
  const last = shown.at(-1)
  const next = rows.length > shown.length && last ? await sealCursor(deps, list.binding, list.positionOf(last)) : null
  return { data: shown.map(list.render), has_more: next !== null, next_cursor: next }
}
