/** Reports that come by mail, in the forms that servers give them; and what is none. */
import { describe, expect, it } from 'vitest'
import { parseMessage } from '../../src/mime/parse.ts'
import { type MailReport, readReport } from '../../src/mime/report.ts'
import { isForGood, speaksOfAddress } from '../../src/mime/report-codes.ts'

const bytesOf = (text: string) => new TextEncoder().encode(text.replaceAll('\n', '\r\n'))

async function read(text: string): Promise<MailReport | null> {
  const bytes = bytesOf(text)
  return readReport(bytes, await parseMessage(bytes))
}

/** A multipart/report as RFC 3462 has it. */
function report(
  type: string,
  fields: string,
  returned = 'Message-ID: <sent@ours.example>\nTo: ann@remote.example\n\n',
) {
  return [
    'From: Mail Delivery System <MAILER-DAEMON@remote.example>\nTo: us@ours.example\nSubject: Report\nMIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=x; boundary=b\n`,
    '--b\n\nThis is a report.\n',
    `--b\nContent-Type: message/${type}\n\n${fields}`,
    `--b\nContent-Type: message/rfc822\n\n${returned}Hello\n`,
    '--b--\n',
  ].join('\n')
}

const HEAD = 'From: MAILER-DAEMON@remote.example (Mail Delivery System)\nTo: us@ours.example\n'
const RETURNED = 'Return-Path: <us@ours.example>\nMessage-ID: <sent@ours.example>\nTo: ann@remote.example\n\nHello\n'

describe('a delivery status', () => {
  it('names each recipient, what became of him, and the message', async () => {
    const fields = [
      'Reporting-MTA: dns; mx.remote.example\nX-Queue-Id: 7\n',
      'Original-Recipient: rfc822;ann@remote.example\nFinal-Recipient: rfc822; ann.b@inner.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 <ann.b@inner.example>:\n    no such user\n',
      'Final-Recipient: RFC822;<bob@remote.example>\nAction: Delayed (will try again)\nStatus: 4.4.1 (no answer)\n',
      'Final-Recipient: rfc822; cid@remote.example\nAction: delivered\nStatus: 2.1.5\n',
      'Final-Recipient: x400; /C=de\nOriginal-Recipient: rfc822;dan@remote.example\nStatus: 5.2.2\n',
    ].join('\n')
    expect(await read(report('delivery-status', fields))).toEqual({
      kind: 'delivery',
      form: 'status',
      messageIds: ['sent@ours.example'],
      to: ['ann@remote.example'],
      recipients: [
        {
          address: 'ann.b@inner.example',
          originalAddress: 'ann@remote.example',
          action: 'failed',
          smtp: 550,
          code: '5.1.1',
          text: '550 5.1.1 <ann.b@inner.example>:    no such user',
        },
        {
          address: 'bob@remote.example',
          originalAddress: null,
          action: 'delayed',
          smtp: null,
          code: '4.4.1',
          text: null,
        },
        {
          address: 'cid@remote.example',
          originalAddress: null,
          action: 'delivered',
          smtp: null,
          code: '2.1.5',
          text: null,
        },
        {
          address: 'dan@remote.example',
          originalAddress: 'dan@remote.example',
          action: 'failed',
          smtp: null,
          code: '5.2.2',
          text: null,
        },
      ],
    })
  })

  it('may be in UTF-8, and name the message itself where it returns none', async () => {
    const fields =
      'X-Original-Message-ID: <named@ours.example>\n\nFinal-Recipient: utf-8; jürgen@möbel.example\nStatus: 5.1.1\n'
    expect(await read(report('global-delivery-status', fields, ''))).toMatchObject({
      messageIds: ['named@ours.example'],
      recipients: [{ address: 'jürgen@möbel.example', action: 'failed' }],
    })
  })

  it('that a person forwards is none', async () => {
    const inner = report('delivery-status', 'Final-Recipient: rfc822; ann@remote.example\nStatus: 5.1.1\n')
    const outer = `From: friend@remote.example\nTo: us@ours.example\nSubject: look\nContent-Type: multipart/mixed; boundary=o\n\n--o\n\nSee below.\n--o\nContent-Type: message/rfc822\n\n${inner}\n--o--\n`
    expect(await read(outer)).toBe(null)
  })
})

