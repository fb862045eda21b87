/** What the JSON of SendGrid and that of MailChannels, which is made after it, have in common. */
import type { Address } from '../../mime/message.ts'
import type { Group } from './groups.ts'
import type { Rebuilt } from './rebuild.ts'

/** One for each message that is to be made. `person` writes a recipient. */
export function personalizations(groups: Group[], person: (mailbox: Address) => object): object[] {
  return groups.map(({ to, cc, bcc }) => ({
    to: to.map(person),
    ...(cc.length > 0 && { cc: cc.map(person) }),
    ...(bcc.length > 0 && { bcc: bcc.map(person) }),
  }))
}

export function plainPerson({ name, address }: Address): object {
  return { email: address, ...(name !== '' && { name }) }
}

/** Neither takes a message without a body. */
export function contentOf({ text, html }: Rebuilt): object[] {
  const parts = [
    ...(text ? [{ type: 'text/plain', value: text }] : []),
    ...(html ? [{ type: 'text/html', value: html }] : []),
  ]
  return parts.length > 0 ? parts : [{ type: 'text/plain', value: ' ' }]
}

/** The fields of one's own as an object, without those that a provider keeps to itself, and with these. */
export function headersOf(
  { headers }: Rebuilt,
  reserved: ReadonlySet<string>,
  more: readonly (readonly [name: string, value: string])[],
): object {
  const passed = headers.filter(({ name }) => !reserved.has(name.toLowerCase()))
  return Object.fromEntries([...passed.map(({ name, value }) => [name, value] as const), ...more])
}
