/**
 * Header fields that a provider takes for orders to itself. Whoever writes the message would give them with the operator's account:
 * X-SMTPAPI sends it to a thousand others, whom no limit here has counted; others name another message in the provider's events,
 * another set of rules, or a copy to somebody. In mail that is forwarded a stranger has written them.
 *
 * They are taken out for every provider: which of them one obeys is for it to say, and an SMTP server may be any of theirs. What
 * they write themselves, for recipients to read, stays, since signatures of the message's first sender may cover it.
 */
const COMMAND = new RegExp(
  `^(?:${[
    // SendGrid, SparkPost.
    ...['x-smtpapi', 'x-msys-api'],
    // SES, which the operator's account may have leave to send for others by.
    'x-ses-(?:configuration-set|message-tags|(?:source|from|return-path)-arn|list-management-options|tenant)',
    ...['x-mailgun-(?!sid|sending-ip|batch-id)[\\w-]+', 'x-pm-(?!message-id)[\\w-]+'],
    // Mandrill, without what Mimecast and MailChannels write; Mailjet, Brevo.
    ...['x-mc-(?!unique|relay|loop|ingress)[\\w-]+', 'x-mj-[\\w-]+', '(?:x-mailin|x-sib)-[\\w-]+'],
  ].join('|')})[ \\t]*:`,
  'i',
)
/** Of a line: more than the longest of those names. */
const NAME_BYTES_MAX = 120
const [TAB, LF, CR, SPACE] = [9, 10, 13, 32]

/** The same bytes where there is nothing to take out. Reads lines itself: no limit of the parser's lets anything by. */
export function withoutCommands(raw: Uint8Array): Uint8Array {
  const kept: Uint8Array[] = []
  let from = 0
  let isCommand = false
  for (let line = 0; line < raw.length && !isEmpty(raw, line); ) {
    const end = endOfLine(raw, line)
    const wasCommand = isCommand
    if (raw[line] !== SPACE && raw[line] !== TAB) isCommand = isCommandAt(raw, line, end)
    if (isCommand && !wasCommand) kept.push(raw.subarray(from, line))
    if (isCommand) from = end
    line = end
  }
  return from === 0 ? raw : joined([...kept, raw.subarray(from)])
}

function isCommandAt(raw: Uint8Array, start: number, end: number): boolean {
  return COMMAND.test(String.fromCharCode(...raw.subarray(start, Math.min(end, start + NAME_BYTES_MAX))))
}

function isEmpty(raw: Uint8Array, at: number): boolean {
  return raw[at] === LF || (raw[at] === CR && raw[at + 1] === LF)
}

// A CR on its own ends a line too: some server behind may see it so.
function endOfLine(raw: Uint8Array, start: number): number {
  let at = start
  while (at < raw.length && raw[at] !== LF && raw[at] !== CR) at++
  return Math.min(raw.length, raw[at] === CR && raw[at + 1] === LF ? at + 2 : at + 1)
}

function joined(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
