/**
 * An archived message as it came in when it came: its envelope and its time from the trace fields that its server left.
 *
 * Whoever keeps an archive vouches for it: a block of Cloudflare's at the top of a message counts as sealed. Where there is
 * none, nobody looked, and every verdict is unknown.
 */
import { foldAddress } from '../mime/addresses.ts'
import { parseDate } from '../mime/date.ts'
import type { ParsedMessage } from '../mime/message.ts'
import type { SpamInput } from '../spam/input.ts'
import { readTrustedBlock } from '../verify/trusted-block.ts'

export function archivedInput(message: ParsedMessage): Pick<SpamInput, 'message' | 'verdict' | 'envelope' | 'nowMs'> {
  return {
    message,
    verdict: readTrustedBlock(message.fields, 'email-routing', 'pass'),
    envelope: { from: addressIn(message, 'return-path'), to: recipientOf(message) },
    nowMs: receivedAtMs(message),
  }
}

function recipientOf(message: ParsedMessage): string {
  const traced = ['delivered-to', 'x-original-to', 'envelope-to'].map((key) => addressIn(message, key))
  return traced.find((address) => address !== '') ?? message.envelope.to[0]?.address ?? ''
}

function addressIn({ fields }: ParsedMessage, key: string): string {
  const raw = fields.find((field) => field.key === key)?.raw.trim() ?? ''
  return foldAddress(raw.replace(/^<|>$/g, '')) ?? ''
}

/** The newest Received says when it came; where none does, the sender's own date stands in, so that it is not "future". */
function receivedAtMs({ fields, dateMs }: ParsedMessage): number {
  const received = fields.find((field) => field.key === 'received')?.raw ?? ''
  const date = parseDate(received.slice(received.lastIndexOf(';') + 1).trim())
  return (typeof date === 'number' ? date : null) ?? dateMs ?? 0
}
