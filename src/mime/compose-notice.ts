/** A message from the server itself to the owner of an account: the digest of the quarantine, a webhook that was switched off. */
import { splitAddress } from './addresses.ts'
import { compose } from './compose.ts'

/** `name` is the notice's own, and begins its Message-ID. `random` makes the boundaries: what a notice quotes may be a stranger's. */
export type Notice = {
  to: string
  subject: string
  text: string
  html: string | null
  name: string
  nowMs: number
  random: Uint8Array
}

export function composeNotice({ to, subject, text, html, name, nowMs, random }: Notice): Uint8Array {
  const { domain } = splitAddress(to)
  const from = { name: 'Postern', address: `postern@${domain}` }
  // RFC 3834 §5: nobody answers it by himself.
  const headers = [{ name: 'Auto-Submitted', value: 'auto-generated' }]
  return compose(
    {
      from,
      to: [{ name: '', address: to }],
      cc: [],
      bcc: [],
      replyTo: [],
      subject,
      text,
      html,
      headers,
      attachments: [],
    },
    { messageId: `${name}@${domain}`, nowMs, unique: [...random].map((byte) => byte.toString(36)).join('') },
  )
}
