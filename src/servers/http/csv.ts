/**
 * CSV (RFC 4180), read and written. A field that a spreadsheet would take for a formula is written with an apostrophe before
 * it, and read without: what a remote server said stands in these fields.
 */
export type CsvRecord = { line: number; fields: string[] }

const FORMULA = /^[=+\-@\t\r]/
const GUARDED = /^'(?=[=+\-@\t\r])/
const QUOTED = /[",\r\n]/

export function csvLine(fields: readonly (string | null)[]): string {
  return `${fields.map((field) => written(field ?? '')).join(',')}\r\n`
}

function written(field: string): string {
  const safe = FORMULA.test(field) ? `'${field}` : field
  return QUOTED.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The records, each with the line that it begins in, from 1. Blank lines are none. Never throws; at most `recordsMax`. */
export function readCsv(text: string, recordsMax: number): CsvRecord[] {
  const records: CsvRecord[] = []
  let line = 1
  let record: CsvRecord = { line, fields: [] }
  const end = () => {
    if (record.fields.length > 1 || record.fields[0]?.trim()) records.push(record)
    record = { line, fields: [] }
  }
  // A field, quoted or not, and what ends it. Each match begins where the last one ended, so it is linear.
  const field = /(?:"((?:[^"]|"")*)"?([^,\r\n]*)|([^,\r\n]*))(,|\r\n|\r|\n|$)/gy
  for (let match = field.exec(text); match && records.length < recordsMax; match = field.exec(text)) {
    const [whole, quoted, rest = '', plain = '', ending] = match
    const value = quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"') + rest.trim()
    record.fields.push(value.replace(GUARDED, ''))
    line += whole.match(/\r\n|\r|\n/g)?.length ?? 0
    if (ending !== ',') end()
    if (ending === '') break
  }
  return records
}
