/**
 * Files of suppressions: CSV with a row of names, or a bare list of addresses, or JSON, one object a line. What is exported
 * can be imported, and so can the lists of other senders, whose columns and reasons are known by their usual names.
 */
import { z } from '@hono/zod-openapi'
import type { Suppression, WantedSuppression } from '../../outbound/suppressions.ts'
import { type CsvRecord, csvLine, readCsv } from './csv.ts'
import { formatOptionalTime, formatTime } from './schemas.ts'

export const SUPPRESSION_FORMATS = { csv: 'text/csv', jsonl: 'application/x-ndjson' } as const
export type SuppressionFormat = keyof typeof SUPPRESSION_FORMATS

export type LineError = { line: number; detail: string }
export type ReadLine = { line: number; wanted: WantedSuppression }

type Fields = { [Name in (typeof COLUMNS)[number]]?: string | null }

const COLUMNS = ['address', 'reason', 'detail', 'created_at', 'expires_at'] as const
const ALIASES: Readonly<Record<string, (typeof COLUMNS)[number]>> = {
  email: 'address',
  email_address: 'address',
  emailaddress: 'address',
  recipient: 'address',
  suppressionreason: 'reason',
  created: 'created_at',
  createdat: 'created_at',
  description: 'detail',
  error: 'detail',
}
const REASONS: readonly [RegExp, Suppression['reason']][] = [
  [/complain|spam|abuse/i, 'complaint'],
  [/bounce/i, 'bounce'],
  [/^(?:manual|unsubscribe)/i, 'manual'],
]
const MESSAGES = {
  fields: 'must be a JSON object with text in address, reason, detail, created_at, expires_at',
  address: 'has no address',
  reason: 'reason must be bounce, complaint or manual',
}

/** Never throws. More lines than `linesMax` are not read: `isCut` says so. */
export function readSuppressionFile(
  text: string,
  format: SuppressionFormat,
  linesMax: number,
): { lines: ReadLine[]; errors: LineError[]; isCut: boolean } {
  const rows = format === 'csv' ? fromCsv(text, linesMax + 2) : fromJsonLines(text, linesMax + 1)
  const lines: ReadLine[] = []
  const errors: LineError[] = []
  for (const { line, fields } of rows.slice(0, linesMax)) {
    const wanted = fields ? wantedOf(fields) : MESSAGES.fields
    if (typeof wanted === 'string') errors.push({ line, detail: wanted })
    else lines.push({ line, wanted })
  }
  return { lines, errors, isCut: rows.length > linesMax }
}

export function writeSuppressions(rows: readonly Suppression[], format: SuppressionFormat): string {
  const fieldsOf = (row: Suppression) => ({
    address: row.address,
    reason: row.reason,
    detail: row.detail,
    created_at: formatTime(row.created_at),
    expires_at: formatOptionalTime(row.expires_at),
  })
  if (format === 'jsonl') return rows.map((row) => `${JSON.stringify(fieldsOf(row))}\n`).join('')
  return rows.map((row) => csvLine(COLUMNS.map((name) => fieldsOf(row)[name]))).join('')
}

/** What stands before the first row. */
export function headOf(format: SuppressionFormat): string {
  return format === 'csv' ? csvLine(COLUMNS) : ''
}

type Row = { line: number; fields: Fields | null }

function fromCsv(text: string, recordsMax: number): Row[] {
  const [first, ...rest] = readCsv(text.replace(/^\ufeff/, ''), recordsMax)
  if (!first) return []
  const names = first.fields.map(columnOf)
  if (names.includes('address')) return rest.map((record) => ({ line: record.line, fields: named(record, names) }))
  return [first, ...rest].map(({ line, fields: [address] }) => ({ line, fields: { address: address ?? '' } }))
}

function columnOf(name: string): (typeof COLUMNS)[number] | null {
  const key = name.trim().toLowerCase().replaceAll(/[ -]/g, '_')
  return COLUMNS.find((column) => column === key) ?? ALIASES[key] ?? null
}

function named({ fields }: CsvRecord, names: readonly ((typeof COLUMNS)[number] | null)[]): Fields {
  const entries = names.flatMap((name, i) => (name === null ? [] : [[name, fields[i] ?? ''] as const]))
  return Object.fromEntries(entries)
}

const jsonFields = z.object(Object.fromEntries(COLUMNS.map((name) => [name, z.string().nullable().optional()])))

function fromJsonLines(text: string, linesMax: number): Row[] {
  const rows: Row[] = []
  let line = 0
  for (const one of text.split('\n')) {
    line++
    if (one.trim() === '') continue
    if (rows.length === linesMax) break
    rows.push({ line, fields: jsonRow(one) })
  }
  return rows
}

function jsonRow(text: string): Fields | null {
  try {
    const parsed = jsonFields.safeParse(JSON.parse(text))
    return parsed.success ? (parsed.data as Fields) : null
  } catch {
    return null
  }
}

function wantedOf({ address, reason, detail, created_at, expires_at }: Fields): WantedSuppression | string {
  if (!address) return MESSAGES.address
  const known = reason ? REASONS.find(([pattern]) => pattern.test(reason))?.[1] : 'manual'
  if (known === undefined) return MESSAGES.reason
  const createdAt = secondOf(created_at)
  const expiresAt = secondOf(expires_at)
  if (createdAt === undefined || expiresAt === undefined) return 'times must be RFC 3339, such as 2026-03-01T12:00:00Z'
  return {
    address,
    reason: known,
    detail: detail || null,
    expiresAt,
    ...(createdAt === null ? {} : { createdAt }),
  }
}

/** Null where there is none, undefined where it cannot be read. */
function secondOf(text: string | null | undefined): number | null | undefined {
  if (!text) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) || ms < 0 ? undefined : Math.floor(ms / 1000)
}
