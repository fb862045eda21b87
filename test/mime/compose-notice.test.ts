/** What the server itself writes to an account's owner. */
import { expect, it } from 'vitest'
import { composeNotice } from '../../src/mime/compose-notice.ts'

const written = (text: string, random: Uint8Array = new Uint8Array(16).fill(7)) =>
  composeNotice({
    ...{ to: 'ann@a.example', subject: 'Held back', text, html: `<p>${text}</p>` },
    ...{ name: 'digest-1-1', nowMs: 0, random },
  })

it('is from the server at the domain of its reader, and is answered by nobody', () => {
  const lines = new TextDecoder().decode(written('Hi.')).split('\r\n')
  expect(lines).toContain('From: Postern <postern@a.example>')
  expect(lines).toContain('Message-ID: <digest-1-1@a.example>')
  expect(lines).toContain('Auto-Submitted: auto-generated')
})

it('has boundaries that nobody knows from its name', () => {
  const boundaryOf = (random: Uint8Array<ArrayBuffer>) =>
    /boundary=(\S+)/.exec(new TextDecoder().decode(written('Hi.', random)))?.[1]
  const [one, other] = [boundaryOf(new Uint8Array(16).fill(1)), boundaryOf(new Uint8Array(16).fill(2))]
  expect(one).not.toBe(other)
  expect(one).not.toContain('digest')
})
