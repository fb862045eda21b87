/**
 * How verify/ asks the DNS: by a function that it is handed. src/dns/ makes the one that asks the real DNS; in tests it is
 * a table.
 */

/**
 * 'none': the DNS was asked, and there is no such name, or no record of this type. 'unknown': it could not be asked, or gave
 * no answer that counts (a timeout, SERVFAIL), and asking later may help.
 */
export type DnsAnswer = { kind: 'found'; records: string[] } | { kind: 'none' } | { kind: 'unknown' }

export type DnsType = 'A' | 'AAAA' | 'MX' | 'TXT' | 'PTR'

/**
 * Asks for the records of one type. The strings of a TXT record come joined, an MX record as 'preference host', names
 * without a final dot. Never throws.
 */
export type Resolve = (name: string, type: DnsType) => Promise<DnsAnswer>
