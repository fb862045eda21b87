/**
 * UTF-7 (RFC 2152), which no runtime decodes and old mailers still send. Safe only as text for display: what comes
 * out is escaped or sanitised like any other text, never taken for markup again.
 */
import { Buffer } from 'node:buffer'
import { latin1 } from './latin1.ts'

export function decodeUtf7(bytes: Uint8Array): string {
  return latin1(bytes).replace(/\+([A-Za-z0-9+/]*)-?/g, (_, base64: string) => {
    return base64 === '' ? '+' : utf16Text(Buffer.from(base64, 'base64'))
  })
}

function utf16Text(bytes: Uint8Array): string {
  return new TextDecoder('utf-16be').decode(bytes.subarray(0, bytes.length & ~1))
}
