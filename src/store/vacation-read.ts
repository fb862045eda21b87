/** Reading what an account answers while its owner is away, and whom it has answered. */
import { sql } from 'drizzle-orm'
import type { Database } from './database.ts'
import type { VacationRow } from './schema.ts'

export function readVacation(db: Database, accountId: number): Promise<VacationRow | null> {
  return db.first<VacationRow>(sql`select * from vacations where account_id = ${accountId}`)
}

/** The same with when this sender (folded) was answered last; null: never, or long ago. */
export function readVacationFor(db: Database, accountId: number, sender: string) {
  return db.first<VacationRow & { answered_at: number | null }>(sql`select v.*, a.answered_at from vacations v
    left join vacation_answers a on a.account_id = v.account_id and a.sender = ${sender}
    where v.account_id = ${accountId}`)
}
