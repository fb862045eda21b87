/** Which mail takes SMTPUTF8 (RFC 6531) on the whole way: pure. */
import { readHeaders } from './envelope.ts'
import { parseHeaderBlock } from './headers.ts'

export type Mail = { sender: string; recipients: readonly string[]; raw: Uint8Array }

/**
 * RFC 6531 §3.4: where an address of the envelope or of the header is not ASCII. Other text of the header that is UTF-8 as it
 * stands does not ask for it: forwarded mail came here so, and a server further on that knows no SMTPUTF8 would refuse it.
 */
export function needsSmtpUtf8({ sender, recipients, raw }: Mail): boolean {
  return [sender, ...recipients].some(isInternational) || headerAddresses(raw).some(isInternational)
}

function headerAddresses(raw: Uint8Array): string[] {
  const { fields, defects } = parseHeaderBlock(raw)
  if (!defects.includes('header-8bit')) return []
  const { from, sender, replyTo, to, cc } = readHeaders(fields).envelope
  return [from, sender, replyTo, to, cc].flat().map(({ address }) => address)
}

function isInternational(address: string): boolean {
  return /[^\0-\x7f]/.test(address)
}