describe('a complaint', () => {
  it.each([
    [
      'Original-Rcpt-To',
      'Feedback-Type: abuse\nOriginal-Rcpt-To: <bob@remote.example>\nOriginal-Rcpt-To: cid@remote.example\n',
      'abuse',
      ['bob@remote.example', 'cid@remote.example'],
    ],
    ['the returned message', 'Feedback-Type: Fraud\nVersion: 1\n', 'fraud', ['ann@remote.example']],
    ['a redacted address', 'Feedback-Type: abuse\nOriginal-Rcpt-To: redacted\n', 'abuse', ['ann@remote.example']],
    ['nothing', '', 'abuse', ['ann@remote.example']],
  ])('is of whom %s names', async (_, fields, feedback, recipients) => {
    expect(await read(report('feedback-report', fields))).toEqual({
      kind: 'complaint',
      messageIds: ['sent@ours.example'],
      to: ['ann@remote.example'],
      feedback,
      recipients,
    })
  })
})

describe('a bounce in words', () => {
  it.each<[string, string, string[]]>([
    [
      'of qmail',
      `Subject: failure notice\n\nHi. This is the qmail-send program at mx.remote.example.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<ann@remote.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n<bob@remote.example>:\n192.0.2.7 does not like recipient.\nRemote host said: 552 5.2.2 mailbox full\nGiving up on 192.0.2.7.\n\n--- Below this line is a copy of the message.\n\n${RETURNED}`,
      ['ann@remote.example failed null 5.1.1 address', 'bob@remote.example failed 552 5.2.2'],
    ],
    [
      'of Exim',
      `X-Failed-Recipients: ann@remote.example\nSubject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail delivery software.\nThis is a permanent error. The following address(es) failed:\n\n  ann@remote.example\n    host mx.remote.example [192.0.2.7]\n    SMTP error from remote mail server after RCPT TO:<ann@remote.example>:\n    550 Unknown user\n\n------ This is a copy of the message, including all the headers. ------\n\n${RETURNED}`,
      ['ann@remote.example failed 550 null address'],
    ],
    [
      'of an old sendmail',
      `Subject: Returned mail: User unknown\n\n   ----- The following addresses had permanent fatal errors -----\n<ann@remote.example>\n\n   ----- Transcript of session follows -----\n... while talking to mx.remote.example.:\n>>> RCPT To:<ann@remote.example>\n<<< 550 5.1.1 <ann@remote.example>... User unknown\n\n   ----- Original message follows -----\n${RETURNED}`,
      ['ann@remote.example failed 550 5.1.1 address'],
    ],
    [
      'of an old Exchange',
      `Subject: Undeliverable: Hello\n\nYour message\n\n  To:      ann@remote.example\n  Subject: Hello\n\ndid not reach the following recipient(s):\n\nann@remote.example on Thu, 9 May 2002 23:34:45 +0900\n    The recipient name is not recognized\n\nMessage-ID: <sent@ours.example>\n`,
      ['ann@remote.example failed null null address'],
    ],
    [
      'in the midst of a line',
      `Subject: Mail delivery failed\n\nThere was an error delivering your mail to <ann@remote.example>.\n\nmx.remote.example [192.0.2.7] did not like our RCPT TO:\n452 4.2.2 Mailbox full. For questions, contact help@remote.example\n\nMessage headers follow.\n\n${RETURNED}`,
      ['ann@remote.example failed 452 4.2.2'],
    ],
    [
      'that is only late',
      `Subject: Delivery Status Notification (Delay)\n\nTHIS IS A WARNING MESSAGE ONLY.\n\nDelivery to the following recipient has been delayed:\n\n     ann@remote.example\n\nMessage will be retried for 2 more day(s)\n\n----- Original message -----\n\n${RETURNED}`,
      ['ann@remote.example delayed null null'],
    ],
    [
      'with the fields of a status as text',
      `Subject: Delivery Status Notification (Failure)\n\nTechnical report:\n\nReporting-MTA: dsn; mx.remote.example\n\nAction: failed\nFinal-Recipient: rfc822; ann@remote.example\nDiagnostic-Code: smtp; 550 5.2.2 Mailbox full\nStatus: 5.2.2\n\nMessage-ID: <sent@ours.example>\n`,
      ['ann@remote.example failed 550 5.2.2'],
    ],
    [
      'that names nobody but returns the message',
      `Subject: Undeliverable\n\nYour message could not be delivered: 550 5.7.1 we do not like it.\n\n----- Original message -----\n\n${RETURNED}`,
      ['ann@remote.example failed 550 5.7.1'],
    ],
  ])('%s', async (_, text, want) => {
    const found = await read(HEAD + text)
    if (found?.kind !== 'delivery') throw new Error(`it is ${found?.kind}`)
    expect(found.messageIds).toEqual(['sent@ours.example'])
    expect(
      found.recipients.map((one) =>
        `${one.address} ${one.action} ${one.smtp} ${one.code} ${speaksOfAddress(one) ? 'address' : ''}`.trim(),
      ),
    ).toEqual(want)
  })
})

