/**
 * Addresses that mail is sent from and to: read strictly, since what is written here is written on our word, and put into
 * fields (RFC 5322 §3.4).
 */
import { encodeWords, isPlainText } from './compose-text.ts'
import { foldAddress, splitAddress } from './fold-address.ts'
import type { Address } from './message.ts'

/** Characters of a name that stand in a line with the address; a longer one is written as encoded words. */
const PLAIN_NAME_CHARS_MAX = 60
const ATOMS = /^[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*$/
const DOT_ATOM = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*$/
/** RFC 6532 §3.2: letters beyond ASCII stand in an atom too. Controls and blanks of any kind do not. */
const UTF8_DOT_ATOM =
  /^(?:[\w!#$%&'*+/=?^`{|}~-]|[^\0-\x7f\p{C}\p{Z}])+(?:\.(?:[\w!#$%&'*+/=?^`{|}~-]|[^\0-\x7f\p{C}\p{Z}])+)*$/u

/** 'a@b', 'Name <a@b>' or '"Name" <a@b>', as a program writes it: nothing is decoded. Null where it is none of them. */
export function readMailbox(text: string): Address | null {
  const bracketed = /^([^<>]*)<([^<>]*)>$/s.exec(withoutBlanks(text))
  if (!bracketed) return /[<>]/.test(text) ? null : { name: '', address: withoutBlanks(text) }
  return { name: unquoted(withoutBlanks(bracketed[1] ?? '')), address: withoutBlanks(bracketed[2] ?? '') }
}

// Spaces only: a line end stays, to be refused (compose-check.ts).
function withoutBlanks(text: string): string {
  return text.replace(/^ +/, '').replace(/ +$/, '')
}

function unquoted(name: string): string {
  return /^"(?:[^"\\]|\\.)*"$/s.test(name) ? name.slice(1, -1).replaceAll(/\\(.)/gs, '$1') : name
}

/** What `writableAddress` gives, where it is ASCII: any server takes it. */
export function sendableAddress(address: string): string | null {
  const known = writableAddress(address)
  return known !== null && /^[\x20-\x7e]*$/.test(known) ? known : null
}

/**
 * The address as a field and an envelope have it: the local part as given, the domain as A-label. Null where it is none. A local
 * part that is not ASCII takes SMTPUTF8 (RFC 6531) on the whole way (international.ts).
 */
export function writableAddress(address: string): string | null {
  const folded = foldAddress(address)
  if (folded === null) return null
  const { local, domain } = splitAddress(folded)
  if (domain.indexOf('.') < 0) return null
  const given = address.trim().slice(0, address.trim().lastIndexOf('@'))
  if (DOT_ATOM.test(given)) return `${given}@${domain}`
  if (!/^[\x20-\x7e]*$/.test(local)) return UTF8_DOT_ATOM.test(local) ? `${given.normalize('NFC')}@${domain}` : null
  return local.startsWith('"') ? `${local}@${domain}` : null
}

/** A mailbox list as a field's value; addresses are sendable. `used` is what stands before it in its line. */
export function mailboxList(mailboxes: Address[], used: number): string {
  return mailboxes.map((mailbox, n) => mailboxText(mailbox, n === 0 ? used : 1)).join(',\r\n ')
}

function mailboxText({ name, address }: Address, used: number): string {
  if (name.trim() === '') return address
  if (name.length > PLAIN_NAME_CHARS_MAX || !isPlainText(name)) return `${encodeWords(name, used)}\r\n <${address}>`
  const phrase = ATOMS.test(name) ? name : `"${name.replaceAll(/["\\]/g, '\\$&')}"`
  return `${phrase}${address.length > PLAIN_NAME_CHARS_MAX ? '\r\n ' : ' '}<${address}>`
}
