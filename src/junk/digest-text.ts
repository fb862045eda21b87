/** What a digest says, as text and as HTML. Pure; all that a stranger wrote passes through `shown` or `escaped`. */
import { showSeen } from '../spam/seen.ts'
import type { WithheldSummaryRow } from '../store/withheld-read.ts'
import { formatHeldId } from './held-id.ts'

type Held = Pick<WithheldSummaryRow, 'id' | 'from_addr' | 'from_name' | 'subject' | 'reason' | 'recipient'>

const REASONS: Readonly<Record<string, string>> = {
  'quarantine-score': 'its score',
  'block-list': 'your block list',
  malware: 'a program is hidden in it',
}

export function digestBodies(rows: readonly Held[], listedMax: number, isCut: boolean) {
  const held = rows.toReversed().slice(0, listedMax).map(shown)
  const count = `${rows.length}${isCut ? ' or more' : ''}`
  const isOne = rows.length === 1
  const subject = `${count} ${isOne ? 'message is' : 'messages are'} held in quarantine`
  const more = rows.length > held.length ? [`The newest ${held.length} of them are listed.`] : []
  const intro = [
    `${subject}. ${isOne ? 'It is deleted 30 days after it' : 'They are deleted 30 days after they'} came.`,
    ...more,
  ].join(' ')
  const outro = [
    'To get one into your Inbox: POST /v1/quarantine/{id}/release',
    'To read it first: GET /v1/quarantine/{id}. To delete it now: DELETE /v1/quarantine/{id}',
    'To get no such messages: PATCH /v1/spam/settings with {"digest": false}',
  ]
  const text = [
    intro,
    ...held.map(({ id, from, to, subject, reason }) =>
      [`${id}`, `  From:    ${from}`, `  To:      ${to}`, `  Subject: ${subject}`, `  Reason:  ${reason}`].join('\n'),
    ),
    outro.join('\n'),
  ].join('\n\n')
  return { subject, text: `${text}\n`, html: htmlOf(intro, held, outro) }
}

type Shown = { id: string; from: string; to: string; subject: string; reason: string }

function shown({ id, from_addr, from_name, subject, reason, recipient }: Held): Shown {
  const name = showSeen(from_name)
  const address = showSeen(from_addr) || '(no address)'
  return {
    id: formatHeldId(id),
    from: name === '' ? address : `${name} <${address}>`,
    to: showSeen(recipient ?? ''),
    subject: showSeen(subject) || '(no subject)',
    reason: REASONS[reason] ?? 'its score',
  }
}

function htmlOf(intro: string, held: Shown[], outro: string[]): string {
  const rows = held.map(
    (one) =>
      `<tr>${[one.from, one.subject, one.reason, one.id].map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`,
  )
  return [
    `<p>${escaped(intro)}</p>`,
    '<table border="1" cellpadding="4"><tr><th>From</th><th>Subject</th><th>Reason</th><th>Id</th></tr>',
    ...rows,
    '</table>',
    ...outro.map((line) => `<p>${escaped(line)}</p>`),
  ].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
