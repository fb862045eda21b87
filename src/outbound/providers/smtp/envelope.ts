/** MAIL and RCPT with their parameters, and what a server must be able to do before they may be said. */

import { needsSmtpUtf8 } from '../../../mime/international.ts'
import type { SendOutcome } from '../../provider.ts'
import type { Capabilities } from './capabilities.ts'
import { isEightBit } from './wire-form.ts'

export type Mail = {
  /** '' is the null sender. */
  sender: string
  recipients: readonly string[]
  /** Fields that go before the message. A copy of both together would be a large one. */
  signatures: Uint8Array
  /** In wire form (wire-form.ts). */
  raw: Uint8Array
  /** The name that we go by in EHLO. */
  domain: string
}

type Refused = Exclude<SendOutcome, { kind: 'delivered' }>

/** RFC 5321 §4.5.3.1.3, with room for UTF-8. */
const ADDRESS_CHARS_MAX = 320
/** A dot-string, or a quoted string with what it may hold; a domain or an address literal. Above all no line end and no '>'. */
const ADDRESS =
  /^(?:[^\p{Cc}\s<>()@,;:\\"[\]]+|"(?:[^\p{Cc}"\\]|\\[\x20-\x7e])*")@(?:[^\p{Cc}\s<>()@,;:\\"[\]]+|\[[0-9a-z:.]+\])$/iu

/** An address that may stand in a command: nothing else gets as far as the wire. */
export function isAddress(address: string): boolean {
  return address.length <= ADDRESS_CHARS_MAX && ADDRESS.test(address)
}

export function commandsOf({ sender, recipients }: Mail, params: string): string[] {
  return [`MAIL FROM:<${sender}>${params}`, ...recipients.map((to) => `RCPT TO:<${to}>`)]
}

export function sizeOf({ signatures, raw }: Mail): number {
  return signatures.length + raw.length
}

/** The parameters of MAIL, or why the message cannot go to this server. */
export function paramsOf(mail: Mail, offered: Capabilities): { text: string } | { refusal: Refused } {
  const bytes = sizeOf(mail)
  if (offered.sizeMax !== null && bytes > offered.sizeMax)
    return refusal('5.3.4', `The message has ${bytes} bytes, and the SMTP server takes ${offered.sizeMax}.`)
  const isInternational = needsSmtpUtf8(mail)
  if (isInternational && !offered.smtpUtf8)
    return refusal('5.6.7', 'An address is not ASCII, and the SMTP server does not know SMTPUTF8.')
  const eightBit = isEightBit(mail.raw)
  if (eightBit && !offered.eightBitMime)
    return refusal('5.6.3', 'The message is not ASCII, and the SMTP server does not know 8BITMIME.')
  const size = offered.size ? ` SIZE=${bytes}` : ''
  return { text: `${size}${eightBit ? ' BODY=8BITMIME' : ''}${isInternational ? ' SMTPUTF8' : ''}` }
}

function refusal(code: string, detail: string): { refusal: Refused } {
  return { refusal: { kind: 'permanent', code, detail, isProviders: true } }
}
