/**
 * DNS messages (RFC 1035 §4): a question into bytes, an answer out of them. Wire format rather than a resolver's JSON, since
 * there the bytes of a TXT record are what they are, without a second way of quoting them.
 *
 * An answer is as hostile as who made it: each read stays within the bytes, and no chain of pointers or aliases is followed
 * further than a limit. What breaks the format reads as null.
 */
import type { DnsType } from '../verify/resolve.ts'

export type Reply = {
  /** RFC 1035 §4.1.1: 0 is an answer, 3 no such name. */
  responseCode: number
  records: string[]
  /** How long the answer may be kept; of one that says "none", what its SOA allows (RFC 2308 §5). */
  ttlSeconds: number
}

const TYPE_CODES: Record<DnsType, number> = { A: 1, PTR: 12, MX: 15, TXT: 16, AAAA: 28 }
const [CNAME, SOA, CLASS_IN] = [5, 6, 1]
const HEADER_BYTES = 12
/** RFC 1035 §2.3.4. */
const LABEL_BYTES_MAX = 63
const NAME_BYTES_MAX = 255
/** Pointers in one name. */
const POINTERS_MAX = 20
/** Records read of one answer. */
const RECORDS_MAX = 200
/** Aliases on the way to the records. */
const ALIASES_MAX = 10

/** The query for one name; null for what is no name. Its id is 0, so that equal questions are equal requests (RFC 8484 §4.1). */
export function writeQuery(name: string, type: DnsType): Uint8Array | null {
  const labels = labelsOf(name)
  if (!labels) return null
  // Recursion is desired.
  const bytes = [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
  for (const label of labels) bytes.push(label.length, ...label)
  bytes.push(0, 0, TYPE_CODES[type], 0, CLASS_IN)
  return Uint8Array.from(bytes)
}

function labelsOf(name: string): Uint8Array[] | null {
  const labels = name
    .replace(/\.$/, '')
    .split('.')
    .map((label) => new TextEncoder().encode(label))
  const size = labels.reduce((sum, label) => sum + label.length + 1, 1)
  const isName = labels.every((label) => label.length > 0 && label.length <= LABEL_BYTES_MAX)
  return isName && size <= NAME_BYTES_MAX ? labels : null
}

/** The records of this type at the end of the name's aliases. Null where the bytes are no DNS answer. */
export function readReply(bytes: Uint8Array, name: string, type: DnsType): Reply | null {
  try {
    return readMessage(new Reader(bytes), name.replace(/\.$/, '').toLowerCase(), type)
  } catch (error) {
    if (error instanceof Malformed) return null
    throw error
  }
}

class Malformed extends Error {}

type Resource = { owner: string; type: number; ttlSeconds: number; at: number; length: number }

function readMessage(reader: Reader, name: string, type: DnsType): Reply {
  reader.at = 2
  const [flags, questions, answers, authorities] = [reader.u16(), reader.u16(), reader.u16(), reader.u16()]
  reader.at = HEADER_BYTES
  if ((flags & 0x8000) === 0 || questions > 1) throw new Malformed()
  for (let i = 0; i < questions; i++) {
    reader.name()
    reader.at += 4
  }
  const answer = readResources(reader, answers)
  const records = followAliases(reader, answer, name, TYPE_CODES[type])
  const kept = records.length > 0 ? answer : readResources(reader, authorities).filter((one) => one.type === SOA)
  return {
    responseCode: flags & 15,
    records: records.map((record) => readData(reader, record, type)),
    ttlSeconds: Math.min(...kept.map((one) => (one.type === SOA ? negativeTtl(reader, one) : one.ttlSeconds)), 2 ** 31),
  }
}

function readResources(reader: Reader, count: number): Resource[] {
  if (count > RECORDS_MAX) throw new Malformed()
  return Array.from({ length: count }, () => {
    const owner = reader.name()
    const [type, , high, low, length] = [reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16()]
    const at = reader.at
    reader.at += length
    if (reader.at > reader.bytes.length) throw new Malformed()
    return { owner, type, ttlSeconds: high * 65_536 + low, at, length }
  })
}

function followAliases(reader: Reader, answer: Resource[], name: string, type: number): Resource[] {
  let owner = name
  for (let i = 0; i <= ALIASES_MAX; i++) {
    const records = answer.filter((one) => one.owner === owner && one.type === type)
    const alias = answer.find((one) => one.owner === owner && one.type === CNAME)
    if (records.length > 0 || !alias) return records
    reader.at = alias.at
    owner = reader.name()
  }
  return []
}

function readData(reader: Reader, { at, length }: Resource, type: DnsType): string {
  reader.at = at
  switch (type) {
    case 'A':
      return [...reader.take(4)].join('.')
    case 'AAAA': {
      const groups = Array.from({ length: 8 }, () => reader.u16().toString(16))
      return groups.join(':')
    }
    case 'MX':
      return `${reader.u16()} ${reader.name()}`
    case 'PTR':
      return reader.name()
    case 'TXT': {
      let text = ''
      while (reader.at < at + length) text += latin1(reader.take(reader.u8()))
      return text
    }
  }
}

/** RFC 2308 §5: the smaller of the SOA's own time and its last field. */
function negativeTtl(reader: Reader, { at, length, ttlSeconds }: Resource): number {
  if (length < 4) throw new Malformed()
  reader.at = at + length - 4
  return Math.min(ttlSeconds, reader.u16() * 65_536 + reader.u16())
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}

/** A cursor over the message. Reading beyond its end throws. */
class Reader {
  at = 0
  readonly bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  u8(): number {
    const byte = this.bytes[this.at++]
    if (byte === undefined) throw new Malformed()
    return byte
  }

  u16(): number {
    return this.u8() * 256 + this.u8()
  }

  take(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new Malformed()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  /** A name, in lower case and without its final dot, which may end in a pointer to an earlier one (RFC 1035 §4.1.4). */
  name(): string {
    const labels: string[] = []
    let after: number | null = null
    let size = 0
    for (let pointers = 0; ; ) {
      const length = this.u8()
      if (length === 0) break
      if (length >= 0xc0) {
        const target: number = (length & 0x3f) * 256 + this.u8()
        after ??= this.at
        if (++pointers > POINTERS_MAX) throw new Malformed()
        this.at = target
        continue
      }
      size += length + 1
      if (length > LABEL_BYTES_MAX || size > NAME_BYTES_MAX) throw new Malformed()
      labels.push(latin1(this.take(length)))
    }
    if (after !== null) this.at = after
    return labels.join('.').toLowerCase()
  }
}
