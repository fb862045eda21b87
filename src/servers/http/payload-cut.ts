/** Cutting what is sent to a webhook to size: the longest-winded fields first, each named, so that a receiver knows what to fetch. */

/** Fields in the order in which they are cut. What a reply itself says goes after the text with its quotes, and all else after both. */
const ORDER = [
  'text',
  'extracted_text',
  'references',
  'attachments',
  'defects',
  'to_text',
  'cc',
  'to',
  'bcc',
  'reply_to',
  'sender',
  'recipients',
  'timeline',
  'spam',
  'authentication',
] as const

export type Cut = {
  /** Null where it cannot be made small enough, or where there was none. */
  content: Record<string, unknown> | null
  /** Names of fields that are not whole. */
  truncated: string[]
}

/** The content in at most `bytesMax` bytes of JSON. Strings and lists keep their beginning, other fields become null. */
export function cutContent(content: Record<string, unknown>, bytesMax: number): Cut {
  const kept = { ...content }
  const truncated: string[] = []
  for (const field of ORDER) {
    const excess = bytesOf(kept) - bytesMax
    if (excess <= 0) return { content: kept, truncated }
    const value = kept[field]
    if (value === undefined || value === null || (value as { length?: number }).length === 0) continue
    kept[field] = shortened(value, Math.max(0, bytesOf(value) - excess))
    truncated.push(field)
  }
  return bytesOf(kept) <= bytesMax ? { content: kept, truncated } : { content: null, truncated: ['content'] }
}

// The share that would fit if all of it were alike, and less until it does.
function shortened(value: unknown, bytesMax: number): unknown {
  if (typeof value !== 'string' && !Array.isArray(value)) return null
  let length = Math.floor((value.length * bytesMax) / bytesOf(value))
  let cut = beginningOf(value, length)
  while (length > 0 && bytesOf(cut) > bytesMax) {
    length = Math.floor(length * 0.9)
    cut = beginningOf(value, length)
  }
  return cut
}

// A cut may part a surrogate pair: half of one is no text.
function beginningOf(value: string | unknown[], length: number): unknown {
  return typeof value === 'string' ? value.slice(0, length).replace(/[\ud800-\udbff]$/, '') : value.slice(0, length)
}

function bytesOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}
