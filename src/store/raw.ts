/**
 * Raw messages in R2: one immutable object a message, never shared, with the envelope beside it.
 *
 * The object is the receipt: it is written before anything else is tried, and whoever finds it (the pending queue, the
 * sweep) can file the message from it alone. Key: raw/<yyyy-mm-dd>/<account>/<receipt id>, so that the sweep lists days
 * and not the bucket.
 */

/** Everything about a receipt that is not in its bytes. */
export type Receipt = {
  key: string
  accountId: number
  addressId: number | null
  /** The envelope sender, '' for the null sender. */
  from: string
  /** The envelope recipient as it was given. */
  to: string
  receivedAtMs: number
  /** Which way it came. Only what Email Routing handed over may carry trusted headers; 'local' is what an account of this server sent. */
  source: ReceiptSource
  sha256: string
}

export type ReceiptSource = 'email-routing' | 'import' | 'local'

/** An object that a listing found. `receipt` is null where the metadata is not ours. */
export type ListedRaw = { key: string; uploadedMs: number; receipt: Receipt | null }

/** R2 keeps 8 KB of metadata an object: each address may take a quarter of it, percent-encoded. */
const ADDRESS_BYTES_MAX = 2_000
const LIST_PAGE = 1_000
/** What a Date can hold. */
const RECEIVED_MS = /^\d{1,15}$/
const DAY_MS = 86_400_000

/** The key of a new receipt. `id` is any unique token without slashes. */
export function rawKey(accountId: number, receivedAtMs: number, id: string): string {
  return `${dayPrefix(receivedAtMs)}${accountId}/${id}`
}

/** The key of what was appended. No sweep files it: an object without a message is what a failed append has left. */
export function appendedKey(accountId: number, nowMs: number, id: string): string {
  return `appended/${new Date(nowMs).toISOString().slice(0, 10)}/${accountId}/${id}`
}

/** What the keys of bytes that are only to be sent begin with. */
export const OUTGOING = 'outgoing/'

/** The key of the bytes that wait to be sent: an object of their own, so that the copy in Sent may go. No sweep files it. */
export function outgoingKey(accountId: number, nowMs: number, id: string): string {
  return `${OUTGOING}${new Date(nowMs).toISOString().slice(0, 10)}/${accountId}/${id}`
}

/** The account that a key names, or null where it is no key of ours. */
export function accountOfKey(key: string): number | null {
  const match = /^raw\/\d{4}-\d\d-\d\d\/(\d{1,16})\/[^/]+$/.exec(key)
  return match ? Number(match[1]) : null
}

/** The prefixes of the day of `nowMs` and the days before it, oldest first. */
export function dayPrefixes(nowMs: number, days: number): string[] {
  return Array.from({ length: days }, (_, back) => dayPrefix(nowMs - back * DAY_MS)).reverse()
}

export function dayPrefix(ms: number): string {
  return `raw/${new Date(ms).toISOString().slice(0, 10)}/`
}

export class RawStore {
  readonly #bucket: R2Bucket

  constructor(bucket: R2Bucket) {
    this.#bucket = bucket
  }

  /** Writes a new object. Throws where R2 fails; the object may exist all the same, and the sweep then finds it. */
  async put(receipt: Receipt, bytes: Uint8Array): Promise<void> {
    await this.#bucket.put(receipt.key, bytes, { customMetadata: toMetadata(receipt) })
  }

  /** Writes an object that is no receipt: what was appended, or waits to be sent. Writing it again changes nothing. */
  async putBytes(key: string, bytes: Uint8Array): Promise<void> {
    await this.#bucket.put(key, bytes)
  }

  /** The receipt and its bytes, or null where there is no such object. */
  async get(key: string): Promise<{ receipt: Receipt | null; bytes: Uint8Array } | null> {
    const object = await this.#bucket.get(key)
    if (!object) return null
    return { receipt: fromMetadata(key, object.customMetadata), bytes: new Uint8Array(await object.arrayBuffer()) }
  }

  /** The size and the receipt of an object without its bytes, or null where there is no such object. */
  async head(key: string): Promise<{ size: number; receipt: Receipt | null } | null> {
    const object = await this.#bucket.head(key)
    return object && { size: object.size, receipt: fromMetadata(key, object.customMetadata) }
  }

  /** Bytes [start, end) of an object, or null where there is no such object. */
  async range(key: string, start: number, end: number): Promise<Uint8Array | null> {
    if (end <= start) return new Uint8Array()
    const object = await this.#bucket.get(key, { range: { offset: start, length: end - start } })
    return object ? new Uint8Array(await object.arrayBuffer()) : null
  }

  /** Bytes [start, end) as a stream. */
  async stream(key: string, start: number, end: number): Promise<ReadableStream<Uint8Array> | null> {
    if (end <= start) return new Blob([]).stream()
    const object = await this.#bucket.get(key, { range: { offset: start, length: end - start } })
    return object ? object.body : null
  }

  /** Deletes up to 1,000 objects. A key that does not exist is no error. */
  async delete(keys: string[]): Promise<void> {
    if (keys.length > 0) await this.#bucket.delete(keys)
  }

  /** A page of a prefix, in key order, after the key `after`. `last` is null where nothing follows. */
  async list(prefix: string, after: string | null): Promise<{ objects: ListedRaw[]; last: string | null }> {
    const page = await this.#bucket.list({
      prefix,
      limit: LIST_PAGE,
      include: ['customMetadata'],
      ...(after === null ? {} : { startAfter: after }),
    })
    const objects = page.objects.map((object) => ({
      key: object.key,
      uploadedMs: object.uploaded.getTime(),
      receipt: fromMetadata(object.key, object.customMetadata),
    }))
    return { objects, last: page.truncated ? (objects.at(-1)?.key ?? null) : null }
  }
}

// Metadata travels as HTTP headers: addresses are percent-encoded, since they may hold anything.
function toMetadata(receipt: Receipt): Record<string, string> {
  return {
    account: String(receipt.accountId),
    address: receipt.addressId === null ? '' : String(receipt.addressId),
    from: encodeAddress(receipt.from),
    to: encodeAddress(receipt.to),
    received: String(receipt.receivedAtMs),
    source: receipt.source,
    sha256: receipt.sha256,
  }
}

function fromMetadata(key: string, metadata: Record<string, string> | undefined): Receipt | null {
  if (!metadata?.account || !RECEIVED_MS.test(metadata.received ?? '') || !isSource(metadata.source)) return null
  return {
    key,
    accountId: Number(metadata.account),
    addressId: metadata.address ? Number(metadata.address) : null,
    from: decodeAddress(metadata.from),
    to: decodeAddress(metadata.to),
    receivedAtMs: Number(metadata.received),
    source: metadata.source,
    sha256: metadata.sha256 ?? '',
  }
}

// Cut at whole characters: an escape that is cut in two could not be read again.
function encodeAddress(address: string): string {
  let encoded = ''
  for (const character of address.toWellFormed()) {
    const next = encodeURIComponent(character)
    if (encoded.length + next.length > ADDRESS_BYTES_MAX) break
    encoded += next
  }
  return encoded
}

// Somebody else may have written the object.
function decodeAddress(encoded: string | undefined): string {
  try {
    return decodeURIComponent(encoded ?? '')
  } catch {
    return ''
  }
}

function isSource(text: string | undefined): text is ReceiptSource {
  return text === 'email-routing' || text === 'import' || text === 'local'
}
