import type { DnsAnswer, Resolve } from '../../src/verify/resolve.ts'

/** A name's A records, or how asking for it fails. */
export type DnsTable = Record<string, string[] | 'unknown' | 'hangs'>

/** A DNS that knows these addresses and no others, can be asked for nothing else, and tells which it was asked for. */
export function tableDns(table: DnsTable): { resolve: Resolve; asked: string[] } {
  const asked: string[] = []
  const resolve: Resolve = (name, type) => {
    if (type !== 'A') return Promise.resolve({ kind: 'unknown' })
    asked.push(name)
    const entry = table[name]
    if (entry === 'hangs') return new Promise<DnsAnswer>(() => {})
    if (entry === 'unknown') return Promise.resolve({ kind: 'unknown' })
    return Promise.resolve(entry ? { kind: 'found', records: entry } : { kind: 'none' })
  }
  return { resolve, asked }
}

/** The test entries of a zone that works. */
export function working(kind: 'ip' | 'domain', zone: string): DnsTable {
  return kind === 'ip' ? { [`2.0.0.127.${zone}`]: ['127.0.0.2'] } : { [`test.${zone}`]: ['127.0.1.2'] }
}
