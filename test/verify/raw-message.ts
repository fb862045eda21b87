/** A raw message as verification wants it, without the parse of its body. */
import { parseHeaderBlock } from '../../src/mime/headers.ts'
import type { RawMessage } from '../../src/verify/dkim.ts'
import type { DnsAnswer, Resolve } from '../../src/verify/resolve.ts'

/** One byte a character. */
export function rawMessageOf(raw: string | Uint8Array): RawMessage {
  const bytes = typeof raw === 'string' ? Uint8Array.from(raw, (char) => char.charCodeAt(0)) : raw
  const { fields, end, defects } = parseHeaderBlock(bytes)
  return { bytes, fields, bodyStart: end, headerWhole: !defects.includes('header-too-long') }
}

/** Records by `TYPE name`; 'unknown' where DNS does not answer. What is not in the table does not exist. */
export type Zone = { [question: string]: string[] | 'unknown' }

export function tableResolve(zone: Zone, asked: string[] = []): Resolve {
  const table = new Map(Object.entries(zone).map(([question, answer]) => [question.toLowerCase(), answer]))
  return async (name, type): Promise<DnsAnswer> => {
    asked.push(`${type} ${name}`)
    const answer = table.get(`${type} ${name}`.toLowerCase())
    if (answer === 'unknown') return { kind: 'unknown' }
    return answer && answer.length > 0 ? { kind: 'found', records: answer } : { kind: 'none' }
  }
}
