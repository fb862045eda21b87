/**
 * What stands in an archive, without unpacking it: the names of a ZIP's first entries and whether they are encrypted, and
 * whether a RAR says that it is. Only the beginning is read.
 *
 * Invariants: at most ENTRIES_MAX entries, never throws; what cannot be read ends the list.
 */
export type ArchiveFacts = {
  names: string[]
  isEncrypted: boolean
  /** Whether the one name is known to be the only one. */
  isOneFile: boolean
}

const ENTRIES_MAX = 20
const NAME_CHARS_MAX = 255
/** The local header of a ZIP entry: 30 bytes before the name. */
const LOCAL_HEADER = 0x04034b50
/** What follows the last entry: the central directory. */
const CENTRAL_HEADER = 0x02014b50
const LOCAL_HEADER_BYTES = 30
const FLAG_ENCRYPTED = 1
/** The sizes stand behind the data: where the next entry begins cannot be known from here. */
const FLAG_SIZES_BEHIND = 8
const RAR_4 = 'Rar!\x1a\x07\x00'
const RAR_5 = 'Rar!\x1a\x07\x01\x00'

export function readArchive(bytes: Uint8Array): ArchiveFacts | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (startsWith(bytes, 'PK\x03\x04')) return readZip(bytes, view)
  if (startsWith(bytes, RAR_5)) return { names: [], isOneFile: false, isEncrypted: isRar5Encrypted(bytes) }
  // The archive header's flags: 0x80 says that even the names are encrypted.
  if (startsWith(bytes, RAR_4)) return { names: [], isOneFile: false, isEncrypted: ((bytes[10] ?? 0) & 0x80) !== 0 }
  return null
}

function readZip(bytes: Uint8Array, view: DataView): ArchiveFacts {
  const facts: ArchiveFacts = { names: [], isEncrypted: false, isOneFile: false }
  let at = 0
  while (at + LOCAL_HEADER_BYTES <= bytes.length && facts.names.length < ENTRIES_MAX) {
    const mark = view.getUint32(at, true)
    facts.isOneFile = mark === CENTRAL_HEADER && facts.names.length === 1
    if (mark !== LOCAL_HEADER) break
    const flags = view.getUint16(at + 6, true)
    const nameLength = view.getUint16(at + 26, true)
    const nameStart = at + LOCAL_HEADER_BYTES
    facts.isEncrypted ||= (flags & FLAG_ENCRYPTED) !== 0
    facts.names.push(text(bytes.subarray(nameStart, nameStart + Math.min(nameLength, NAME_CHARS_MAX))))
    if ((flags & FLAG_SIZES_BEHIND) !== 0) break
    at = nameStart + nameLength + view.getUint16(at + 28, true) + view.getUint32(at + 18, true)
  }
  return facts
}

/** The first block behind the mark: a checksum, its size in 7-bit groups, and its type, where 4 is encryption. */
function isRar5Encrypted(bytes: Uint8Array): boolean {
  let at = RAR_5.length + 4
  for (let group = 0; group < 3 && ((bytes[at] ?? 0) & 0x80) !== 0; group++) at++
  return bytes[at + 1] === 4
}

export function startsWith(bytes: Uint8Array, mark: string): boolean {
  return bytes.length >= mark.length && Array.from(mark).every((char, at) => bytes[at] === char.charCodeAt(0))
}

/** One character a byte: names are judged by their ends, which are ASCII. */
function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes)
}
