/** Bounces and complaints that came by mail and wait to be applied; and finding what they, and providers' events, are about. */
import { type SQL, sql } from 'drizzle-orm'
import { type Database, integers, list } from './database.ts'
import type { MailReportRow, SubmissionRow } from './schema.ts'

/** `message` is the id of the message that it came in, stored in the same batch; negative: of one that is held in quarantine. */
export function noteMailReport(accountId: number, message: SQL, report: string, dueAt: number): SQL {
  return sql`insert into mail_reports (message_id, account_id, report, due_at)
    values (${message}, ${accountId}, ${report}, ${dueAt})`
}

export function readDueReports(db: Database, now: number, limit: number): Promise<MailReportRow[]> {
  return db.all<MailReportRow>(sql`select * from mail_reports where due_at <= ${now} order by due_at limit ${limit}`)
}

/** Puts these off: counted as an attempt before it is made, so that one which ends its run keeps no other from its turn. */
export function claimReports(ids: readonly number[], dueAt: number): SQL {
  return sql`update mail_reports set attempts = attempts + 1, due_at = ${dueAt} where message_id in (${integers(ids)})`
}

export function deleteMailReport(messageId: number): SQL {
  return sql`delete from mail_reports where message_id = ${messageId}`
}

/** The newest submission of an account with one of these Message-IDs that was made at a second or later. */
export function readSubmissionByMessageId(
  db: Database,
  accountId: number,
  messageIds: readonly string[],
  since: number,
): Promise<SubmissionRow | null> {
  if (messageIds.length === 0) return Promise.resolve(null)
  return db.first<SubmissionRow>(sql`select * from submissions where account_id = ${accountId}
    and message_id in (${list(messageIds)}) and created_at >= ${since} order by id desc limit 1`)
}

export type ProvidersRecipient = { account_id: number; submission_id: number; n: number; address: string }

/** Recipients that a provider has taken under one of these ids of its own; at most a call's. */
export function readByProviderId(
  db: Database,
  providers: readonly string[],
  ids: readonly string[],
  limit: number,
): Promise<ProvidersRecipient[]> {
  return db.all<ProvidersRecipient>(sql`select s.account_id, r.submission_id, r.n, r.address
    from submission_recipients r join submissions s on s.id = r.submission_id
    where r.provider_id in (${list(ids)}) and r.provider_id is not null and r.provider in (${list(providers)})
    order by r.submission_id desc, r.n limit ${limit}`)
}