describe('what is no report', () => {
  it.each([
    [
      'a letter about failed mail',
      'From: ann@remote.example\nSubject: Undeliverable?\n\nMy mail to you could not be delivered: 550 5.1.1 user unknown, bob@remote.example\n',
    ],
    [
      'an answer of somebody who is away',
      `${HEAD}Auto-Submitted: auto-replied\nSubject: I am away\n\nI am away until 550 or so.\n`,
    ],
    [
      'a newsletter of a postmaster',
      'From: postmaster@remote.example\nSubject: New address\n\nWe have moved, write to new@remote.example\n',
    ],
    [
      'that a message was read',
      report(
        'disposition-notification',
        'Final-Recipient: rfc822; ann@remote.example\nDisposition: automatic-action/MDN-sent-automatically; deleted\n',
      ),
    ],
    [
      'a report of another type in the same envelope',
      report('external-body', '').replace('report-type=x', 'report-type=dmarc'),
    ],
    [
      'words that name nobody',
      `${HEAD}Subject: failure notice\n\nA message could not be delivered: 550 5.1.1 user unknown\n`,
    ],
    ['nothing', ''],
  ])('%s', async (_, text) => expect(await read(text)).toBe(null))
})

describe('codes and words', () => {
  it.each<[string, string | null, number | null, boolean | null, boolean]>([
    ['no such user', '5.1.1', 550, true, true],
    ['The account is disabled', '5.2.1', 550, true, true],
    ['Recipient address rejected: Access denied', '5.4.1', 550, true, true],
    ['User unknown', null, 550, true, true],
    ['User unknown', '5.0.0', 554, true, true],
    ['User unknown', '4.1.1', 450, false, false],
    ['mailbox full', '5.2.2', 552, true, false],
    ['mailbox unavailable: quota exceeded', null, 550, true, false],
    ['blocked using a blocklist; user unknown', '5.1.1', 550, true, false],
    ['your message looks like spam', '5.7.1', 550, true, false],
    ['relaying denied', '5.7.1', 550, true, false],
    ['message too big', '5.3.4', 552, true, false],
    ['sender domain not found', '5.1.8', 553, true, false],
    ['connection timed out', null, null, false, false],
    ['something', null, null, null, false],
  ])('%s (%s, %s)', (text, code, smtp, forGood, address) => {
    expect([isForGood({ text, code, smtp }), speaksOfAddress({ text, code, smtp })]).toEqual([forGood, address])
  })
})

describe('hostile reports', () => {
  const many = 60_000
  it.each([
    ['recipients', report('delivery-status', 'Final-Recipient: rfc822; a@b.example\n\n'.repeat(many / 10))],
    [
      'addresses in words',
      `${HEAD}Subject: failure notice\n\ncould not be delivered 550\n${'<a@b.example>:\n'.repeat(many)}`,
    ],
    [
      'one long line',
      `${HEAD}Subject: failure notice\n\ncould not be delivered 550 ${'a@'.repeat(many)}${'5.1.1.'.repeat(many)}`,
    ],
    [
      'quotes',
      `${HEAD}Subject: failure notice\n\n${'> '.repeat(many)}\ncould not be delivered 550\n${'message-id: <'.repeat(many)}`,
    ],
    ['blank lines', report('delivery-status', '\n'.repeat(many))],
    [
      'words of a code',
      `${HEAD}Subject: ${'deliver '.repeat(2_000)}\n\ncould not be delivered 550\n${'user '.repeat(many)}`,
    ],
  ])('of many %s are read in bounded time, and hold a bounded number', async (_, text) => {
    const bytes = bytesOf(text)
    const message = await parseMessage(bytes)
    const started = performance.now()
    const found = readReport(bytes, message)
    if (found?.kind === 'delivery') for (const one of found.recipients) speaksOfAddress(one)
    expect(performance.now() - started).toBeLessThan(1_000)
    expect(found?.recipients.length ?? 0).toBeLessThanOrEqual(100)
    expect((found?.messageIds.length ?? 0) <= 12).toBe(true)
  })

  it('are cut anywhere and do not throw', async () => {
    const whole = report('delivery-status', 'Final-Recipient: rfc822; ann@remote.example\nStatus: 5.1.1\n')
    for (let length = 0; length < whole.length; length += 7) await read(whole.slice(0, length))
  })
})
