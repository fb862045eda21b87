/**
 * A bounce message: what is told to a sender whose message did not reach somebody (RFC 3464, in the report of RFC 6522).
 *
 *   multipart/report
 *     text/plain                for people
 *     message/delivery-status   for programs: a block of the message, one of each recipient
 *     text/rfc822-headers       the header of the message that it is about
 *
 * Invariants:
 *  - What other servers said of a recipient is theirs: it ends no line here, and is cut to one.
 *  - It says that it is automatic (RFC 3834 §5), so that nobody answers it.
 */
import { sendableAddress } from './compose-address.ts'
import { base64Lines, dateText, encodeBody, encodeText } from './compose-text.ts'

export type LostRecipient = {
  address: string
  smtp: number | null
  code: string | null
  detail: string | null
  /** Epoch seconds of the last attempt. */
  at: number
}

export type BounceReport = {
  /** Who is told. */
  to: string
  /** The server's domain: it speaks as postmaster there. */
  domain: string
  /** Without angle brackets: the message that it is about. */
  about: string
  /** Of that message; null where nothing is left of it. */
  subject: string | null
  /** Its bytes, or the beginning of them. */
  original: Uint8Array | null
  /** Epoch seconds at which it was handed in. */
  arrivedAt: number
  recipients: readonly LostRecipient[]
}

/** Of the original's header: more is cut at a line. */
const HEADER_BYTES_MAX = 32_768
/** RFC 5322 §2.1.1. A longer line, or one with other bytes, is written in base64. */
const LINE_BYTES_MAX = 998
const DIAGNOSTIC_CHARS_MAX = 500

/** `unique` is a token of letters and digits that nobody can guess; ASCII with CRLF. */
export function composeBounce(
  report: BounceReport,
  stamp: { messageId: string; nowMs: number; unique: string },
): Uint8Array {
  const boundary = `b_${stamp.unique}`
  const subject = `Undelivered: ${report.subject ?? 'a message'}`
  const head = [
    `Date: ${dateText(stamp.nowMs)}`,
    `From: Mail Delivery System <postmaster@${report.domain}>`,
    `To: ${sendableAddress(report.to) ?? 'undisclosed-recipients:;'}`,
    `Subject: ${encodeText(subject, 'Subject: '.length)}`,
    `Message-ID: <${stamp.messageId}>`,
    ...(isMessageId(report.about) ? [`In-Reply-To: <${report.about}>`, `References: <${report.about}>`] : []),
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status;',
    ` boundary="${boundary}"`,
  ]
  const header = report.original && headerOf(report.original)
  const parts = [textPart(report), statusPart(report), ...(header ? [headerPart(header)] : [])]
  const body = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')
  return new TextEncoder().encode(`${head.join('\r\n')}\r\n\r\n${body}--${boundary}--\r\n`)
}

function textPart({ domain, recipients }: BounceReport): string {
  const told = recipients.map(({ address, smtp, code, detail }) => {
    const said = [smtp, code, detail].filter((one) => one !== null && one !== '').join(' ')
    return `  ${address}\n${said === '' ? '' : `    ${oneLine(said)}\n`}`
  })
  const { encoding, data } = encodeBody(
    `This is the mail server of ${domain}.\n\nYour message did not reach:\n\n${told.join('')}\nIt is not tried again.\n`,
  )
  return `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${data}\r\n`
}

function statusPart({ domain, arrivedAt, recipients }: BounceReport): string {
  const blocks = recipients.map((one) => [
    `Final-Recipient: rfc822; ${ascii(one.address)}`,
    'Action: failed',
    `Status: ${statusOf(one)}`,
    ...diagnosticOf(one),
    `Last-Attempt-Date: ${dateText(one.at * 1000)}`,
  ])
  const all = [[`Reporting-MTA: dns; ${domain}`, `Arrival-Date: ${dateText(arrivedAt * 1000)}`], ...blocks]
  return `Content-Type: message/delivery-status\r\n\r\n${all.map((block) => `${block.join('\r\n')}\r\n`).join('\r\n')}`
}

/** RFC 3463 §2. What is no such code, or says that all went well, is an unspecified failure. */
function statusOf({ code, smtp }: LostRecipient): string {
  if (code !== null && /^[45]\.\d{1,3}\.\d{1,3}$/.test(code)) return code
  return smtp !== null && smtp >= 400 && smtp < 500 ? '4.0.0' : '5.0.0'
}

function diagnosticOf({ smtp, code, detail }: LostRecipient): string[] {
  const said = [smtp, code, detail].filter((one) => one !== null && one !== '').join(' ')
  if (said === '') return []
  // RFC 3464 §2.3.6: the type says whose words they are; what is no SMTP reply is nobody's standard.
  return [`Diagnostic-Code: ${smtp === null ? 'x-postern' : 'smtp'};\r\n ${ascii(oneLine(said))}`]
}

function headerPart(header: Uint8Array): string {
  const type = 'Content-Type: text/rfc822-headers\r\n'
  const text = new TextDecoder('latin1').decode(header)
  const isPlain = /^[\t\r\n\x20-\x7e]*$/.test(text) && text.split('\r\n').every((line) => line.length <= LINE_BYTES_MAX)
  const isCanonical = !/(?<!\r)\n|\r(?!\n)/.test(text)
  if (isPlain && isCanonical) return `${type}\r\n${text}`
  return `${type}Content-Transfer-Encoding: base64\r\n\r\n${base64Lines(header)}\r\n`
}

/** The header block with the end of its last line, cut at a line where it is too long. */
function headerOf(bytes: Uint8Array): Uint8Array {
  const max = Math.min(bytes.length, HEADER_BYTES_MAX)
  let lineEnd = 0
  for (let at = 0; at < max; at++) {
    if (bytes[at] !== 10) continue
    const isBlank = at === lineEnd || (at === lineEnd + 1 && bytes[lineEnd] === 13)
    if (isBlank) return bytes.subarray(0, lineEnd)
    lineEnd = at + 1
  }
  return bytes.subarray(0, lineEnd)
}

function isMessageId(text: string): boolean {
  return /^[\x21-\x3b\x3d\x3f-\x7e]{1,900}$/.test(text)
}

function oneLine(text: string): string {
  return text
    .replaceAll(/[\0-\x20\x7f-\x9f\u2028\u2029]+/g, ' ')
    .trim()
    .slice(0, DIAGNOSTIC_CHARS_MAX)
    .toWellFormed()
}

function ascii(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?')
}
